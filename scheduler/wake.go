package scheduler

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/guard"
	"deskd/scheduler/plan"
)

// longestSleep bounds the sleep between two looks at the clock: wall clocks jump, and
// machines suspend.
const longestSleep = 15 * time.Second

// sleep waits until next, a kick or a sweep, looking at the clock at least
// every longestSleep.
func (r *Reconciler) sleep(ctx context.Context, next time.Time) {
	for {
		r.shown.beat(r.now())
		r.foresee()
		left := next.Sub(r.now())
		if left <= 0 {
			r.takeSweeps()
			return
		}
		t := time.NewTimer(r.Clock.Real(min(left, longestSleep)))
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-r.kicked:
			t.Stop()
			r.books.read = time.Time{}
			return
		case s := <-r.senders.results:
			t.Stop()
			if err := r.take(ctx, s); err != nil {
				r.trouble(err)
			}
			if !r.senders.inWave() {
				return
			}
			next = reservations.Earliest(next, r.last.Add(inWaveEvery))
		case answer := <-r.swept:
			t.Stop()
			r.startSweep(answer)
			return
		case <-t.C:
			if r.lookAtClock() {
				return
			}
		}
	}
}

// wakeup is when the next round begins: at the earliest instant that was considered.
type wakeup struct {
	now  time.Time
	soon time.Time // no earlier than this for what is due already, …
	wave bool      // … nor for what lies ahead, in a wave
	next time.Time
}

// newWakeup is in an hour, if there is nothing else. Busy says that something was sent or asked.
func newWakeup(r *Reconciler, busy bool) *wakeup {
	now := r.now()
	w := &wakeup{now: now, soon: now, wave: r.senders.inWave(), next: now.Add(time.Hour)}
	switch {
	case !busy: // nothing could be done about what is due
		w.soon = now.Add(time.Second)
	case w.wave:
		w.soon = now.Add(inWaveEvery)
	}
	return w
}

// consider takes in an instant at which there is something to do, the zero time for none.
func (w *wakeup) consider(t time.Time) {
	if t.IsZero() {
		return
	}
	if w.wave || !t.After(w.now) {
		t = reservations.Latest(t, w.soon)
	}
	w.next = reservations.Earliest(w.next, t)
}

// next is when there is something to do again.
func (r *Reconciler) next(ctx context.Context, want []plan.Login, planned []plan.Step, busy bool) (time.Time, error) {
	w := newWakeup(r, busy)
	if r.sweep.underWay() {
		return reservations.Latest(w.soon, r.circuit.SilentUntil()), nil // but for a halted cluster, whose sweeps are over
	}
	err := w.ahead(ctx, r, want, planned)
	return w.next, err
}

// ahead considers what r has to do besides a sweep.
func (w *wakeup) ahead(ctx context.Context, r *Reconciler, want []plan.Login, planned []plan.Step) error {
	silent := r.circuit.SilentUntil()
	if !r.pause.On() {
		w.steps(r, planned)
	}
	if r.books.read.IsZero() {
		w.consider(w.soon)
	}
	if r.senders.room() > 0 && r.goesLater(planned, w.now) {
		w.consider(reservations.Latest(silent, w.now))
	}
	for _, at := range r.phones.Looks {
		w.consider(reservations.Latest(at, silent))
	}
	w.consider(r.away.Next())
	w.consider(r.logouts.Next(w.now))
	if r.circuit.Halted() {
		w.consider(reservations.Earliest(r.circuit.HaltedUntil(), w.now.Add(guard.CredentialsCheckEvery)))
	}
	return r.edges(ctx, want, w.now, w.consider)
}

// steps considers the times of the steps that wait, and of holds that have an end.
func (w *wakeup) steps(r *Reconciler, planned []plan.Step) {
	for _, s := range planned {
		at := s.NotBefore
		if !at.After(w.now) || r.senders.busy.devices[s.Device] {
			continue
		}
		if isTimed(s) && at.Add(-lookAhead).After(w.now) {
			at = at.Add(-lookAhead) // to look first, and to be on time
		}
		w.consider(reservations.Latest(at, r.circuit.SilentUntil()))
	}
}

// Drain lets Run end once the round under way, and with it the answer to its
// questions, is over, and reports whether it has within the time of ctx. One that
// is cut off from the answer to its first question could not say whether the phone
// system accepts its password, and the next would have to wait.
func (r *Reconciler) Drain(ctx context.Context) bool {
	r.senders.drained.Store(true)
	r.Kick()
	select {
	case <-r.ended:
		return true
	case <-ctx.Done():
		return false
	}
}

// goesLater reports whether a step that is due waits for the cluster, or for a sender.
func (p *planner) goesLater(planned []plan.Step, now time.Time) bool {
	if now.Before(p.circuit.SilentUntil()) {
		return !p.pause.On() && len(sendable(planned, p.busy, now, 0)) > 0
	}
	return len(p.due(planned, now)) > 0
}

// edges considers the next edges of bookings: those within the lead, at which a
// desk changes hands, no matter who is there, and the first beyond.
func (p *planner) edges(ctx context.Context, want []plan.Login, now time.Time, consider func(time.Time)) error {
	consider(p.phones.NextEdge(want, now))
	start, err := p.Book.NextStart(ctx, now.Add(p.Policy.Lead))
	if err != nil {
		return fmt.Errorf("read next start: %w", err)
	}
	if !start.IsZero() {
		consider(start.Add(-p.Policy.Lead))
	}
	end, err := p.Book.NextEnd(ctx, now)
	if err != nil {
		return fmt.Errorf("read next end: %w", err)
	}
	consider(end)
	return nil
}
