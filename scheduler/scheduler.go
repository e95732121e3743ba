package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"deskd/reservations"
	"deskd/scheduler/booked"
	"deskd/scheduler/clock"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/scheduler/poll"
)

// watchEvery is how often a change that another program made is looked for.
const watchEvery = time.Second

// Jobs are the periodic jobs as cron specs ("@every 5m", "0 3 * * *"). A daily
// job runs by Zone's wall clock: a time that a change to summer time skips is
// skipped with it, and one that a change back repeats runs twice.
type Jobs struct {
	Sweep   string
	Nightly string
	Zone    *time.Location // nil means UTC
}

// Scheduler runs everything: a reconciler per cluster, the periodic jobs, and
// the watch for changes by other programs.
type Scheduler struct {
	Clusters []*Reconciler
	Feeds    *poll.Poller
	Jobs     Jobs
	Journal  Journal
	Clock    clock.Clock
	Log      *slog.Logger
	// Changed reports whether another program has changed the database since
	// the last call.
	Changed func(ctx context.Context) (bool, error)
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

// stir lets the clusters begin a round that concerns what was changed; foreign says that
// another program has changed something. A cluster that slept on for a minute is woken too:
// beside what the audit tells there may be something of which it tells nothing.
func (s *Scheduler) stir(ctx context.Context, foreign bool) {
	now := s.Clock.Now()
	heard := make(map[*booked.House]booked.News)
	for _, r := range s.Clusters {
		news, known := heard[r.House]
		if !known {
			var err error
			if news, err = r.House.News(ctx, foreign, now); err != nil {
				r.Kick() // its round meets the error, and shows it
				continue
			}
			heard[r.House] = news
		}
		if news.Concern(r.Cluster) || foreign && r.slept(now) {
			r.Kick()
		}
	}
}

// Run polls every feed once, then runs until ctx ends, and returns when
// everything it started has ended. A request that is under way then is waited
// for.
func (s *Scheduler) Run(ctx context.Context) error {
	jobs, err := s.jobs(ctx)
	if err != nil {
		return err
	}
	if err := s.abandon(ctx); err != nil {
		s.Log.Warn("abandon attempts", "err", err) // at the next start
	}
	if s.Feeds != nil {
		s.Feeds.Trusted = s.Trusted
		s.Feeds.ExpectFirstPolls()
		for _, r := range s.Clusters {
			r.Unsynced, r.shown.transitions.Mute = s.Feeds.Unsynced, nil
		}
	}
	var running sync.WaitGroup
	for _, r := range s.Clusters {
		running.Go(func() { r.Run(ctx) })
	}
	running.Go(func() { s.pollAll(ctx) })
	running.Go(func() { s.watch(ctx) })
	running.Go(func() { s.work(ctx, jobs) })
	running.Wait()
	return nil
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
	for _, r := range s.Clusters {
		all.Go(func() {
			if !r.drain(ctx) {
				s.Log.Warn("cluster is left over a question without an answer", "cluster", r.Cluster)
			}
		})
	}
	all.Wait()
}

// A periodic job never runs twice at a time, whichever cron starts it.
type periodic struct {
	times cron.Schedule
	job   cron.Job
}

// jobs returns all periodic jobs. Recover is the innermost wrapper: outside
// SkipIfStillRunning, one panic would leave its lock held and end the job for ever.
func (s *Scheduler) jobs(ctx context.Context) ([]periodic, error) {
	log := cronLog{s.Log}
	chain := cron.NewChain(cron.SkipIfStillRunning(log), cron.Recover(log))
	var jobs []periodic
	schedule := func(times cron.Schedule, job func()) {
		jobs = append(jobs, periodic{times, chain.Then(cron.FuncJob(job))})
	}
	add := func(spec string, job func()) error {
		times, err := cron.ParseStandard(spec)
		if err != nil {
			return fmt.Errorf("job %q: %w", spec, err)
		}
		schedule(times, job)
		return nil
	}
	for _, r := range s.Clusters { // a job each: a slow cluster delays no other
		if err := add(s.Jobs.Sweep, func() { _ = r.Sweep(ctx) }); err != nil { // silence shows in its status
			return nil, err
		}
	}
	if err := add(s.Jobs.Nightly, func() { s.nightly(ctx) }); err != nil {
		return nil, err
	}
	if s.Feeds == nil {
		return jobs, nil
	}
	for _, fd := range s.Feeds.Feeds {
		schedule(poll.TimesOf(fd), func() { s.poll(ctx, fd) })
	}
	return jobs, nil
}

// start starts the periodic jobs at their times by the clock as it is set now.
func (s *Scheduler) start(jobs []periodic) *cron.Cron {
	zone := s.Jobs.Zone
	if zone == nil {
		zone = time.UTC
	}
	c := cron.New(cron.WithLogger(cronLog{s.Log}))
	for _, p := range jobs {
		c.Schedule(s.Clock.Schedule(p.times, zone), p.job)
	}
	c.Start()
	return c
}

func (s *Scheduler) nightly(ctx context.Context) {
	report, err := s.Reconcile(ctx)
	if err != nil {
		s.Log.Warn("nightly reconciliation", "err", err)
	}
	s.Log.Info("nightly reconciliation", "desks", report.Desks, "repairs", report.Repairs(), "causes", report.Causes())
	if s.Retain != nil {
		now := s.Clock.Now()
		if err := s.Retain(ctx, reservations.Earliest(now, s.Trusted(now))); err != nil { // what is removed does not come back
			s.Log.Error("retention", "err", err)
		}
	}
}

func (s *Scheduler) pollAll(ctx context.Context) {
	if s.Feeds == nil {
		return
	}
	var all sync.WaitGroup
	for _, fd := range s.Feeds.Feeds {
		all.Go(func() { s.poll(ctx, fd) })
	}
	all.Wait()
}

// work runs the periodic jobs until ctx ends, and returns when the last one has
// ended. After a jump of the clock their times are worked out again: by one that was
// set back they would be hours away. Every feed is polled then, for a machine
// that slept has missed what changed, and steps wait for it; see [Reconciler].
func (s *Scheduler) work(ctx context.Context, jobs []periodic) {
	var d clock.Drift
	d.Look(s.Clock)
	running := s.start(jobs)
	var ended []context.Context
	for s.Clock.Sleep(ctx, longestSleep) == nil {
		by := d.Look(s.Clock).Abs()
		if by >= clock.Noticed {
			ended = append(ended, running.Stop()) // those that run go on
			running = s.start(jobs)
		}
		if by >= clock.Doubted {
			s.pollAll(ctx)
		}
	}
	for _, e := range append(ended, running.Stop()) {
		<-e.Done()
	}
}

// Trusted is the instant by the clock that the clusters trust: that of now, unless
// the machine's has jumped and is not believed yet.
func (s *Scheduler) Trusted(now time.Time) time.Time {
	for _, r := range s.Clusters {
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
	for _, r := range s.Clusters { // which find out at the start whether the clock can be trusted
		select {
		case <-r.restored:
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
	return slices.ContainsFunc(s.Clusters, func(r *Reconciler) bool {
		return slices.ContainsFunc(r.Status().Of(plan.KindFeeds), func(b plan.Block) bool { return b.Scope.Feed == feed })
	})
}

// watch looks for changes that another program made in the database.
func (s *Scheduler) watch(ctx context.Context) {
	if s.Changed == nil {
		return
	}
	broken := false
	for s.Clock.Sleep(ctx, watchEvery) == nil {
		changed, err := s.Changed(ctx)
		if (err != nil) != broken && ctx.Err() == nil {
			broken = err != nil
			s.tellWatched(err)
		}
		if !changed {
			continue
		}
		if s.OnChange != nil {
			s.OnChange(ctx)
		}
		s.stir(ctx, true)
	}
}

// tellWatched tells that the database cannot be watched any more, or that it can again.
func (s *Scheduler) tellWatched(err error) {
	if err != nil {
		s.Log.Warn("database cannot be watched", "err", err)
		return
	}
	s.Log.Info("database is watched again")
}

// cronLog brings cron's own messages into ours. Its "info" is a line per wake.
type cronLog struct{ log *slog.Logger }

func (c cronLog) Info(msg string, kv ...any) { c.log.Debug("cron: "+msg, kv...) }

func (c cronLog) Error(err error, msg string, kv ...any) {
	c.log.Error("cron: "+msg, append(kv, "err", err)...)
}
