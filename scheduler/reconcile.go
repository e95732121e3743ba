package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"deskd/scheduler/booked"
	"deskd/scheduler/guard"
	"deskd/scheduler/plan"
	"deskd/scheduler/poll"
)

// Reconciler keeps the phones of one cluster in step with the bookings. Make
// one with [NewReconciler] and call [Reconciler.Run]; Kick, Sweep, Status and Trusted
// may be called from other goroutines, everything else happens in Run's.
//
// A round asks its parts: the books (what is booked), the phones (what they show), the
// whereabouts of people, the senders; and its guards, which say what is not done now.
// docs/reliability.md says where the value of each comes back from after a restart.
type Reconciler struct {
	*planner
	log     *slog.Logger // names the cluster
	senders *senders
	sweep   sweep
	memory  memory
	last    time.Time // the last round
	shown   shown

	foresight *foresight

	ended    chan struct{} // closed when Run has ended
	kicked   chan struct{}
	woken    atomic.Int64      // when it was kicked last
	swept    chan chan<- error // sweeps asked for, answered when through
	once     sync.Once         // guards restored
	restored chan struct{}     // closed when the clock has been compared with the database's
}

// NewReconciler returns a reconciler that knows nothing yet.
func NewReconciler(setup Setup) *Reconciler {
	if setup.House == nil {
		setup.House = booked.New(setup.Book, setup.Changes, setup.Policy.Window)
	}
	senders := newSenders(&setup)
	r := &Reconciler{
		planner: newPlanner(&setup, senders.busy, senders.permits), senders: senders, log: setup.Log.With("cluster", setup.Cluster),
		foresight: newForesight(),
		ended:     make(chan struct{}), restored: make(chan struct{}), kicked: make(chan struct{}, 1), swept: make(chan chan<- error, 16),
	}
	r.memory = memory{states: setup.States, cluster: setup.Cluster, log: r.log, circuit: &r.circuit, unit: r.phones.Unit, trust: r.trust}
	r.shown.transitions = guard.TransitionLog{Log: r.log, Mute: []plan.Kind{plan.KindFeeds}} // a daemon reads feeds, and says it; see Scheduler.Run
	return r
}

// Kick lets a round begin at once, because a booking or the policy changed.
func (r *Reconciler) Kick() {
	r.woken.Store(r.Clock.Now().UnixNano())
	select {
	case r.kicked <- struct{}{}:
	default: // one is on its way
	}
}

// Slept reports whether it was not kicked for a minute.
func (r *Reconciler) Slept(now time.Time) bool {
	return now.Sub(time.Unix(0, r.woken.Load())).Abs() >= worldAge
}

// Here is r: its rounds run in this process.
func (r *Reconciler) Here() *Reconciler { return r }

// Restored is closed when the clock has been compared with the database's.
func (r *Reconciler) Restored() <-chan struct{} { return r.restored }

// Owns returns what tells the attempts of the cluster's phones from others.
func (r *Reconciler) Owns(ctx context.Context) (func(plan.Attempt) bool, error) {
	return r.books.owns(ctx)
}

// ReadFeeds tells r, before it runs, who reads the calendars.
func (r *Reconciler) ReadFeeds(by *poll.Poller) {
	r.Unsynced, r.shown.transitions.Mute = by.Unsynced, nil
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
		r.sleep(ctx, r.now().Add(r.database.Again()))
	}
	r.begin(ctx)
	r.senders.start(ctx)
	for ctx.Err() == nil && !r.senders.drained.Load() {
		next, err := r.Round(ctx)
		if ctx.Err() != nil {
			break
		}
		r.trouble(err)
		if err != nil {
			next = r.now().Add(r.database.Again())
		}
		r.sleep(ctx, next)
	}
	r.foresight.running.Wait()
	stop() // no sender waits for a permit any more; requests under way are waited for
	r.senders.end()
	if err := r.collect(ctx); err != nil { // a refusal may be among the last answers
		r.log.Error("database cannot be read or written: its phones are held", "err", err)
	}
}

// begin goes on with what the process before has left behind, and sweeps.
func (r *Reconciler) begin(ctx context.Context) {
	if r.circuit.Halted() {
		r.senders.silenced.Store(true)
	} else {
		r.memory.keep(ctx) // a circuit opened for other credentials is closed
	}
	r.publish()
	r.startSweep(nil)
}

// trouble shows how a round has ended: the database cannot be read or written, or can
// again.
func (r *Reconciler) trouble(err error) {
	if err != nil || r.database.Failed() {
		r.database.Note(err)
		r.publish()
	}
}

