package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/spf13/cobra"

	"deskd/configs"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/store"
	"deskd/web"
	"deskd/web/view"
)

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the daemon",
		Long: `Run the daemon: read bookings and feeds, log phones in and out, repair what
differs, and serve the status page, /metrics, /healthz and /readyz.

It ends at SIGINT or SIGTERM once the requests that are under way have been
answered; a second signal ends it at once. SIGHUP has it read the configuration
again: one that is wrong changes nothing, and every mistake is logged. Exit code 75: another deskd holds the
database. 78: the database is damaged, or not the one that was last used here; it is
checked from end to end first. 1: among others, the disk did not say whether a change
was written; the daemon should be started again.`,
		Args: takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return throughPipe(cmd, func() error { return runServe(cmd) })
		},
	}
}

// runServe runs the daemon of a command line.
func runServe(cmd *cobra.Command) error {
	reload := make(chan os.Signal, 1) // one that comes while deskd starts is not lost
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	path, err := configPath(cmd)
	if err != nil {
		return err
	}
	c, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	if err := c.CheckFiles(); err != nil {
		return err
	}
	s := &server{
		reload: reload, reread: func() (configs.Config, error) { return configs.Check(path) },
		output: cmd.ErrOrStderr(), supervisor: supervisorOf(os.Getenv, os.Getpid()),
	}
	limitMemory(memlimit.FromCgroup)
	log.SetFlags(0)
	log.SetOutput(libraryLog{s})
	return lockedBy(c, func(lock *store.Lock) error {
		s.lock = lock
		return withApp(cmd, c, false, func(ctx context.Context, a *app) error { return s.start(ctx, a.parts) })
	})
}

// limitMemory has memory collected in time where the service manager, or a
// container, allows so much of it and no more. GOMEMLIMIT says otherwise.
func limitMemory(allowed memlimit.Provider) {
	_, _ = memlimit.Set(memlimit.WithProvider(allowed), memlimit.WithRatio(memoryShare)) // without a limit, nothing is set
}

// memoryShare is the part of the memory that is allowed which Go's heap may use:
// SQLite's caches are beside it.
const memoryShare = 0.8

// start serves a, once its database has been examined.
func (s *server) start(ctx context.Context, a *parts) error {
	for _, note := range a.config.Notes() {
		a.log.Warn(note)
	}
	if err := a.examine(ctx); err != nil {
		return err
	}
	d, err := newDaemon(a)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", a.config.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s (key listen): %w", a.config.Listen, err)
	}
	d.lock = s.lock
	return s.serve(ctx, d, listener)
}

// locked runs do while no other deskd acts on c's database. The lock comes
// before the database is opened: a newer deskd must not migrate it under an
// older one that runs.
func locked(c configs.Config, do func() error) error {
	return lockedBy(c, func(*store.Lock) error { return do() })
}

func lockedBy(c configs.Config, do func(*store.Lock) error) (err error) {
	lock, err := store.Acquire(c.Database.DSN, time.Now())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return do(lock)
}

// daemon is everything that runs by one configuration, wired together.
type daemon struct {
	*parts
	shown     *view.Model // that pages are read with: readers of them hold up nobody else
	scheduler *scheduler.Scheduler
	metrics   *web.Metrics
	page      http.Handler
	began     time.Time
	notices   notices
	hung      atomic.Bool          // rounds were found to stand still
	set       func() time.Duration // by how much the clock was set since
	lock      *store.Lock          // of the database; nil in tests
	// What the file of anchors was told last, whether that failed since, and the
	// hash that log and metrics were told.
	anchored   store.Anchor
	unanchored bool
	told       string
	replaced   time.Time          // since when a file of the database is another one; zero while none is
	astray     map[[2]string]bool // by kind and name: what the log was told of
	answering  sync.Mutex         // held by the one who answers requests
	running    sync.WaitGroup     // of the same
	unchained  chan struct{}      // holds one when other programs have written
}

