package daemon

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"deskd/configs"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan/forecast"
	"deskd/store"
)

// Preview is what a round of a cluster would do at an instant. Beside a daemon the
// clock is believed as far as the daemon does; otherwise as far as one would that
// is started now.
func (a *Parts) Preview(ctx context.Context, c configs.Cluster, access *phones.Access, at time.Time) (scheduler.Preview, error) {
	return a.previewer(ctx, c, access).Preview(ctx, access != nil, at)
}

// Foresee is the forecast for the bookings of a cluster that begin in a span.
func (a *Parts) Foresee(ctx context.Context, c configs.Cluster, access *phones.Access, span reservations.Span) (forecast.Wave, error) {
	return a.previewer(ctx, c, access).Foresee(ctx, access != nil, span)
}

// previewer is a reconciler that drives nothing.
func (a *Parts) previewer(ctx context.Context, c configs.Cluster, access *phones.Access) *scheduler.Reconciler {
	r := a.reconciler(c, access, a.unseen())
	r.Log = slog.New(slog.DiscardHandler)                                // what a daemon would say as well is in the preview
	if held, err := store.Held(ctx, a.Config.Database.DSN); err == nil { // one that cannot be looked at is nobody's
		r.Beside = held
	}
	return r
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
