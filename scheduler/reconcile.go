package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/scheduler/poll"
)

// Limits of one round. A round is short, so that the next one can send what has
// become more urgent meanwhile.
const (
	longestSleep = 15 * time.Second // wall clocks jump and machines suspend
	askPerRound  = 500              // devices asked
	remembers    = 48 * time.Hour   // of the journal, at start
	lookAgain    = 30 * time.Second // a login or logout is looked at again
	whereEvery   = time.Minute      // a person who is logged in elsewhere is asked about
	slice        = 5 * time.Second  // of the cluster's rate is with the senders at most …
	mostSent     = 1000             // … and never more steps than this
	worldAge     = time.Minute      // after which bookings are read again in any case
)

// Setup is what a [Reconciler] works with. All fields but Unlearned are needed; the zero
// Clock is the machine's.
type Setup struct {
	Cluster   string
	Book      Book
	Journal   Journal
	Standings Standings
	Access    *phones.Access
	// Duration is how the phones are asked for the length of sessions.
	Duration phones.Duration
	Limit    Limiter
	Policy   plan.Policy
	// Feeds are the names of the configured feeds: bookings of others are not
	// acted on. Nil stands for every name.
	Feeds map[string]reservations.Feed
	Clock Clock
	Log   *slog.Logger
	Watch Watcher
	// Unlearned lists the feeds that are still to be read; see [poll.Poller.Unlearned]. Nil
	// means that there are none.
	Unlearned func(ctx context.Context, now time.Time) (poll.Unlearned, error)
	// Formerly returns the other names that the cluster has had: what was done by
	// them at its desks counts as its own. Nil means that there are none.
	Formerly func(context.Context) ([]string, error)
	// Beside says that another process drives the phones and this one only
	// previews: it believes the clock as far as the other does, by what that has
	// written down.
	Beside bool
}

// Reconciler keeps the phones of one cluster in step with the bookings. Make
// one with [NewReconciler] and call [Reconciler.Run]; Kick, Sweep and Status
// may be called from other goroutines, everything else happens in Run's.
type Reconciler struct {
	Setup
	state
	tellsFeeds bool // the log is a daemon's, which says which feeds were never read

	work     chan job      // to the senders
	results  chan sent     // from the senders
	turn     chan struct{} // full while a sender waits for a permit
	silenced atomic.Bool   // the senders send nothing: the cluster does not answer, or refuses deskd
	ended    chan struct{} // closed when Run has ended
	drained  atomic.Bool   // no round begins any more
	kicked   chan struct{}
	swept    chan chan<- error // sweeps asked for, answered when through
	once     sync.Once         // guards restored
	restored chan struct{}     // closed when the clock has been compared with the database's
	status   sync.Mutex
	shown    ClusterStatus
	clock    shownClock
}

// state is what a reconciler knows between rounds. docs/reliability.md says where
// each value comes back from after a restart.
type state struct {
	world     plan.World
	directory phones.Directory // of its people
	devices   []string         // of the desks, then those of former desks with own sessions
	seen      map[string]plan.Have
	history   plan.History
	newest    int64                     // attempt of the journal, whoever has written it
	lost      map[string]bool           // devices whose session vanished together with many others
	otherwhen bool                      // what is planned is for another instant than the clock's
	open      map[string][]plan.Attempt // device → attempts whose outcome a look resolves
	unproved  map[string]plan.Attempt   // device → done by its answer, not yet seen
	proofs    plan.Proofs               // device → its last success, which an answer from the past may contradict
	doubted   map[string]plan.Have      // device → an answer that did
	unsure    map[string]time.Time      // device → two answers differed: no logout before
	looks     map[string]time.Time      // device → when to look at it
	here      map[string]bool           // devices of attempts: of this cluster, even when no desk's any more
	away      map[string]away           // person → where a login was refused for
	vanished  map[string]vanished       // device → its own session was seen gone, lately
	outage    outage
	stays     stays                   // own sessions whose length tells the unit of exclusiveDuration
	late      map[string]plan.Attempt // device → a login thought lost, until its session's time is over
	last      time.Time               // the last round
	sweep     sweep
	askAfter  time.Time // no query before
	failures  int       // queries without answer, in a row
	busy      busy
	read      time.Time // when the world was read; zero when a booking may have changed
	folded    time.Time // when the history was read from the journal
	broken    bool      // the database could not be read or written
	halted    time.Time // nothing is sent before, and then one question; zero when not halted
	standing  Standing  // as it was last written …
	unkept    bool      // … or could not be written
	pause     Pause     // as it was last read
	logouts   earlyLogouts
	asked     bool // the phone system was asked since the start
	jump      jump
	said      time.Time // when the log was last told that the cluster is halted
	lacks     lacks
	feeds     poll.Unlearned

	saidStale time.Time // when the log was last told that a node is behind
}