// newDaemon wires an app's parts. Besides the metrics, also is told what happens.
func newDaemon(a *parts, also ...scheduler.Watcher) (*daemon, error) {
	d := &daemon{parts: a, began: a.clock.Now(), set: a.clock.Watch(), unchained: make(chan struct{}, 1)}
	d.metrics = web.NewMetrics(version(), d.clusters, a.clock.Now)
	watch := append(watchers{d.metrics}, also...)
	d.scheduler = &scheduler.Scheduler{
		Jobs:    scheduler.Jobs{Sweep: a.config.Jobs.Sweep, Nightly: a.config.Jobs.Nightly, Zone: a.view.Zone("")},
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
	aside, err := a.store.Aside()
	if err != nil {
		return nil, err
	}
	shown := *a.view
	shown.Store = aside
	d.shown = &shown
	reads := web.NewReads(d.snapshot, a.log)
	d.metrics.Degraded(reads, a.clock.Now)
	d.metrics.LogLost(a.pipe.lost)
	d.scheduler.Feeds = a.poller(watch)
	d.page, err = web.Handler(web.Deps{
		Reads: reads, Metrics: d.metrics.Handler(), Hosts: a.config.PageHosts(), Now: a.clock.Now, Log: a.log,
	})
	return d, err
}

// watchers tells several watchers what happened.
type watchers []scheduler.Watcher

func (ws watchers) Attempted(a plan.Attempt) {
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
func (a *parts) reconciler(c configs.Cluster, access *scheduler.Access, watch scheduler.Watcher) *scheduler.Reconciler {
	return scheduler.NewReconciler(scheduler.Setup{
		Cluster: c.Name, Book: a.store, Journal: a.store, Standings: a.store, Access: access, Limit: a.limit(c),
		Duration: duration(a.config, c),
		Policy:   policy(a.config, c), Feeds: a.view.FeedsByName(), Clock: a.clock, Log: a.log, Watch: watch,
		Formerly: func(ctx context.Context) ([]string, error) {
			return a.store.FormerNames(ctx, c.Name, a.view.ClusterNames())
		},
		// The daemon's scheduler knows more: which were not read since it started.
		Unlearned: (&scheduler.Feeds{Feeds: feeds(a.config), Store: a.store}).Unlearned,
	})
}

func (a *parts) poller(watch scheduler.Watcher) *scheduler.Feeds {
	return &scheduler.Feeds{
		Feeds: feeds(a.config), Sites: a.sites(),
		Brake: reservations.Brake(a.config.Brake),
		Book:  a.store, Store: a.store, Fetchers: fetchers(a.config), Log: a.log, Watch: watch,
	}
}

// live is the daemon's life, until ctx ends. What makes it impossible to go on
// ends the process by stop.
func (d *daemon) live(ctx context.Context, stop context.CancelCauseFunc) error {
	d.running.Go(func() { d.guard(ctx, stop) })
	d.running.Go(func() { d.lookBack(ctx) })
	d.running.Go(func() { d.chainAudit(ctx) })
	d.answer(ctx) // what the daemon before did not come to
	err := d.scheduler.Run(ctx)
	d.running.Wait()
	return err
}

// keepKeys is how long the key of a reservation is known: whoever asks again does
// so soon.
const keepKeys = 30 * 24 * time.Hour

// retain removes what has been kept long enough: the rows of journal and audit,
// the keys of reservations, and before that the names in rows and reservations.
// Then it looks at what the audit has become.
func (d *daemon) retain(ctx context.Context, now time.Time) error {
	defer d.verify(ctx)
	if by := d.set(); by > mostSet {
		return fmt.Errorf("no names and no old rows are removed: the clock was set forward by %s while deskd ran; restart deskd once it is right", by.Round(time.Second))
	}
	return errors.Join(d.prune(ctx, now), d.anonymise(ctx, now))
}

// mostSet is by how much the clock may have been set forward while the daemon
// ran for anything to be removed by it: it cannot be had back, also not once a
// clock that was far ahead is right again.
const mostSet = 24 * time.Hour

// anonymise removes the names of what has been over for long enough.
func (d *daemon) anonymise(ctx context.Context, now time.Time) error {
	done, err := d.store.Anonymise(ctx, now.Add(-time.Duration(d.config.Retention.People)), now)
	if done != (store.Anonymised{}) {
		d.log.Info("names removed", "reservations", done.Reservations, "attempts", done.Attempts, "audit", done.Audit)
	}
	if errors.Is(err, store.ErrLingers) { // tomorrow is another night
		d.log.Warn("retention", "err", err)
		return nil
	}
	return err
}

func (d *daemon) prune(ctx context.Context, now time.Time) error {
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
	if err != nil {
		return err
	}
	n, err = d.store.PruneKeys(ctx, now.Add(-keepKeys))
	if err == nil && n > 0 {
		d.log.Info("keys of reservations removed", "count", n)
	}
	return err
}

// The verbs of requests: a reconciliation now, and a poll of the feed that the
// argument names.
const (
	requestReconcile = "reconcile"
	requestPoll      = "poll"
)

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
	case r.Unreadable != "":
		return "", errors.New(r.Unreadable)
	case d.clock.Now().Sub(r.Asked) > tooOld:
		return "", errors.New("the daemon met the request too late")
	case r.Verb == requestPoll:
		return "", d.scheduler.Poll(ctx, r.Arg)
	case r.Verb != requestReconcile:
		return "", fmt.Errorf("this deskd does not know the request %q", r.Verb)
	}
	report, err := d.scheduler.Reconcile(ctx)
	if err != nil {
		d.log.Warn("reconciliation", "err", err) // the report counts the devices without answer
	}
	if err := d.shown.AddUndriven(ctx, &report); err != nil {
		return "", err
	}
	text, err := json.Marshal(report)
	return string(text), err
}
