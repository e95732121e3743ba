package drive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/booked"
	"deskd/scheduler/clock"
	"deskd/scheduler/jobs"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/scheduler/poll"
	"deskd/scheduler/report"
)

// watchEvery is how often a change that another program made is looked for, and watchRests
// how long it is not, whatever hints come.
const (
	watchEvery = time.Second
	watchRests = 50 * time.Millisecond
)

// Jobs are the periodic jobs as cron specs ("@every 5m", "0 3 * * *"). A daily
// job runs by Zone's wall clock: a time that a change to summer time skips is
// skipped with it, and one that a change back repeats runs twice.
type Jobs struct {
	Sweep   string
	Nightly string
	Zone    *time.Location // nil means UTC
}

// Cluster is a cluster as the [Scheduler] has it: its [scheduler.Reconciler], or one that has
// a reconciler for as long as this node drives it ([Shared]).
type Cluster interface {
	// Run drives the cluster until ctx ends.
	Run(ctx context.Context)
	Kick()
	Sweep(ctx context.Context) error
	Status() scheduler.ClusterStatus
	// Here is the reconciler whose rounds run here, nil while another node drives.
	Here() *scheduler.Reconciler
}

// The duties of a scheduler beside its clusters.
const (
	DutyFeeds   = "feeds"   // reading the calendars
	DutyNightly = "nightly" // removing what was kept long enough
)

// Scheduler runs everything: a reconciler per cluster, the periodic jobs, and
// the watch for changes by other programs.
type Scheduler struct {
	Clusters []Cluster
	Duties   *Duties // nil: all are this process's
	Feeds    *poll.Poller
	Arrivals Arrivals // nil: nobody has to come
	Jobs     Jobs
	Journal  scheduler.Journal
	Clock    clock.Clock
	Log      *slog.Logger
	// Changed reports whether another program has changed the database since
	// the last call.
	Changed func(ctx context.Context) (bool, error)
	// Listen tells that Changed is worth asking at once; nil, or a nil channel, where
	// nobody does.
	Listen func(ctx context.Context) <-chan struct{}
	// OnChange is called after such a change, before the next rounds.
	OnChange func(ctx context.Context)
	// Retain is called nightly to remove what has been kept long enough.
	Retain func(ctx context.Context, now time.Time) error
}

// Kick lets every cluster begin a round at once.
func (s *Scheduler) Kick() {
	for _, r := range s.Clusters {
		r.Kick()
	}
}

// Stir lets the clusters begin a round that concerns what this process has changed.
func (s *Scheduler) Stir(ctx context.Context) { s.stir(ctx, false) }

// stir lets the clusters begin a round that concerns what was changed; foreign says that
// another program has changed something. A cluster that slept on for a minute is woken too:
// beside what the audit tells there may be something of which it tells nothing.
func (s *Scheduler) stir(ctx context.Context, foreign bool) {
	now := s.Clock.Now()
	heard := make(map[*booked.House]booked.News)
	for _, r := range s.here() {
		news, known := heard[r.House]
		if !known {
			var err error
			if news, err = r.House.News(ctx, foreign, now); err != nil {
				r.Kick() // its round meets the error, and shows it
				continue
			}
			heard[r.House] = news
		}
		if news.Concern(r.Cluster) || foreign && r.Slept(now) {
			r.Kick()
		}
	}
}

// Run polls every feed once, then runs until ctx ends, and returns when
// everything it started has ended. A request that is under way then is waited
// for.
func (s *Scheduler) Run(ctx context.Context) error {
	table, err := s.everywhere(ctx)
	if err != nil {
		return err
	}
	if err := s.abandon(ctx); err != nil {
		s.Log.Warn("abandon attempts", "err", err) // at the next start
	}
	if s.Feeds != nil {
		s.Feeds.Trusted = s.Trusted
		if s.Duties == nil {
			s.Feeds.ExpectFirstPolls()
		}
		for _, r := range s.here() {
			r.ReadFeeds(s.Feeds)
		}
	}
	var running sync.WaitGroup
	for _, r := range s.Clusters {
		running.Go(func() { r.Run(ctx) })
	}
	running.Go(func() { s.hold(ctx, DutyFeeds, s.readFeeds) })
	running.Go(func() { s.watch(ctx) })
	running.Go(func() { s.awaitArrivals(ctx) })
	running.Go(func() { table.Run(ctx, func(context.Context) {}) })
	running.Wait()
	return nil
}

