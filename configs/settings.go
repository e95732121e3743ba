package configs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Settings are what all nodes that share a database need alike, by key: a digest of each value,
// which tells no secret. An entry of a list whose entries have names is under its name, as in
// "clusters[main].url", and as itself ("clusters[main]") with an empty digest.
type Settings map[string]string

// digestLength is how many bytes of SHA-256 stand for a value: two are alike by chance once in four
// thousand million times.
const digestLength = 4

// own is what a node may have for itself: how it reaches the database, where it is reached, and
// where its files are and its secrets.
func own(key string) bool {
	switch key {
	case "database", "listen", "tls", "hosts", "log", "phones.base_url", "phones.plain_url":
		return true
	}
	return strings.HasSuffix(key, "_file") || strings.HasSuffix(key, "_env")
}

// Settings returns those of the configuration.
func (c Config) Settings() (Settings, error) {
	c.Feeds = slices.Clone(c.Feeds)
	for i := range c.Feeds {
		if path, ok := filePath(c.Feeds[i].URL); ok {
			c.Feeds[i].URL = "file:" + filepath.Base(path)
		}
	}
	tree, err := c.tree()
	if err != nil {
		return nil, err
	}
	all := make(Settings)
	if err := all.add("", tree); err != nil {
		return nil, fmt.Errorf("compare configuration: %w", err)
	}
	if len(c.Sites) > 0 { // whose clock the jobs go by
		return all, all.add("sites (the first)", c.Sites[0].Name)
	}
	return all, nil
}

// add takes in what is under a key.
func (s Settings) add(key string, value any) error {
	if own(key) {
		return nil
	}
	under, entries := split(key, value)
	if under == nil {
		text, err := json.Marshal(value)
		sum := sha256.Sum256(text)
		s[key] = hex.EncodeToString(sum[:digestLength])
		return err
	}
	for k, v := range under {
		if entries {
			s[k] = ""
		}
		if err := s.add(k, v); err != nil {
			return err
		}
	}
	return nil
}

// split returns what is under a key, by the keys of that, and whether they are entries of a list
// that have names; nil for what is compared as a whole.
func split(key string, value any) (under map[string]any, entries bool) {
	under = make(map[string]any)
	switch v := value.(type) {
	case map[string]any:
		for name, part := range v {
			under[strings.TrimPrefix(key+"."+name, ".")] = part
		}
		return under, false
	case []any:
		for name, entry := range byName(v) {
			under[key+"["+name+"]"] = entry
		}
	}
	if len(under) == 0 {
		return nil, false
	}
	return under, true
}

// byName are the entries of a list by their names, nil unless each has one.
func byName(list []any) map[string]any {
	all := make(map[string]any, len(list))
	for _, entry := range list {
		keys, _ := entry.(map[string]any)
		name, ok := keys["name"].(string)
		if !ok {
			return nil
		}
		all[name] = entry
	}
	return all
}

// Unlike returns the keys, in order, that others have otherwise, and the entries that one of
// the two lacks. A key that one of them does not know at all is none: a version of deskd may
// be newer than the other. Where either is nil, it has not been told, and nothing is.
func (s Settings) Unlike(others Settings) []string {
	if s == nil || others == nil {
		return nil
	}
	keys := make(map[string]bool)
	for key, digest := range s {
		if o, ok := others[key]; ok && o != digest || !ok && digest == "" {
			keys[key] = true
		}
	}
	for key, digest := range others {
		if _, ok := s[key]; !ok && digest == "" {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}
