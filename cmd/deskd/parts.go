package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"deskd/configs"
	"deskd/emapi"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/store"
	"deskd/web/view"
)

// parts are what a configuration and its database are made into: what a daemon is
// wired of, and what a verb needs of it.
type parts struct {
	config configs.Config
	store  *store.Store // nil where there is no database yet
	view   *view.Model  // of the same store
	log    *slog.Logger
	clock  scheduler.Clock
	pipe   *logPipe // of the log, nil where nothing stands before its reader
	// limit makes the limiter of a cluster's requests.
	limit func(configs.Cluster) scheduler.Limiter
	// transport makes the way to a cluster's nodes.
	transport func(*tls.Config) http.RoundTripper
}

// newParts makes the parts of a configuration that has been checked. The error is that
// of a time zone that is not known any more.
func newParts(c configs.Config, st *store.Store, log *slog.Logger, clock scheduler.Clock) (*parts, error) {
	a := &parts{config: c, store: st, log: log, clock: clock}
	a.transport = func(secure *tls.Config) http.RoundTripper { return emapi.NewTransport(secure) }
	a.limit = func(c configs.Cluster) scheduler.Limiter { return emapi.NewLimit(c.MaxConcurrent, c.MaxPerMinute) }
	a.view = &view.Model{Store: st, Feeds: feeds(c), Now: clock.Now, Preview: a.previewSeen}
	for _, s := range c.Sites {
		zone, err := time.LoadLocation(s.Timezone)
		if err != nil {
			return nil, usage("site %q: %w", s.Name, err)
		}
		a.view.Sites = append(a.view.Sites, reservations.Site{Name: s.Name, Zone: zone})
	}
	for _, cluster := range c.Clusters {
		a.view.Clusters = append(a.view.Clusters, view.ClusterConfig{Name: cluster.Name, Policy: policy(c, cluster), Duration: duration(c, cluster)})
	}
	return a, nil
}

// configure brings the configuration's sites and clusters into the database.
func (a *parts) configure(ctx context.Context) error {
	var clusters []store.Cluster
	for _, c := range a.config.Clusters {
		clusters = append(clusters, store.Cluster{Name: c.Name, URL: c.URL})
	}
	return a.store.Configure(ctx, a.view.Sites, clusters)
}

// sites are the configuration's sites by name.
func (a *parts) sites() map[string]reservations.Site {
	all := make(map[string]reservations.Site, len(a.view.Sites))
	for _, s := range a.view.Sites {
		all[s.Name] = s
	}
	return all
}

// policy translates the configuration's policy, at the pace of a cluster.
func policy(c configs.Config, cluster configs.Cluster) plan.Policy {
	p := c.Policy
	return plan.Policy{
		Ready: time.Duration(p.Ready), Lead: time.Duration(p.Lead), Grace: time.Duration(p.Grace), MinLeft: time.Duration(p.MinLeft),
		Relogin: plan.Relogin(p.Relogin), Stranger: plan.Stranger(p.Stranger),
		Walkups: plan.Walkups(p.Walkups), Elsewhere: plan.Elsewhere(p.Elsewhere),
		MultipleLogin: plan.MultipleLogin(cluster.MultipleLogin),
		Pace:          plan.Pace{Concurrent: cluster.MaxConcurrent, PerMinute: cluster.MaxPerMinute},
		Brake:         reservations.Brake(c.Brake),
	}
}

// duration is how long a cluster's sessions are asked for: the pad comes after
// the grace, in which a session may stay.
func duration(c configs.Config, cluster configs.Cluster) scheduler.Duration {
	e := cluster.ExclusiveDuration
	d := scheduler.Duration{Unit: time.Minute, Pad: time.Duration(e.Pad + c.Policy.Grace), Indefinite: e.Mode == "indefinite"}
	if e.Unit == "seconds" {
		d.Unit = time.Second
	}
	return d
}
