package daemon

import (
	"context"

	"deskd/web/view"
)

// strayLines are what the log says of strays by their kind, when one begins and
// when it is over.
var strayLines = map[view.Kind][2]string{
	view.KindNoFeed:    {"feed is not configured: nobody is logged in for its bookings", "feed is configured again, or has no bookings left"},
	view.KindNoCluster: {"cluster is not configured: the phones of its desks are not driven", "cluster is configured again, or has no desks left"},
	view.KindNoSite:    {"site is not configured: the times of its desks are shown in another zone", "site is configured again, or has no desks left"},
	view.KindEmpty:     {"cluster has no desks", "cluster has desks"},
}

// tellStrays says which strays have begun and which are over, and keeps those
// that there are for the daemon of the next configuration.
func (d *Instance) tellStrays(ctx context.Context) {
	all, err := d.View.Strays(ctx, d.Clock.Now())
	if err != nil {
		return // the rounds meet the same error, and say it
	}
	now := make(map[[2]string]bool, len(all))
	for _, s := range all {
		key := [2]string{string(s.Kind), s.Of}
		now[key] = true
		if d.astray[key] {
			continue
		}
		log := d.Log.Warn
		if s.Bad {
			log = d.Log.Error
		}
		log(strayLines[s.Kind][0], "name", s.Of, "err", s.Text, "advice", s.Fix)
	}
	for key := range d.astray {
		if !now[key] {
			d.Log.Info(strayLines[view.Kind(key[0])][1], "name", key[1])
		}
	}
	d.astray = now
}