// NewReconciler returns a reconciler that knows nothing yet.
func NewReconciler(setup Setup) *Reconciler {
	return &Reconciler{
		Setup: setup,
		state: state{
			seen: make(map[string]plan.Have), history: plan.NewHistory(nil), lost: make(map[string]bool),
			open: make(map[string][]plan.Attempt), unproved: make(map[string]plan.Attempt),
			proofs: make(plan.Proofs), doubted: make(map[string]plan.Have), unsure: make(map[string]time.Time),
			looks: make(map[string]time.Time), here: make(map[string]bool), away: make(map[string]away),
			vanished: make(map[string]vanished), outage: newOutage(), late: make(map[string]plan.Attempt),
			busy: busy{make(map[string]bool), make(map[string]bool)},
		},
		work:     make(chan job, mostSent),
		results:  make(chan sent, mostSent),
		turn:     make(chan struct{}, 1),
		ended:    make(chan struct{}),
		restored: make(chan struct{}),
		kicked:   make(chan struct{}, 1),
		swept:    make(chan chan<- error, 16),
	}
}

// Kick lets a round begin at once, because a booking or the policy changed.
func (r *Reconciler) Kick() {
	select {
	case r.kicked <- struct{}{}:
	default: // one is on its way
	}
}

// Run reads the journal, sweeps, and then runs rounds until ctx ends and the
// requests under way are answered. Whatever goes wrong with the database or the
// phone system is shown in the status and tried again: a login that cannot be
// recorded is not sent.
func (r *Reconciler) Run(ctx context.Context) {
	defer close(r.ended)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for err := r.Restore(ctx); err != nil && ctx.Err() == nil; err = r.Restore(ctx) {
		r.trouble(err)
		r.sleep(ctx, r.now().Add(askAgainIn))
	}
	r.announce(ctx)
	r.startSweep(nil)
	var senders sync.WaitGroup
	for range max(1, r.Policy.Pace.Concurrent) {
		senders.Go(func() { r.sender(ctx) })
	}
	for ctx.Err() == nil && !r.drained.Load() {
		next, err := r.Round(ctx, r.now())
		if ctx.Err() != nil {
			break
		}
		r.trouble(err)
		if err != nil {
			next = r.now().Add(askAgainIn)
		}
		r.sleep(ctx, next)
	}
	stop() // nobody waits for a permit any more; requests under way are waited for
	close(r.work)
	senders.Wait()
	if err := r.collect(ctx); err != nil { // a refusal may be among the last answers
		r.Log.Error("database cannot be read or written: its phones are held", "cluster", r.Cluster, "err", err)
	}
}

// trouble shows and logs that the database cannot be read or written, once, and
// that it can again.
func (r *Reconciler) trouble(err error) {
	switch {
	case err != nil && !r.broken:
		r.Log.Error("database cannot be read or written: its phones are held", "cluster", r.Cluster, "err", err)
	case err == nil && r.broken:
		r.Log.Info("database can be read and written again", "cluster", r.Cluster)
	}
	r.broken = err != nil
	if err != nil {
		r.complain(err.Error())
		return
	}
	r.status.Lock()
	defer r.status.Unlock()
	r.shown.Broken = false
}

// prove writes something known to a database that has failed: a round with
// nothing to write says nothing about a full disk.
func (r *Reconciler) prove(ctx context.Context) error {
	if !r.broken {
		return nil
	}
	for _, device := range r.devices {
		if h := r.seen[device]; !h.At.IsZero() {
			return r.Journal.See(ctx, []plan.Have{h})
		}
	}
	return r.Standings.SaveStanding(ctx, r.standing)
}