// hold has do run while this node has a duty.
func (s *Scheduler) hold(ctx context.Context, duty string, do func(ctx context.Context)) {
	if s.Duties == nil {
		do(ctx)
	} else {
		s.Duties.Hold(ctx, duty, do)
	}
}

// try has do run if no other node has a duty now.
func (s *Scheduler) try(ctx context.Context, duty string, do func(ctx context.Context)) {
	if s.Duties == nil {
		do(ctx)
	} else {
		s.Duties.Try(ctx, duty, do)
	}
}

// here are the reconcilers of the clusters that this node drives.
func (s *Scheduler) here() []*scheduler.Reconciler {
	var all []*scheduler.Reconciler
	for _, c := range s.Clusters {
		if r := c.Here(); r != nil {
			all = append(all, r)
		}
	}
	return all
}

// readFeeds reads every feed at once, and from then on at its times, until ctx ends.
func (s *Scheduler) readFeeds(ctx context.Context) {
	if s.Feeds == nil {
		return
	}
	if s.Duties != nil {
		s.Feeds.ExpectFirstPolls()
		defer s.Feeds.LeaveToOthers()
	}
	table := s.table()
	for _, fd := range s.Feeds.Feeds {
		table.At(poll.TimesOf(fd), func() { s.poll(ctx, fd) })
	}
	var running sync.WaitGroup
	running.Go(func() { s.pollAll(ctx) })
	// A machine that slept has missed what changed, and steps wait for it; see
	// [scheduler.Reconciler].
	running.Go(func() { table.Run(ctx, s.pollAll) })
	running.Wait()
}

// drainFor is how long answers are waited for before a reload: longer than any
// request may take.
const drainFor = phones.AnswerWithin + 5*time.Second

// Drain lets the clusters end what they have asked and sent, and begin nothing
// more. It returns when they have, or cannot within 15 s; Run still waits for its
// context.
func (s *Scheduler) Drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	var all sync.WaitGroup
	for _, r := range s.here() {
		all.Go(func() {
			if !r.Drain(ctx) {
				s.Log.Warn("cluster is left over a question without an answer", "cluster", r.Cluster)
			}
		})
	}
	all.Wait()
}

// table is an empty table of jobs.
func (s *Scheduler) table() *jobs.Table {
	return &jobs.Table{Clock: s.Clock, Zone: s.Jobs.Zone, Log: s.Log}
}

// everywhere are the jobs of every node.
func (s *Scheduler) everywhere(ctx context.Context) (*jobs.Table, error) {
	t := s.table()
	for _, c := range s.Clusters { // a job each: a slow cluster delays no other
		sweep := func() {
			if c.Here() != nil {
				_ = c.Sweep(ctx) // silence shows in its status
			}
		}
		if err := t.Add(s.Jobs.Sweep, sweep); err != nil {
			return nil, err
		}
	}
	return t, t.Add(s.Jobs.Nightly, func() { s.nightly(ctx) })
}

func (s *Scheduler) nightly(ctx context.Context) {
	if s.Duties != nil { // at the start it drove nothing yet
		if err := s.abandon(ctx); err != nil {
			s.Log.Warn("abandon attempts", "err", err)
		}
	}
	s.reconcile(ctx)
	if s.Retain != nil {
		s.try(ctx, DutyNightly, s.retain)
	}
}

// reconcile is the nightly reconciliation, of the clusters that this node drives.
func (s *Scheduler) reconcile(ctx context.Context) {
	if s.Duties == nil {
		found, err := s.Reconcile(ctx, "")
		s.tell(found, err)
		return
	}
	for _, r := range s.here() {
		found, err := s.Reconcile(ctx, r.Cluster)
		s.tell(found, err)
	}
}

func (s *Scheduler) tell(r report.Report, err error) {
	if err != nil {
		s.Log.Warn("nightly reconciliation", "err", err)
	}
	s.Log.Info("nightly reconciliation", "desks", r.Desks, "repairs", r.Repairs(), "causes", r.Causes())
}

