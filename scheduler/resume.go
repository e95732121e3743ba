package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// resume lets the requests of the process before count: one that is killed and
// started again and again meets the limits of one that runs on.
func (r *Reconciler) resume(ctx context.Context, now time.Time) error {
	attempts, err := r.Journal.Attempts(ctx, now.Add(-time.Minute))
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	var began, ends []time.Time
	for _, a := range attempts {
		if a.Cluster != r.Cluster || a.Op == OpHold {
			continue
		}
		began = append(began, a.Began)
		if a.Outcome == Open {
			ends = append(ends, earliest(a.Began, now).Add(answerWithin))
		}
	}
	r.Limit.Resume(began, ends, now)
	return nil
}

// fold takes in what the journal says: the memory, and the attempts whose
// outcome a look has to resolve.
func (r *Reconciler) fold(ctx context.Context, now time.Time) error {
	attempts, err := r.Journal.Attempts(ctx, now.Add(-remembers))
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	open, err := r.Journal.Unresolved(ctx)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	elsewhere := func(a Attempt) bool { return a.Cluster != r.Cluster }
	begun, err := r.Journal.Begun(ctx)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	older := func(a Attempt) bool { return a.Began.Before(now.Add(-remembers)) }
	begun = slices.DeleteFunc(begun, func(a Attempt) bool { return !older(a) }) // the others are among the attempts
	attempts, open = slices.DeleteFunc(append(begun, attempts...), elsewhere), slices.DeleteFunc(open, elsewhere)
	// In the order they were begun in, whatever the clock showed.
	slices.SortFunc(attempts, func(a, b Attempt) int { return cmp.Compare(a.ID, b.ID) })
	for i, a := range attempts { // the clock may have been set back since
		attempts[i].Ended, attempts[i].Verified = earliest(a.Ended, now), earliest(a.Verified, now)
	}
	lost, newest := r.memory.lost, r.memory.newest
	r.memory, r.folded = NewMemory(attempts), now
	r.memory.lost, r.memory.units = lost, r.standing.Units
	r.memory.newest, r.memory.misdated = max(r.memory.newest, newest), r.jump.Misdated
	clear(r.open)
	r.outage.mended = nil
	for _, a := range attempts {
		r.here[a.Device] = true
		r.recallAway(a)
		r.outage.recall(a)
		switch {
		case a.Outcome == Done:
			delete(r.late, a.Device)
		case a.Outcome == NoEffect && a.mayBeLate(now):
			r.late[a.Device] = a
			r.lookAt(a.Device, now)
		}
		r.recallProof(a, now)
	}
	r.recallLengths(attempts, now)
	for _, a := range open {
		r.here[a.Device] = true
		r.open[a.Device] = append(r.open[a.Device], a)
		r.lookAt(a.Device, now)
	}
	return nil
}