// Restore reads back what the journal knows. Whoever was last seen on a phone
// may have gone since: nothing is known until it is asked.
func (r *Reconciler) Restore(ctx context.Context) error {
	now := r.now()
	if err := r.compareClock(ctx, now); err != nil {
		return err
	}
	r.once.Do(func() { close(r.restored) })
	if err := r.fold(ctx, now); err != nil {
		return err
	}
	seen, err := r.Journal.Seen(ctx)
	if err != nil {
		return fmt.Errorf("read observations: %w", err)
	}
	for _, h := range seen {
		h.Known = false
		r.seen[h.Device] = h
		if h.Unasked() { // nobody is deskd's because a database that was taken over says so
			delete(r.proofs, h.Device)
			delete(r.unproved, h.Device)
		}
	}
	r.recallOutage()
	if err := r.recall(ctx, now); err != nil {
		return err
	}
	return r.resume(ctx, now)
}

// Round compares the phones with the bookings once and acts on the difference:
// it plans on what was last seen, asks about the devices it would act on and
// those that are due for a look, plans again, and hands the first of what is
// due to the senders. It returns when the next round has something to do.
func (r *Reconciler) Round(ctx context.Context, now time.Time) (time.Time, error) {
	defer r.Clock.Busy()()
	if err := r.collect(ctx); err != nil {
		return time.Time{}, err
	}
	if r.startled() {
		now = r.now()
	}
	if err := r.keepClock(ctx); err != nil {
		return time.Time{}, err
	}
	r.watchKeys(ctx, now)
	if err := r.prove(ctx); err != nil {
		return time.Time{}, err
	}
	if err := r.readWorld(ctx, now); err != nil {
		return time.Time{}, err
	}
	want := r.wanted(r.world, now)
	r.noteEdges(want, now)
	r.noteContinued(want, now)
	planned, err := r.plan(ctx, want, now)
	if err != nil {
		return time.Time{}, err
	}
	asked, err := r.ask(ctx, want, planned, now)
	if err != nil {
		return time.Time{}, err
	}
	if r.startled() {
		return r.now(), nil // what was asked and planned is from before
	}
	if now = r.now(); r.examine(now) {
		return now, nil
	}
	r.confirm(now)
	if planned, err = r.plan(ctx, want, now); err != nil {
		return time.Time{}, err
	}
	r.noteRecovery(planned)
	if err := errors.Join(r.recordHeldLogouts(ctx, now), r.recordHolds(ctx, planned, now)); err != nil {
		return time.Time{}, err
	}
	r.noteRunOuts(want, now)
	sent := r.send(planned, asked, now)
	left := r.due(planned, now)
	r.noteClock(planned)
	r.noteNodes()
	r.notePace(len(left), now)
	r.noteFutile(planned)
	r.show(want, planned, len(sendable(planned, r.busy, now))) // before the sweep's end: whoever waits for that reads the status
	if !r.sweep.began.IsZero() && now.Before(r.silentUntil()) {
		r.endSweep(fmt.Errorf("cluster %q does not answer", r.Cluster))
	}
	if err := r.abandon(ctx, now); err != nil {
		return time.Time{}, err
	}
	r.finishSweep(len(left) + len(r.busy.devices) + len(r.outage.asked))
	return r.next(ctx, want, planned, sent+len(asked) > 0)
}

// plan is what there is to do now, as far as the clock can be believed and
// without what waits for a person.
func (r *Reconciler) plan(ctx context.Context, want []plan.Login, now time.Time) ([]plan.Step, error) {
	r.noteOutage(now)
	planned, err := r.brake(ctx, r.await(r.doubt(r.compare(want, now), now), now), now)
	return r.giveReasons(planned, now), err
}

// compare is Plan on what was last seen.
func (r *Reconciler) compare(want []plan.Login, now time.Time) []plan.Step {
	return r.compareBy(r.facts(), want, now)
}

func (r *Reconciler) compareBy(facts plan.Facts, want []plan.Login, now time.Time) []plan.Step {
	in := plan.Input{Want: want, Have: make([]plan.Have, 0, len(r.devices)), History: r.history, Facts: facts, Away: make(map[string]plan.Away, len(r.away))}
	for _, device := range r.devices {
		in.Have = append(in.Have, r.seen[device])
	}
	for person, a := range r.away {
		in.Away[person] = a.Away
	}
	return plan.Plan(in, r.Policy, now)
}

// facts are what plans have to know besides bookings, phones and attempts.
func (r *Reconciler) facts() plan.Facts {
	return plan.Facts{Lost: r.lost, Units: r.standing.Units, Misdated: r.jump.Misdated, Otherwhen: r.otherwhen}
}

// note takes an attempt into the history.
func (r *Reconciler) note(a plan.Attempt) {
	r.history.Note(a)
	r.newest = max(r.newest, a.ID)
}