// Restore reads back what the journal knows. A person who was last seen on a phone
// may have gone since: nothing is known until it is asked.
func (r *Reconciler) Restore(ctx context.Context) error {
	state, err := r.memory.read(ctx)
	if err != nil {
		return err
	}
	newest, err := r.Sightings.Newest(ctx)
	if err != nil {
		return fmt.Errorf("read newest instants: %w", err)
	}
	r.phones.Newest = newest.Attempt
	r.trust.Resume(state.Clocks, newest, r.Beside)
	r.memory.clocks = r.trust.Clone()
	now := r.trust.Looked()
	r.once.Do(func() { close(r.restored) })
	if state.Unreadable != "" {
		r.log.Warn("what is remembered of the cluster cannot be read whole", "err", state.Unreadable)
	}
	if err := r.circuit.Resume(state.Refusals, r.Access.Presents, newest.Attempt, now); err != nil {
		return err
	}
	r.phones.Unit.Resume(state.UnitDoubt)
	if err := r.measure(ctx); err != nil {
		return err
	}
	if err := r.fold(ctx, now); err != nil {
		return err
	}
	seen, err := r.Sightings.Seen(ctx)
	if err != nil {
		return fmt.Errorf("read observations: %w", err)
	}
	r.phones.RecallSeen(seen)
	r.phones.Outage.Resume(r.phones.History, r.phones.Seen, r.phones.Own())
	return r.resume(ctx, now)
}

// Round compares the phones with the bookings once and acts on the difference:
// it plans on what was last seen, asks about the devices it would act on and
// those that are due for a look, plans again, and hands the first of what is
// due to the senders. It returns when the next round has something to do.
func (r *Reconciler) Round(ctx context.Context) (time.Time, error) {
	defer r.Clock.Busy()()
	want, planned, err := r.prepare(ctx)
	if err != nil {
		return time.Time{}, err
	}
	known := r.phones.News
	asked, err := r.ask(ctx, want, planned, r.trust.Looked())
	if err == nil && r.phones.News == known {
		err = r.sweepOn(ctx, want, planned)
	}
	if err != nil {
		return time.Time{}, err
	}
	if r.lookAtClock() {
		return r.now(), nil // what was asked and planned is from before
	}
	if r.examineClock() {
		return r.now(), nil
	}
	now := r.trust.Looked()
	r.confirmOutage(now)
	if planned, err = r.plan(ctx, want, now); err != nil {
		return time.Time{}, err
	}
	r.phones.Outage.Plan(planned, now)
	if err := errors.Join(r.recordHeldLogouts(ctx, now), r.holds(r.sweep.asking()).record(ctx, planned, now)); err != nil {
		return time.Time{}, err
	}
	r.phones.NoteRunOuts(want, now)
	r.senders.pace = r.clusterPace()
	sent := r.send(planned, asked, now)
	left := len(r.due(planned, now))
	r.noteRound(planned, left, now)
	r.show(planned) // before the sweep's end: those who wait for that read the status
	if r.sweep.underWay() && now.Before(r.circuit.SilentUntil()) {
		r.endSweep(fmt.Errorf("cluster %q does not answer", r.Cluster))
	}
	if err := r.abandon(ctx, now); err != nil {
		return time.Time{}, err
	}
	r.finishSweep(left + len(r.senders.busy.devices) + r.phones.Outage.Asking())
	return r.next(ctx, want, planned, sent+len(asked) > 0)
}

// prepare takes in what has come back, reads what may have changed, and plans on what
// was last seen.
func (r *Reconciler) prepare(ctx context.Context) (want []plan.Login, planned []plan.Step, err error) {
	if err := r.collect(ctx); err != nil {
		return nil, nil, err
	}
	r.lookAtClock()
	now := r.trust.Looked()
	if err := r.memory.keepClock(ctx); err != nil {
		return nil, nil, err
	}
	r.watchCredentials(ctx, now)
	if err := r.prove(ctx, r.memory.state()); err != nil {
		return nil, nil, err
	}
	select {
	case <-r.kicked:
		r.books.read = time.Time{}
	default:
	}
	if err := r.readWorld(ctx, !r.sweep.underWay(), now); err != nil {
		return nil, nil, err
	}
	want = r.books.wanted(now)
	r.phones.NoteEdges(want, r.last, now)
	r.last = now
	if carried := r.phones.NoteContinued(want, now); len(carried) > 0 {
		if err := r.Sightings.See(ctx, carried); err != nil {
			return nil, nil, fmt.Errorf("record observations: %w", err)
		}
	}
	planned, err = r.plan(ctx, want, now)
	return want, planned, err
}

// lookAtClock looks whether the clock has jumped, and reports whether all has to
// be asked again because it has.
func (r *Reconciler) lookAtClock() bool {
	by, leapt, noticed := r.trust.Look(r.phones.Newest)
	r.phones.Proofs.Shift(by) // to the second: they are doubted for little longer than a node is behind
	if !noticed {
		return false
	}
	r.books.reread()
	r.last = r.trust.Looked()
	r.away.Forget()
	r.phones.Forget(leapt)
	r.circuit.Moved(r.last)
	r.shown.transitions.Moved(leapt)
	r.startSweep(nil)
	return true
}
