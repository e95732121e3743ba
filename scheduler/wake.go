package scheduler

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// sleep waits until next, a kick or a sweep, looking at the clock at least
// every longestSleep.
func (r *Reconciler) sleep(ctx context.Context, next time.Time) {
	for {
		r.beat()
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
			r.read = time.Time{}
			return
		case s := <-r.results:
			t.Stop()
			if err := r.take(ctx, s); err != nil {
				r.trouble(err)
			}
			return
		case answer := <-r.swept:
			t.Stop()
			r.startSweep(answer)
			return
		case <-t.C:
			if r.startled() {
				return
			}
		}
	}
}

// noteEdges asks for a look at the desks whose booking began or ended since
// the last round, whatever was last seen there.
func (r *Reconciler) noteEdges(want []plan.Login, now time.Time) {
	for _, l := range want {
		for _, edge := range r.edgesOf(l) {
			if edge.After(r.last) && !edge.After(now) {
				r.lookAt(l.Device, now)
			}
		}
	}
	r.last = now
}

// edgesOf lists the instants at which l's desk is looked at: the booking's start
// and end, and for somebody who stays until their next booking also when its
// login would be due, for they may have logged out in between.
func (r *Reconciler) edgesOf(l plan.Login) []time.Time {
	edges := []time.Time{l.From, l.Until}
	if h := r.seen[l.Device]; h.Ours && reservations.SamePerson(h.Person, l.Person) {
		edges = append(edges, l.From.Add(-r.Policy.Ready))
	}
	return edges
}

// noteContinued counts a booking as served whose person is on its phone since
// an own session of theirs, for it or for the booking before.
func (r *Reconciler) noteContinued(want []plan.Login, now time.Time) {
	for _, l := range want {
		h := r.seen[l.Device]
		if !h.Known || !h.Ours || l.From.After(now) || !l.Until.After(now) || !reservations.SamePerson(h.Person, l.Person) {
			continue
		}
		if served, _ := r.history.Served(l); l.Orphan != "" && !served {
			continue // no session is carried into a booking that nobody is logged in by
		}
		r.history.Carry(l)
		h.Reservation = l.Reservation
		r.seen[l.Device] = h
	}
}

// noteRunOuts asks for looks at the sessions whose booking has become longer
// than the session was asked for: they end by themselves, at some time in the pad.
func (r *Reconciler) noteRunOuts(want []plan.Login, now time.Time) {
	for _, l := range want {
		stays, _ := r.history.Lasts(l)
		if r.seen[l.Device].Ours && !stays.IsZero() && stays.Before(l.Until) && l.Until.After(now) {
			r.lookAt(l.Device, reservations.Latest(stays, now.Add(lookAgain)))
		}
	}
}

// lookAt sets a look at a device, unless an earlier one is set.
func (r *Reconciler) lookAt(device string, at time.Time) {
	if old, ok := r.looks[device]; !ok || at.Before(old) {
		r.looks[device] = at
	}
}

// next is when there is something to do again.
func (r *Reconciler) next(ctx context.Context, want []plan.Login, planned []plan.Step, busy bool) (time.Time, error) {
	now := r.now()
	soon := now
	if !busy {
		soon = now.Add(time.Second) // nothing could be done about what is due
	}
	if len(r.sweep.left) > 0 || !r.sweep.began.IsZero() {
		return reservations.Latest(soon, r.askAfter), nil
	}
	next := now.Add(time.Hour)
	consider := func(t time.Time) { next = reservations.Earliest(next, reservations.Latest(t, soon)) }
	for _, s := range planned {
		if s.NotBefore.After(now) && !r.pause.On() { // also a hold that has an end
			consider(reservations.Latest(s.NotBefore, r.silentUntil()))
		}
	}
	// What could go out and did not waits for the cluster, or for a sender.
	if len(r.due(planned, now)) > 0 && len(r.busy.devices) < r.perRound() {
		consider(r.silentUntil())
	}
	for _, at := range r.looks {
		consider(reservations.Latest(at, r.silentUntil()))
	}
	for _, a := range r.away {
		consider(a.again())
	}
	for _, k := range r.logouts.kept {
		if k.Until.After(now) {
			consider(k.Until)
		}
	}
	if !r.halted.IsZero() {
		consider(reservations.Earliest(r.halted, now.Add(keysEvery)))
	}
	err := r.edges(ctx, want, consider)
	return next, err
}

// edges considers the next edges of bookings: those within the lead, at which a
// desk changes hands whoever is there, and the first beyond.
func (r *Reconciler) edges(ctx context.Context, want []plan.Login, consider func(time.Time)) error {
	now := r.now()
	for _, l := range want {
		for _, edge := range r.edgesOf(l) {
			if edge.After(now) {
				consider(edge)
			}
		}
	}
	start, err := r.Book.NextStart(ctx, now.Add(r.Policy.Lead))
	if err != nil {
		return fmt.Errorf("read next start: %w", err)
	}
	if !start.IsZero() {
		consider(start.Add(-r.Policy.Lead))
	}
	end, err := r.Book.NextEnd(ctx, now)
	if err != nil {
		return fmt.Errorf("read next end: %w", err)
	}
	if !end.IsZero() {
		consider(end)
	}
	return nil
}

// silentUntil is the instant before which the cluster is not asked.
func (r *Reconciler) silentUntil() time.Time { return reservations.Latest(r.askAfter, r.halted) }

// drain lets Run end once the round under way, and with it the answer to its
// questions, is over, and reports whether it has within the time of ctx. One that
// is cut off from the answer to its first question could not say whether the phone
// system accepts its password, and the next would have to wait.
func (r *Reconciler) drain(ctx context.Context) bool {
	r.drained.Store(true)
	r.Kick()
	select {
	case <-r.ended:
		return true
	case <-ctx.Done():
		return false
	}
}
