package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// job is a step handed to a sender, with what was seen at its device.
type job struct {
	plan.Step
	before plan.Have
	proofs plan.Proofs // of its device
	names  phones.Directory
	weighs map[string]bool // phones whose session it may take, see [Reconciler.weighs]; nil: it takes none
}

// staleAfter is the age at which what was seen at a device is looked at again
// before something is done there: a logout names only the device, and ends
// whoever is on it.
const staleAfter = 2 * time.Second

// sent is what a sender brings back: an attempt, or the error of a journal
// that could not be written. A step that was not begun has no attempt's ID.
type sent struct {
	job     job
	attempt plan.Attempt
	answer  error // of the phone system
	err     error // of the journal, or of the wait for a permit
	stale   bool  // not sent, because somebody else was on the device by then
	away    *away // not sent, because of where its person is
}

// send hands the first of the sendable steps to the senders: those whose device
// was asked about in this round, and no more in all than the cluster takes in a
// slice of time. It returns how many.
func (r *Reconciler) send(planned []plan.Step, asked map[string]bool, now time.Time) int {
	if now.Before(r.silentUntil()) {
		return 0
	}
	n := 0
	for _, s := range r.due(planned, now) {
		if len(r.busy.devices) >= r.perRound() {
			break
		}
		if asked[s.Device] {
			r.busy.add(s)
			r.work <- job{s, r.seen[s.Device], r.proofs.Of(s.Device), r.directory, r.weighs(s)}
			n++
		}
	}
	return n
}

// perRound is how many steps may be with the senders.
func (r *Reconciler) perRound() int {
	pace := r.Policy.Pace
	if pace.PerMinute <= 0 {
		return mostSent
	}
	return min(mostSent, max(1, int(slice.Minutes()*float64(pace.PerMinute))))
}

// sender carries out jobs until there are none. There are as many senders as
// the cluster takes requests at once; they take turns at waiting for a permit,
// so that steps leave in the order they were planned in.
func (r *Reconciler) sender(ctx context.Context) {
	for {
		r.turn <- struct{}{}
		pass := sync.OnceFunc(func() { <-r.turn })
		j, ok := <-r.work
		if !ok {
			pass()
			return
		}
		done := sent{job: j}
		r.attempt(ctx, &done, pass)
		pass()
		r.results <- done
	}
}

// attempt carries one step out as soon as the cluster's limits allow, and calls
// pass when it is let through. A shutdown lets a request that is under way
// finish; its own deadline ends it.
func (r *Reconciler) attempt(ctx context.Context, s *sent, pass func()) {
	err := r.Limit.Do(ctx, func(ctx context.Context) error {
		pass()
		if r.idle(ctx) {
			return nil
		}
		return r.carryOut(context.WithoutCancel(ctx), s)
	})
	if s.attempt.ID != 0 || !r.idle(ctx) {
		s.err = err
	}
}

// idle reports whether nothing is to be sent: the rounds are ending, or the cluster
// does not answer.
func (r *Reconciler) idle(ctx context.Context) bool {
	return ctx.Err() != nil || r.drained.Load() || r.silenced.Load()
}

// carryOut sends one request: the intent is on disk before it leaves, the
// outcome after its answer.
func (r *Reconciler) carryOut(ctx context.Context, s *sent) error {
	defer r.Clock.Busy()()
	j := s.job
	if s.answer = r.fresh(ctx, j); s.answer == nil {
		s.away, s.answer = r.elsewhereNow(ctx, j)
	}
	if s.away != nil {
		return nil
	}
	if s.answer != nil {
		s.stale = true
		if s.stops() {
			r.silenced.Store(true)
		}
		return nil
	}
	a := plan.Attempt{Cluster: r.Cluster, Step: j.Step, Outcome: plan.Open, Began: r.now()}
	a, err := r.Journal.Begin(ctx, a)
	switch {
	case errors.Is(err, ErrPaused): // since the step was planned
		s.answer = err
		return nil
	case err != nil:
		return fmt.Errorf("record intent to %s %s: %w", j.Op, j.Device, err)
	}
	if j.Op == plan.OpLogin {
		s.answer = r.Access.Login(ctx, j.Login, a.Began)
	} else {
		s.answer = r.Access.Logout(ctx, j.Login)
	}
	a.Ended = r.now()
	judge(&a, s.answer)
	if a.Class == "" && a.Ended.Sub(a.Began) >= phones.AnswerWithin {
		a.Class = plan.ClassNoAnswer
	}
	s.attempt = a
	if s.stops() {
		r.silenced.Store(true) // what waits behind would fare no better
	}
	if err := r.Journal.Finish(ctx, a, after(a, j.before)); err != nil {
		return fmt.Errorf("record outcome of %s %s: %w", j.Op, j.Device, err)
	}
	return nil
}