func (s *Scheduler) retain(ctx context.Context) {
	now := s.Clock.Now()
	if err := s.Retain(ctx, reservations.Earliest(now, s.Trusted(now))); err != nil { // what is removed does not come back
		s.Log.Error("retention", "err", err)
	}
}

func (s *Scheduler) pollAll(ctx context.Context) {
	var all sync.WaitGroup
	for _, fd := range s.Feeds.Feeds {
		all.Go(func() { s.poll(ctx, fd) })
	}
	all.Wait()
}

// Trusted is the instant by the clock that the clusters trust: that of now, unless
// the machine's has jumped and is not believed yet.
func (s *Scheduler) Trusted(now time.Time) time.Time {
	for _, r := range s.here() {
		if t := r.Trusted(now); !t.Equal(now) {
			return t
		}
	}
	return now
}

// ErrNoFeed says that the daemon reads no feed of a name.
var ErrNoFeed = errors.New("there is no such feed in the daemon's configuration")

// Poll polls the feed of that name now, beside its times. What came of it is in
// the feed's state; the error is [ErrNoFeed] when no feed is called so.
func (s *Scheduler) Poll(ctx context.Context, name string) error {
	if s.Feeds != nil {
		for _, fd := range s.Feeds.Feeds {
			if fd.Name == name {
				s.poll(ctx, fd)
				return nil
			}
		}
	}
	return fmt.Errorf("%w: %q", ErrNoFeed, name)
}

// poll fetches one feed; its error is in the feed's state and log already.
func (s *Scheduler) poll(ctx context.Context, fd reservations.Feed) {
	for _, r := range s.here() { // which find out at the start whether the clock can be trusted
		select {
		case <-r.Restored():
		case <-ctx.Done():
			return
		}
	}
	defer s.Clock.Busy()()
	changed, _ := s.Feeds.Poll(ctx, fd, s.Clock.Now())
	switch first := s.Feeds.NotePolled(fd.Name); {
	case first || s.waitsFor(fd.Name):
		s.Kick()
	case changed:
		s.stir(ctx, false)
	}
}

// waitsFor reports whether a cluster waits for a feed to be read.
func (s *Scheduler) waitsFor(feed string) bool {
	return slices.ContainsFunc(s.here(), func(r *scheduler.Reconciler) bool {
		return slices.ContainsFunc(r.Status().Of(plan.KindFeeds), func(b plan.Block) bool { return b.Scope.Feed == feed })
	})
}

// waitsForFeeds reports whether a cluster waits for feeds that may be read by another node.
func (s *Scheduler) waitsForFeeds() bool {
	return slices.ContainsFunc(s.here(), func(r *scheduler.Reconciler) bool { return r.Status().Count(plan.KindFeeds) > 0 })
}

// watch looks for changes that another program made in the database.
func (s *Scheduler) watch(ctx context.Context) {
	if s.Changed == nil {
		return
	}
	broken := false
	var hints <-chan struct{}
	if s.Listen != nil {
		hints = s.Listen(ctx)
	}
	for s.awaitHint(ctx, hints) == nil {
		changed, err := s.Changed(ctx)
		if (err != nil) != broken && ctx.Err() == nil {
			broken = err != nil
			s.tellWatched(err)
		}
		if !changed {
			if s.Duties != nil && s.waitsForFeeds() { // a reading that has found nothing new tells nobody
				s.Kick()
			}
			continue
		}
		if s.OnChange != nil {
			s.OnChange(ctx)
		}
		s.stir(ctx, true)
	}
}

// awaitHint waits for a hint that something has changed, at most [watchEvery].
func (s *Scheduler) awaitHint(ctx context.Context, hints <-chan struct{}) error {
	if hints == nil {
		return s.Clock.Sleep(ctx, watchEvery)
	}
	if err := s.Clock.Sleep(ctx, watchRests); err != nil {
		return err
	}
	waiting, hinted := context.WithCancel(ctx)
	defer hinted()
	go func() {
		select {
		case <-hints:
			hinted()
		case <-waiting.Done():
		}
	}()
	_ = s.Clock.Sleep(waiting, watchEvery-watchRests)
	return ctx.Err()
}

// tellWatched tells that the database cannot be watched any more, or that it can again.
func (s *Scheduler) tellWatched(err error) {
	if err != nil {
		s.Log.Warn("database cannot be watched", "err", err)
		return
	}
	s.Log.Info("database is watched again")
}
