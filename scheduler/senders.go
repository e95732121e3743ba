package scheduler

import (
	"context"
	"deskd/scheduler/observe"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"deskd/reservations"
	"deskd/scheduler/guard"
	"deskd/scheduler/permits"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/wave"
)

// job is a step handed to a sender, with what was seen at its device.
type job struct {
	plan.Step
	before        plan.Observation
	proofs        plan.Proofs // of its device
	names         phones.Directory
	knownSessions map[string]bool // phones whose session it may take, see [observe.Phones.KnownSessions]; nil: it takes none
	// after is closed when the step before this one has its permit, or needs none; passed
	// likewise for the one behind.
	after, passed chan struct{}
}

// When steps are handed to the senders, and how rounds follow each other meanwhile.
const (
	handedAhead  = time.Second     // before its time a login is handed to a sender, which waits for it
	lookAhead    = handedAhead / 2 // the round before a login's time
	lookPatience = time.Second / 4 // for the look before a step, until those behind may overtake it
	manySent     = 8               // steps under way are a wave, …
	inWaveEvery  = time.Second     // … in which rounds are no closer than this
)

// staleAfter is the age at which what was seen at a device is looked at again
// before something is done there: a logout names only the device, and ends the session
// that is there.
const staleAfter = 2 * time.Second

// sent is what a sender brings back: an attempt, or the error of a journal
// that could not be written. A step that was not begun has no attempt's ID.
type sent struct {
	job     job
	attempt plan.Attempt
	answer  error         // of the phone system
	err     error         // of the journal, or of the wait for a permit
	stale   bool          // not sent, because another person was on the device by then
	away    *observe.Away // not sent, because of where its person is
}

// senders carry out the steps that rounds hand to them. They are twice as many as the
// cluster takes requests at once: while some wait for answers, others make sure that the
// next steps are still right, and write down what has come back. Steps leave in the order
// they were planned in, but for one that is looked at for long.
type senders struct {
	*Setup
	work     chan job
	results  chan sent
	last     chan struct{} // passed of the newest job; of the rounds' goroutine
	silenced atomic.Bool   // nothing is sent: the cluster does not answer, or refuses deskd
	drained  atomic.Bool   // no round begins any more
	busy     busy          // of the rounds' goroutine
	pace     wave.Pace     // of the cluster; likewise
	permits  *permits.Permits
	running  sync.WaitGroup

	spacing sync.Mutex
	slot    time.Time // of the newest request; see begin
}

func newSenders(setup *Setup) *senders {
	return &senders{
		Setup: setup, work: make(chan job, wave.MostOut), results: make(chan sent, wave.MostOut), last: closed(),
		busy: busy{make(map[string]bool), make(map[string]bool)}, permits: permits.New(setup.Policy.Pace.Concurrent),
	}
}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// start starts them.
func (s *senders) start(ctx context.Context) {
	for range 2 * max(1, s.Policy.Pace.Concurrent) {
		s.running.Go(func() { s.send(ctx) })
	}
}

// end waits until the requests under way are answered. Nothing is handed over any more.
func (s *senders) end() {
	close(s.work)
	s.running.Wait()
}

// hand hands a job over.
func (s *senders) hand(j job) {
	s.busy.add(j.Step)
	j.after, j.passed = s.last, make(chan struct{})
	s.last = j.passed
	s.work <- j
}

// room is for how many more there is.
func (s *senders) room() int { return max(0, s.pace.Room()-len(s.busy.devices)) }

// inWave reports whether so many steps are under way that rounds take up what has come
// back together, and not one by one.
func (s *senders) inWave() bool { return len(s.busy.devices) >= manySent }

// send carries out jobs until there are none.
func (s *senders) send(ctx context.Context) {
	for j := range s.work {
		done := sent{job: j}
		s.attempt(ctx, &done)
		s.results <- done
	}
}

// attempt carries one step out when its time has come and the cluster's limits allow. The
// permit is held for the request alone: what has to be looked at is looked at before, and
// again if the wait for the permit took too long. A shutdown lets a request that is under
// way finish; its own deadline ends it.
func (s *senders) attempt(ctx context.Context, done *sent) {
	pass := sync.OnceFunc(func() {
		<-done.job.after
		close(done.job.passed)
	})
	defer func() { go pass() }() // what has come to nothing is said at once
	if s.idle(ctx) {
		return
	}
	hurry := time.AfterFunc(s.Clock.Real(lookPatience), pass)
	s.look(context.WithoutCancel(ctx), done)
	hurry.Stop()
	if done.turnedDown() {
		return
	}
	err := s.permitted(ctx, done.job, pass, func(ctx context.Context) error {
		if s.idle(ctx) {
			return nil
		}
		ctx = context.WithoutCancel(ctx)
		if s.now().Sub(done.job.before.At).Abs() >= staleAfter {
			if s.look(ctx, done); done.turnedDown() {
				return nil
			}
		}
		return s.request(ctx, done)
	})
	if err == nil && done.attempt.ID != 0 {
		err = s.finish(context.WithoutCancel(ctx), done)
	}
	if done.attempt.ID != 0 || !s.idle(ctx) {
		done.err = err
	}
}

// permitted calls send with a permit of the cluster, once the steps before j have theirs
// and its time has come. It calls pass when the next step may ask for one.
func (s *senders) permitted(ctx context.Context, j job, pass func(), send func(context.Context) error) error {
	<-j.after
	if err := s.await(ctx, j.NotBefore); err != nil {
		return err
	}
	return s.permits.Do(ctx, func(ctx context.Context) error {
		return s.Limit.Do(ctx, func(ctx context.Context) error {
			pass()
			return send(ctx)
		})
	})
}

