package main

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/configs"
	"deskd/scheduler"
	"deskd/store"
)

// preview is what a round of a cluster would do at an instant. Beside a daemon the
// clock is believed as far as the daemon does; otherwise as far as one would that
// is started now.
func (a *parts) preview(ctx context.Context, c configs.Cluster, access *scheduler.Access, at time.Time) (scheduler.Preview, error) {
	r := a.reconciler(c, access, scheduler.Unwatched{})
	r.Log = slog.New(slog.DiscardHandler)                           // what a daemon would say as well is in the preview
	if held, err := store.Held(a.config.Database.DSN); err == nil { // one that cannot be looked at is nobody's
		r.Beside = held
	}
	return r.Preview(ctx, access != nil, at)
}

// previewSeen is the preview of the cluster called name by what was seen last. One that
// is not configured has none.
func (a *parts) previewSeen(ctx context.Context, name string, at time.Time) (scheduler.Preview, error) {
	i := slices.IndexFunc(a.config.Clusters, func(c configs.Cluster) bool { return c.Name == name })
	if i < 0 {
		return scheduler.Preview{}, nil
	}
	return a.preview(ctx, a.config.Clusters[i], nil, at)
}

// clocks tells of a clock that the daemon does not believe, or would not if it was
// started now, and of what waits for that.
func (d *doctor) clocks(ctx context.Context) {
	now := d.clock.Now()
	for _, c := range d.config.Clusters {
		p, err := d.preview(ctx, c, nil, now)
		switch {
		case err != nil:
			d.wrong("cluster "+c.Name, "", "what is due cannot be worked out: %v", err)
		case p.Clock != "":
			d.odd("cluster "+c.Name, "look at this machine's clock (timedatectl), and set it right; if it is right, a day will show it", "the clock is in doubt: %s",
				console.LocalTimes(p.Clock, d.view.Zone(""), now))
		}
	}
}
