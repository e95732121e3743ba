package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// resume lets the requests of the process before count: one that is killed and
// started again and again meets the limits of one that runs on.
func (r *Reconciler) resume(ctx context.Context, now time.Time) error {
	var began, ends []time.Time
	own, err := r.owns(ctx) // by a former name of the cluster, too: it is the same phone system
	if err != nil {
		return err
	}
	err = r.Journal.EachAttempt(ctx, now.Add(-time.Minute), func(a plan.Attempt) {
		if !own(a) || a.Op == plan.OpHold {
			return
		}
		began = append(began, a.Began)
		if a.Outcome == plan.Open {
			ends = append(ends, reservations.Earliest(a.Began, now).Add(phones.AnswerWithin))
		}
	})
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	r.Limit.Resume(began, ends, now)
	return nil
}

// fold takes in what the journal says: the history, and the attempts whose
// outcome a look has to resolve. Attempts are folded one by one as they are read:
// what is remembered follows desks, people and bookings, however many attempts
// there were. An error leaves the history as it was.
func (r *Reconciler) fold(ctx context.Context, now time.Time) error {
	open, err := r.Journal.Unresolved(ctx)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	begun, err := r.Journal.Begun(ctx)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	since := now.Add(-remembers)
	begun = slices.DeleteFunc(begun, func(a plan.Attempt) bool { return !a.Began.Before(since) }) // the others come with the rest
	slices.SortFunc(begun, func(a, b plan.Attempt) int { return cmp.Compare(a.ID, b.ID) })
	own, err := r.owns(ctx)
	if err != nil {
		return err
	}
	history, lengths := plan.NewHistory(nil), make(map[string]plan.Attempt)
	r.outage.repaired = nil
	take := func(a plan.Attempt) {
		if !own(a) {
			return
		}
		known := r.jump.confirmed(a)
		a.Ended, a.Verified = reservations.Earliest(a.Ended, now), reservations.Earliest(a.Verified, now) // the clock may have been set back since
		history.Note(a)
		r.recallAttempt(a, now)
		r.recallProof(a, known, now)
		r.recallLength(lengths, a)
	}
	err = r.Journal.EachAttempt(ctx, since, func(a plan.Attempt) {
		for len(begun) > 0 && begun[0].ID < a.ID {
			take(begun[0])
			begun = begun[1:]
		}
		take(a)
	})
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	for _, a := range begun {
		take(a)
	}
	r.newest = max(r.newest, history.Newest())
	r.history, r.folded = history, now
	r.watchLengths(lengths, now)
	r.recallOpen(slices.DeleteFunc(open, func(a plan.Attempt) bool { return !own(a) }), now)
	return nil
}

// owns tells the attempts of this cluster: those by its name, and those at its desks
// by one that it had before.
func (r *Reconciler) owns(ctx context.Context) (func(plan.Attempt) bool, error) {
	byName := func(a plan.Attempt) bool { return a.Cluster == r.Cluster }
	if r.Formerly == nil {
		return byName, nil
	}
	former, err := r.Formerly(ctx)
	if err != nil || len(former) == 0 {
		return byName, err
	}
	desks, err := r.Book.Desks(ctx)
	if err != nil {
		return nil, fmt.Errorf("read desks: %w", err)
	}
	devices := make(map[string]bool)
	for _, d := range desks {
		devices[d.Device] = devices[d.Device] || d.Cluster == r.Cluster
	}
	return func(a plan.Attempt) bool { return byName(a) || devices[a.Device] && slices.Contains(former, a.Cluster) }, nil
}

// recallAttempt takes in what an attempt of the journal says besides the history.
func (r *Reconciler) recallAttempt(a plan.Attempt, now time.Time) {
	r.here[a.Device] = true
	r.recallAway(a)
	r.outage.recall(a)
	switch {
	case a.Outcome == plan.Done:
		if r.late[a.Device].ID == a.ID { // it was late, and has come
			delete(r.late, a.Device)
		}
		r.noteOutrun(a)
	case a.Outcome == plan.NoEffect && r.mayBeLate(a, now):
		r.late[a.Device] = a
		r.lookAt(a.Device, now)
	}
}

// recallOpen takes in the attempts whose outcome a look has to resolve.
func (r *Reconciler) recallOpen(open []plan.Attempt, now time.Time) {
	clear(r.open)
	for _, a := range open {
		r.here[a.Device] = true
		r.open[a.Device] = append(r.open[a.Device], a)
		r.lookAt(a.Device, now)
	}
}