// await waits until an instant of the wall clock, which is near.
func (s *senders) await(ctx context.Context, at time.Time) error {
	left := at.Sub(s.now())
	if left <= 0 {
		return nil
	}
	t := time.NewTimer(s.Clock.Real(min(left, handedAhead)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the step's time: %w", context.Cause(ctx))
	}
}

// idle reports whether nothing is to be sent: the rounds are ending, or the cluster
// does not answer.
func (s *senders) idle(ctx context.Context) bool {
	return ctx.Err() != nil || s.drained.Load() || s.silenced.Load()
}

// look makes sure that a step is still right to be sent: its device shows who was seen
// there, and its person is where they were.
func (s *senders) look(ctx context.Context, done *sent) {
	defer s.Clock.Busy()()
	if done.answer = s.fresh(ctx, &done.job); done.answer == nil {
		done.away, done.answer = s.elsewhereNow(ctx, done.job)
	}
	if done.answer != nil {
		done.stale = true
		if done.stops() {
			s.silenced.Store(true)
		}
	}
}

// request sends one request: the intent is on disk before it leaves.
func (s *senders) request(ctx context.Context, done *sent) error {
	defer s.Clock.Busy()()
	j := done.job
	a := plan.Attempt{Cluster: s.Cluster, Step: j.Step, Outcome: plan.Open, Began: s.begin()}
	a, err := s.Journal.Begin(ctx, a)
	switch {
	case errors.Is(err, guard.ErrPaused): // since the step was planned
		done.answer = err
		return nil
	case err != nil:
		return fmt.Errorf("record intent to %s %s: %w", j.Op, j.Device, err)
	}
	if s.Fence != nil {
		ctx = phones.While(ctx, s.Fence)
	}
	among, left := s.permits.Leave(), time.Now()
	if j.Op == plan.OpLogin {
		done.answer = s.Access.Login(ctx, j.Login, a.Began)
	} else {
		done.answer = s.Access.Logout(ctx, j.Login)
	}
	took := time.Since(left)
	a.Ended = s.now()
	judge(&a, done.answer)
	if a.Class == "" && a.Ended.Sub(a.Began) >= phones.AnswerWithin {
		a.Class = plan.ClassNoAnswer
	}
	s.permits.Answered(a, among, took).Log(s.Log.With("cluster", s.Cluster))
	done.attempt = a
	if done.stops() {
		s.silenced.Store(true) // what waits behind would fare no better
	}
	return nil
}

// begin returns when a request begins, so that no minute, wherever it begins, holds more
// than it may: permits are as far apart, but one of two may have looked at its phone again.
// Each has a slot, and begins no sooner. Where one begins later than its slot, those behind
// it keep theirs, and make up for it, by [wave.MadeUp] at most.
//
//	slots    |----gap----|----gap----|----gap----|
//	begins   |              |        |           |
func (s *senders) begin() time.Time {
	s.spacing.Lock()
	defer s.spacing.Unlock()
	if s.Policy.Pace.PerMinute > 0 {
		slot := s.slot.Add(s.Clock.Real(wave.Pace{PerMinute: s.Policy.Pace.PerMinute}.Gap()))
		time.Sleep(time.Until(slot)) // by the monotonic clock
		s.slot = reservations.Latest(slot, time.Now().Add(-s.Clock.Real(wave.MadeUp)))
	}
	return s.now()
}

// finish writes down what has become of a request.
func (s *senders) finish(ctx context.Context, done *sent) error {
	defer s.Clock.Busy()()
	a := done.attempt
	if err := s.Journal.Finish(ctx, a, a.Leaves(done.job.before)); err != nil {
		return fmt.Errorf("record outcome of %s %s: %w", a.Op, a.Device, err)
	}
	return nil
}

// now is the instant by the wall clock.
func (s *senders) now() time.Time { return s.Clock.Now().Round(0) }

// errChanged says that a device does not show any more who was seen there.
var errChanged = errors.New("another person is on the device by now")

// fresh returns nil if the device of j still shows who was seen there when the
// step was planned. Before the session of a person deskd has not logged in is
// ended, it is asked in any case: of two answers one may be from the past.
func (s *senders) fresh(ctx context.Context, j *job) error {
	now := s.now()
	young := now.Sub(j.before.At).Abs() < staleAfter // a clock that was set back makes nothing fresh
	if young && (j.Op == plan.OpLogin || j.before.Ours) {
		return nil
	}
	seen, err := s.Access.Logins(ctx, []string{j.Device})
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
		j.before.At = now
		return nil
	}
	return errChanged
}

// elsewhereNow asks where the person of j is, if nobody stands for the booking being
// theirs. It returns nil when they have no session but those that j was weighed
// against. The error concerns all requests to the cluster.
func (s *senders) elsewhereNow(ctx context.Context, j job) (*observe.Away, error) {
	if j.knownSessions == nil {
		return nil, nil
	}
	on, err := s.Access.Where(ctx, j.Person)
	switch {
	case phones.RefusesAll(err), errors.Is(err, phones.ErrNotSent):
		return nil, err
	case err != nil:
		return &observe.Away{Away: plan.Away{Doubt: err.Error()}}, nil //nolint:nilerr // it says nothing about other requests
	}
	for _, device := range on {
		if !j.knownSessions[device] {
			return &observe.Away{Away: plan.Away{On: on}}, nil
		}
	}
	return nil, nil
}

// turnedDown reports whether the step is not right any more.
func (s sent) turnedDown() bool { return s.stale || s.away != nil }

// stops reports whether the answer concerns all requests to the cluster: it
// cannot be reached, or it refuses deskd altogether.
func (s sent) stops() bool {
	return errors.Is(s.answer, phones.ErrNotSent) || phones.RefusesAll(s.answer)
}