// errChanged says that a device does not show any more who was seen there.
var errChanged = errors.New("somebody else is on the device by now")

// fresh returns nil if the device of j still shows who was seen there when the
// step was planned. Before the session of somebody deskd has not logged in is
// ended, it is asked in any case: of two answers one may be from the past.
func (r *Reconciler) fresh(ctx context.Context, j job) error {
	now := r.now()
	young := now.Sub(j.before.At).Abs() < staleAfter // a clock that was set back makes nothing fresh
	if young && (j.Op == plan.OpLogin || j.before.Ours) {
		return nil
	}
	seen, err := r.Access.Logins(ctx, []string{j.Device})
	switch {
	case err != nil:
		return err
	case len(seen) != 1:
		return errChanged
	}
	h := j.names.Recognise(seen[0])
	same := h.Known && h.Exists == j.before.Exists && reservations.SamePerson(h.Person, j.before.Person)
	harmless := j.Op == plan.OpLogin || h.Person == ""
	if same || harmless && j.proofs.Contradicts(h, now) {
		return nil
	}
	return errChanged
}

// stops reports whether the answer concerns all requests to the cluster: it
// cannot be reached, or it refuses deskd altogether.
func (s sent) stops() bool {
	return errors.Is(s.answer, phones.ErrNotSent) || phones.RefusesAll(s.answer)
}

// judge writes what err says about the outcome into a. An error of no known
// kind is an unknown outcome: the request may have been carried out.
func judge(a *plan.Attempt, err error) {
	var no *phones.Refusal
	switch {
	case err == nil:
		a.Outcome = plan.Done
		return
	case errors.Is(err, phones.ErrUnknown):
		a.Outcome = plan.Unknown
	case errors.As(err, &no):
		a.Outcome, a.Code, a.Class = plan.Refused, no.Code, no.Class
		if no.Class == plan.ClassNobody { // as wanted, and nobody was logged out
			a.Outcome = plan.Done
		}
	case errors.Is(err, phones.ErrNotSent), errors.Is(err, phones.ErrBadName):
		a.Outcome = plan.NotSent
	default:
		a.Outcome = plan.Unknown
	}
	a.Error = err.Error()
}

// after is what is known of a device once a has ended there.
func after(a plan.Attempt, before plan.Have) plan.Have {
	h := before
	h.Device = a.Device
	switch {
	case a.Outcome == plan.Unknown:
		h.Known = false
	case a.Outcome != plan.Done:
	case a.Op == plan.OpLogin:
		h = plan.Have{Desk: h.Desk, Device: a.Device, Person: a.Person, Exists: true, Known: true,
			Ours: true, Reservation: a.Reservation, Since: a.Ended, At: a.Ended}
	default:
		h = plan.Have{Desk: h.Desk, Device: a.Device, Exists: true, Known: true, Since: a.Ended, At: a.Ended}
	}
	return h
}

