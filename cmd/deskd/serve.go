package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"deskd/configs"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/store"
	"deskd/web"
)

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the daemon",
		Long: `Run the daemon: read bookings and feeds, log phones in and out, repair what
differs, and serve the status page, /metrics, /healthz and /readyz.

It ends at SIGINT or SIGTERM once the requests that are under way have been
answered; a second signal ends it at once. Exit code 75: another deskd holds the
database. 78: the database is damaged, or not the one that was last used here; it is
checked from end to end first. 1: among others, the disk did not say whether a change
was written; the daemon should be started again.`,
		Args: takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			if err := c.CheckFiles(); err != nil {
				return err
			}
			return locked(c, func() error {
				return withApp(cmd, c, false, func(ctx context.Context, a *app) error {
					for _, note := range c.Notes() {
						a.log.Warn(note)
					}
					if err := a.examine(ctx); err != nil {
						return err
					}
					d, err := newDaemon(a)
					if err != nil {
						return err
					}
					listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
					if err != nil {
						return fmt.Errorf("listen on %s (key listen): %w", c.Listen, err)
					}
					return d.serve(ctx, listener)
				})
			})
		},
	}
}

// locked runs do while no other deskd acts on c's database. The lock comes
// before the database is opened: a newer deskd must not migrate it under an
// older one that runs.
func locked(c configs.Config, do func() error) (err error) {
	lock, err := store.Acquire(c.Database.DSN, time.Now())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return do()
}

// daemon is everything that runs, wired together.
type daemon struct {
	*app
	scheduler *scheduler.Scheduler
	metrics   *web.Metrics
	page      http.Handler
	answering sync.Mutex     // held by the one who answers requests
	running   sync.WaitGroup // of the same
}

// newDaemon wires an app's parts. Besides the metrics, also is told what happens.
func newDaemon(a *app, also ...scheduler.Watcher) (*daemon, error) {
	d := &daemon{app: a}
	d.metrics = web.NewMetrics(version(), d.clusters, a.clock.Now)
	watch := append(watchers{d.metrics}, also...)
	d.scheduler = &scheduler.Scheduler{
		Jobs:    scheduler.Jobs{Sweep: a.config.Jobs.Sweep, Nightly: a.config.Jobs.Nightly, Zone: a.zone("")},
		Journal: a.store, Clock: a.clock, Log: a.log,
		Changed: a.store.Changed, OnChange: d.others, Retain: d.retain,
	}
	for _, c := range a.config.Clusters {
		access, err := a.access(c)
		if err != nil {
			return nil, err
		}
		d.scheduler.Clusters = append(d.scheduler.Clusters, a.reconciler(c, access, watch))
	}
	d.scheduler.Feeds = a.poller(watch)
	var err error
	d.page, err = web.Handler(web.Deps{
		Snapshot: d.snapshot, Metrics: d.metrics.Handler(), Version: version(), Now: a.clock.Now, Log: a.log,
	})
	return d, err
}

// watchers tells several watchers what happened.
type watchers []scheduler.Watcher

func (ws watchers) Attempted(a scheduler.Attempt) {
	for _, w := range ws {
		w.Attempted(a)
	}
}

func (ws watchers) Swept(cluster string, devices int, took time.Duration, err error) {
	for _, w := range ws {
		w.Swept(cluster, devices, took, err)
	}
}

func (ws watchers) Polled(s reservations.FeedState) {
	for _, w := range ws {
		w.Polled(s)
	}
}

// reconciler wires one cluster. A preview of what was last seen needs no access.
func (a *app) reconciler(c configs.Cluster, access *scheduler.Access, watch scheduler.Watcher) *scheduler.Reconciler {
	return scheduler.NewReconciler(scheduler.Setup{
		Cluster: c.Name, Book: a.store, Journal: a.store, Standings: a.store, Access: access, Limit: a.limit(c),
		Duration: a.duration(c),
		Policy:   policy(a.config, c), Clock: a.clock, Log: a.log, Watch: watch,
	})
}

func (a *app) poller(watch scheduler.Watcher) *scheduler.Feeds {
	return &scheduler.Feeds{
		Feeds: feeds(a.config), Sites: a.sites,
		Brake: reservations.Brake(a.config.Brake),
		Book:  a.store, Store: a.store, Fetchers: fetchers(a.config), Log: a.log, Watch: watch,
	}
}

// serve runs the daemon on listener until ctx ends.
func (d *daemon) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: d.page, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	pages := make(chan error, 1)
	go func() {
		err := server.Serve(listener)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		} else {
			stop(err) // a daemon nobody can look at should be restarted
		}
		pages <- err
	}()
	d.log.Info("deskd serves", "page", "http://"+listener.Addr().String()+"/", "version", version(), "database", d.config.Database.DSN)
	d.running.Go(func() { d.guard(ctx, stop) })
	err := d.scheduler.Run(ctx)
	d.running.Wait()
	if cause := context.Cause(ctx); errors.Is(cause, store.ErrCommit) {
		err = errors.Join(err, cause)
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = errors.Join(err, server.Shutdown(closing), <-pages)
	d.log.Info("deskd has ended")
	return err
}

// retain removes the rows of journal and audit that have been kept long enough.
func (d *daemon) retain(ctx context.Context, now time.Time) error {
	n, err := d.store.PruneAttempts(ctx, now.Add(-time.Duration(d.config.Retention.Attempts)))
	if err == nil && n > 0 {
		d.log.Info("attempts removed", "count", n)
	}
	if err != nil {
		return err
	}
	n, err = d.store.PruneAudit(ctx, now.Add(-time.Duration(d.config.Retention.Audit)))
	if err == nil && n > 0 {
		d.log.Info("audit rows removed", "count", n)
	}
	return err
}

// requestReconcile is the verb of a request for a reconciliation now.
const requestReconcile = "reconcile"

// tooOld is the age at which a request is refused: whoever asked has gone.
const tooOld = 5 * time.Minute

// answer carries out what the command line has asked of the daemon, beside the
// rounds: a reconciliation takes as long as the phone system lets it.
func (d *daemon) answer(ctx context.Context) {
	if !d.answering.TryLock() {
		return // whoever answers now looks again before it ends
	}
	d.running.Go(func() {
		defer d.answering.Unlock()
		for d.answerOpen(ctx) {
		}
	})
}

// answerOpen answers the open requests and reports whether there were any.
func (d *daemon) answerOpen(ctx context.Context) bool {
	requests, err := d.store.TakeRequests(ctx)
	if err != nil {
		d.log.Warn("read requests", "err", err)
		return false
	}
	for _, r := range requests {
		result, err := d.carryOut(ctx, r)
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			result = err.Error()
		}
		if err := d.store.AnswerRequest(ctx, r.ID, result, err != nil, d.clock.Now()); err != nil {
			d.log.Warn("answer request", "err", err)
			return false
		}
	}
	return len(requests) > 0
}

func (d *daemon) carryOut(ctx context.Context, r store.Request) (string, error) {
	switch {
	case d.clock.Now().Sub(r.Asked) > tooOld:
		return "", errors.New("the daemon met the request too late")
	case r.Verb != requestReconcile:
		return "", fmt.Errorf("this deskd does not know the request %q", r.Verb)
	}
	report, err := d.scheduler.Reconcile(ctx)
	if err != nil {
		d.log.Warn("reconciliation", "err", err) // the report counts the devices without answer
	}
	text, err := json.Marshal(report)
	return string(text), err
}
