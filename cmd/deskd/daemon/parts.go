package daemon

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"deskd/scheduler/clock"

	"deskd/cmd/deskd/doors"
	"deskd/cmd/deskd/logs"
	"deskd/cmd/deskd/pushes"
	"deskd/cmd/deskd/resting"
	"deskd/configs"
	"deskd/emapi"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/booked"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/scheduler/poll"
	"deskd/store"
	"deskd/web/view"
)

// Parts are what a configuration and its database are made into: what a daemon is
// wired of, and what a verb needs of it.
type Parts struct {
	Config configs.Config
	Store  *store.Store // nil where there is no database yet
	View   *view.Model  // of the same store
	Log    *slog.Logger
	Clock  clock.Clock
	Pipe   *logs.Pipe // of the log, nil where nothing stands before its reader
	// Identity is shown to those who come by TLS, nil where nobody does.
	Identity *doors.Identity
	house    *booked.House // read once for all clusters of a daemon; nil elsewhere
	// Limit makes the limiter of a cluster's requests.
	Limit func(configs.Cluster) scheduler.Limiter
	// Transport makes the way to a cluster's nodes.
	Transport func(*tls.Config) http.RoundTripper
	// PhonesBy is the way to phones, nil for one that is checked as it is dialled.
	PhonesBy http.RoundTripper

	rules rulebook
}

// NewParts makes the parts of a configuration that has been checked. The error is that
// of a time zone that is not known any more.
func NewParts(c configs.Config, st *store.Store, log *slog.Logger, clock clock.Clock) (*Parts, error) {
	a := &Parts{Config: c, Store: st, Log: log, Clock: clock}
	a.Transport = func(secure *tls.Config) http.RoundTripper { return emapi.NewTransport(secure) }
	a.Limit = func(c configs.Cluster) scheduler.Limiter { return emapi.NewLimit(c.MaxConcurrent, c.MaxPerMinute) }
	a.View = &view.Model{
		Records: recordsOf(st), Feeds: Feeds(c), Now: clock.Now, Preview: a.previewSeen, Remarks: a.remarks,
	}
	for _, s := range c.Sites {
		zone, err := time.LoadLocation(s.Timezone)
		if err != nil {
			return nil, ConfigErrorf("site %q: %w", s.Name, err)
		}
		a.View.Sites = append(a.View.Sites, reservations.Site{Name: s.Name, Zone: zone})
	}
	for _, cluster := range c.Clusters {
		a.View.Clusters = append(a.View.Clusters, view.ClusterConfig{Name: cluster.Name, Policy: Policy(c, cluster), Duration: Duration(c, cluster)})
	}
	return a, nil
}

// recordsOf are what the read model reads, all of it from one database.
func recordsOf(st *store.Store) view.Records {
	return view.Records{Directory: st, Bookings: st, Sessions: st, Clusters: st, Calendars: st, History: st, Changes: st}
}

// ConfigError is a mistake in what the configuration names that its check has not
// found: a file that has gone since, say.
type ConfigError struct{ error }

// Unwrap is what is wrong.
func (c ConfigError) Unwrap() error { return c.error }

// ConfigErrorf is a [ConfigError] in the words of fmt.Errorf.
func ConfigErrorf(format string, args ...any) error { return ConfigError{fmt.Errorf(format, args...)} }

// Configure brings the configuration's sites and clusters into the database.
func (a *Parts) Configure(ctx context.Context) error {
	var clusters []store.Cluster
	for _, c := range a.Config.Clusters {
		clusters = append(clusters, store.Cluster{Name: c.Name, URL: c.URL})
	}
	return a.Store.Configure(ctx, a.View.Sites, clusters)
}

// sites are the configuration's sites by name.
func (a *Parts) sites() map[string]reservations.Site {
	all := make(map[string]reservations.Site, len(a.View.Sites))
	for _, s := range a.View.Sites {
		all[s.Name] = s
	}
	return all
}

// Policy translates the configuration's policy, at the pace of a cluster.
func Policy(c configs.Config, cluster configs.Cluster) plan.Policy {
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

// Duration is how long a cluster's sessions are asked for: the pad comes after
// the grace, and after the time that an end waits for a call, in which a session may stay.
func Duration(c configs.Config, cluster configs.Cluster) phones.Duration {
	e := cluster.ExclusiveDuration
	d := phones.Duration{Unit: time.Minute, Pad: time.Duration(e.Pad + c.Policy.Grace + c.Policy.End.WaitForCall), Indefinite: e.Mode == "indefinite"}
	if e.Unit == "seconds" {
		d.Unit = time.Second
	}
	return d
}

// ledger is where the rounds of a cluster write: the store, or the seat of one who has the
// duty of driving it.
type ledger interface {
	scheduler.Journal
	scheduler.Sightings
	scheduler.States
}

// outlets are where it shows what rounds do.
type outlets struct {
	ledger
	watch  scheduler.Watcher
	board  *view.Live      // nil where no page is served
	pushed *pushes.Cluster // nil where nothing is
	rests  *resting.Cluster
}

// unseen are the outlets of a verb.
func (a *Parts) unseen() outlets { return outlets{ledger: a.Store, watch: scheduler.Unwatched{}} }

// reconciler wires one cluster. A preview of what was last seen needs no access.
func (a *Parts) reconciler(c configs.Cluster, access *phones.Access, to outlets) *scheduler.Reconciler {
	var journal scheduler.Journal = to
	var sightings scheduler.Sightings = to
	if to.board != nil {
		journal, sightings = to.board.Journal(journal), to.board.Sightings(sightings)
	}
	return scheduler.NewReconciler(scheduler.Setup{
		Cluster: c.Name, Book: a.Store, Changes: a.Store, House: a.house, Journal: to.pushed.Heed(journal), Sightings: sightings, States: to, Access: access, Calls: to.pushed.Calls(time.Duration(a.Config.Policy.End.WaitForCall)), Limit: a.Limit(c),
		Duration: Duration(a.Config, c),
		Policy:   Policy(a.Config, c), Feeds: a.View.FeedsByName(), Clock: a.Clock, Log: a.Log, Watch: to.watch, Idle: to.rests.Judge(),
		Formerly: func(ctx context.Context) ([]string, error) {
			return a.Store.FormerNames(ctx, c.Name, a.View.ClusterNames())
		},
		// The daemon's scheduler knows more: which were not read since it started.
		Unsynced: (&poll.Poller{Feeds: Feeds(a.Config), States: a.Store}).Unsynced,
	})
}

// feedStore is where the poller writes.
type feedStore interface {
	poll.States
	poll.Store
	poll.Holds
}

func (a *Parts) poller(watch scheduler.Watcher, to feedStore) *poll.Poller {
	return &poll.Poller{
		Feeds: Feeds(a.Config), Sites: a.sites(),
		Brake: reservations.Brake(a.Config.Brake),
		Book:  a.Store, States: to, Store: to, Held: to, Fetchers: Fetchers(a.Config), Log: a.Log, Watch: watch,
	}
}