// collect takes in what the senders have brought back so far.
func (r *Reconciler) collect(ctx context.Context) error {
	for {
		select {
		case s := <-r.results:
			if err := r.take(ctx, s); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// take brings an ended attempt into the state: what it shows, and what it asks
// for next.
func (r *Reconciler) take(ctx context.Context, s sent) error {
	r.busy.remove(s.job.Step)
	a := s.attempt
	if s.err != nil {
		r.read, r.folded = time.Time{}, time.Time{}
	}
	if a.ID == 0 {
		r.takeUnsent(ctx, s)
		return s.err
	}
	if s.err != nil { // the journal still says that it is open: a look closes it
		a.Outcome = plan.Unknown
	}
	r.jump.include(a, r.now())
	r.here[a.Device] = true
	if h, managed := r.seen[a.Device]; managed {
		r.seen[a.Device] = after(a, h)
	}
	r.noteProof(a)
	delete(r.doubted, a.Device)
	if a.Outcome != plan.Unknown { // an unknown outcome is noted once it is resolved
		r.note(a)
	}
	r.stays.forget(a.Device)
	switch {
	case a.Outcome == plan.Done:
		r.noteOutrun(a)
		r.unproved[a.Device] = a
		r.lookAt(a.Device, a.Ended.Add(plan.LookAfter))
		r.takeDone(a)
	case a.Outcome == plan.Unknown:
		r.open[a.Device] = append(r.open[a.Device], a)
		r.lookAt(a.Device, a.Ended.Add(plan.LookAfter))
	case s.stops():
		r.quiet(ctx, s.answer, a.Ended)
	case a.Outcome == plan.Refused && a.Class.Looks():
		if _, late := r.late[a.Device]; a.Class == plan.ClassOccupied && !late {
			r.proofs.Refute(a.Device)
		}
		r.lookAt(a.Device, a.Ended)
	case a.Outcome == plan.Refused && a.Class == plan.ClassElsewhere:
		r.away[a.PersonKey()] = away{}
	}
	r.report(a)
	return s.err
}

// takeDone forgets what a success makes doubtful about where its person is.
func (r *Reconciler) takeDone(a plan.Attempt) {
	if a.Op == plan.OpLogin {
		delete(r.away, a.PersonKey())
		delete(r.lost, a.Device)
		r.watchLength(a)
		r.lookAtOthers(a)
	} else if was, ok := r.away[a.PersonKey()]; ok { // maybe not any more
		r.away[a.PersonKey()] = away{Away: plan.Away{On: was.On}}
	}
}

// lookAtOthers sets a look at the other phones of a person who was logged in: the
// phone system may have ended the sessions there, whoever began them.
func (r *Reconciler) lookAtOthers(a plan.Attempt) {
	for device, h := range r.seen {
		if device != a.Device && reservations.SamePerson(h.Person, a.Person) {
			r.lookAt(device, a.Ended.Add(plan.LookAfter))
		}
	}
}

// report logs an attempt that has ended and counts it.
func (r *Reconciler) report(a plan.Attempt) {
	r.Watch.Attempted(a)
	log := r.Log.With("attempt", a.ID, "cluster", a.Cluster, "desk", a.Desk, "phone", a.Device, "person", a.Person,
		"reservation", a.Reservation, "cause", a.Cause, "took", a.Ended.Sub(a.Began).Round(time.Millisecond))
	switch {
	case a.Outcome == plan.Done:
		log.Info(string(a.Op), "why", a.Why)
	default:
		log.Log(context.Background(), r.gravity(a), string(a.Op), "outcome", a.Outcome, "code", a.Code, "err", a.Error)
	}
}

// gravity is the level at which an attempt that came to nothing is logged: an
// error where somebody has to act, said when it has not passed by itself and once
// an hour.
func (r *Reconciler) gravity(a plan.Attempt) slog.Level {
	const hourly = 4 // tries, at a quarter of an hour each
	n := r.history.Failures(a.Step)
	switch {
	case a.Outcome != plan.Refused:
	case a.Class.Halts(),
		(a.Class == plan.ClassFault || a.Class == plan.ClassPolicy) && n%hourly == 2:
		return slog.LevelError
	case a.Class == plan.ClassFault && n > 1:
		return slog.LevelDebug
	}
	return slog.LevelWarn
}
