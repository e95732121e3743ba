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

// next is when there is something to do again.
func (r *Reconciler) next(ctx context.Context, want []plan.Login, planned []plan.Step, busy bool) (time.Time, error) {
	now, silent := r.now(), r.circuit.SilentUntil()
	soon := now
	switch {
	case !busy:
		soon = now.Add(time.Second) // nothing could be done about what is due
	case r.senders.inWave():
		soon = now.Add(inWaveEvery)
	}
	if r.sweep.underWay() {
		return reservations.Latest(soon, silent), nil // but for a halted cluster, whose sweeps are over
	}
	next := now.Add(time.Hour)
	consider := func(t time.Time) {
		switch {
		case t.IsZero():
			return
		case !t.After(now) || r.senders.inWave(): // what lies ahead has its own time
			t = reservations.Latest(t, soon)
		}
		next = reservations.Earliest(next, t)
	}
	for _, s := range planned {
		if s.NotBefore.After(now) && !r.pause.On() && !r.senders.busy.devices[s.Device] { // also a hold that has an end
			at := s.NotBefore
			if isTimed(s) && at.Add(-lookAhead).After(now) {
				at = at.Add(-lookAhead) // to look first, and to be on time
			}
			consider(reservations.Latest(at, silent))
		}
	}
	if r.books.read.IsZero() {
		consider(soon)
	}
	if r.senders.room() > 0 && r.goesLater(planned, now) {
		consider(reservations.Latest(silent, now))
	}
	for _, at := range r.phones.Looks {
		consider(reservations.Latest(at, silent))
	}
	consider(r.away.Next())
	consider(r.logouts.Next(now))
	if r.circuit.Halted() {
		consider(reservations.Earliest(r.circuit.HaltedUntil(), now.Add(guard.CredentialsCheckEvery)))
	}
	err := r.edges(ctx, want, now, consider)
	return next, err
}

// drain lets Run end once the round under way, and with it the answer to its
// questions, is over, and reports whether it has within the time of ctx. One that
// is cut off from the answer to its first question could not say whether the phone
// system accepts its password, and the next would have to wait.
func (r *Reconciler) drain(ctx context.Context) bool {
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
	for _, l := range want {
		for _, edge := range p.phones.EdgesOf(l) {
			if edge.After(now) {
				consider(edge)
			}
		}
	}
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
