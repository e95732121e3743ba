package daemon

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"deskd/configs"
	"deskd/scheduler"
	"deskd/scheduler/phones"
	"deskd/store"
)

// Preview is what a round of a cluster would do at an instant. Beside a daemon the
// clock is believed as far as the daemon does; otherwise as far as one would that
// is started now.
func (a *Parts) Preview(ctx context.Context, c configs.Cluster, access *phones.Access, at time.Time) (scheduler.Preview, error) {
	r := a.reconciler(c, access, scheduler.Unwatched{}, nil)
	r.Log = slog.New(slog.DiscardHandler)                                // what a daemon would say as well is in the preview
	if held, err := store.Held(ctx, a.Config.Database.DSN); err == nil { // one that cannot be looked at is nobody's
		r.Beside = held
	}
	return r.Preview(ctx, access != nil, at)
}

// previewSeen is the preview of the cluster called name by what was seen last. One that
// is not configured has none.
func (a *Parts) previewSeen(ctx context.Context, name string, at time.Time) (scheduler.Preview, error) {
	i := slices.IndexFunc(a.Config.Clusters, func(c configs.Cluster) bool { return c.Name == name })
	if i < 0 {
		return scheduler.Preview{}, nil
	}
	return a.Preview(ctx, a.Config.Clusters[i], nil, at)
}
