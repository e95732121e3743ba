package emulator

import (
	"maps"
	"time"
)

// credentials is how an application identifies itself.
type credentials struct{ appID, password string }

// comparison is the result of comparing credentials with those in force.
type comparison struct {
	right bool
	until time.Time
}

// credentialCache remembers comparisons. A password that was changed is recognised
// beside the new one for two minutes after it was last compared (Feature
// Configuration Guide, restrictions of Extension Mobility: cache).
type credentialCache map[credentials]comparison

// right reports whether c are the credentials in force, or were when they were
// last compared.
func (all credentialCache) right(c credentials, o Options, now time.Time) bool {
	if v, ok := all[c]; ok && now.Before(v.until) && (v.right || o.CacheRefusals) && o.credentialCache() > 0 {
		return v.right
	}
	v := comparison{right: c == credentials{o.AppID, o.Password}, until: now.Add(o.credentialCache())}
	// Old entries are removed here, so that guesses do not pile up.
	maps.DeleteFunc(all, func(_ credentials, v comparison) bool { return !now.Before(v.until) })
	all[c] = v
	return v.right
}
