package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/guard"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// remembers is how much of the journal is read at the start.
const remembers = 48 * time.Hour

// replayed is how many requests of the journal tell, at the start, how many at once the
// cluster takes: a wave of a large house.
const replayed = 2000

// resume lets the requests of the process before count: one that is killed and
// started again and again meets the limits of one that runs on.
func (p *planner) resume(ctx context.Context, now time.Time) error {
	var began, ends []time.Time
	sent, err := p.Sightings.Sent(ctx, p.Cluster, replayed)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	own, err := p.books.owns(ctx) // by a former name of the cluster, too: it is the same phone system
	if err != nil {
		return err
	}
	err = p.Journal.EachAttempt(ctx, now.Add(-time.Minute), func(a plan.Attempt) {
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
	p.Limit.Resume(began, ends, now)
	p.permits.Resume(sent, ends, now)
	return nil
}

// fold takes in what the journal says: the history, and the attempts whose
// outcome a look has to resolve. Attempts are folded one by one as they are read:
// what is remembered follows desks, people and bookings, however many attempts
// there were. An error leaves the history as it was.
func (p *planner) fold(ctx context.Context, now time.Time) error {
	open, err := p.Journal.Unresolved(ctx)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	begun, err := p.Journal.Begun(ctx)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	since := now.Add(-remembers)
	begun = slices.DeleteFunc(begun, func(a plan.Attempt) bool { return !a.Began.Before(since) }) // the others come with the rest
	slices.SortFunc(begun, func(a, b plan.Attempt) int { return cmp.Compare(a.ID, b.ID) })
	own, err := p.books.owns(ctx)
	if err != nil {
		return err
	}
	history, lengths := plan.NewHistory(nil), make(guard.Lengths)
	p.phones.Outage.Forget()
	take := func(a plan.Attempt) {
		if !own(a) {
			return
		}
		known := p.trust.Confirmed(a)
		a.Ended, a.Verified = reservations.Earliest(a.Ended, now), reservations.Earliest(a.Verified, now) // the clock may have been set back since
		history.Note(a)
		p.away.Recall(a)
		p.phones.RecallAttempt(a, now)
		p.phones.RecallProof(a, known, now)
		p.phones.Unit.Recall(lengths, a)
	}
	err = p.Journal.EachAttempt(ctx, since, func(a plan.Attempt) {
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
	p.phones.Newest = max(p.phones.Newest, history.Newest())
	history.Readmit(p.circuit.Readmission())
	p.phones.History, p.books.folded = history, now
	p.phones.RecallCarried()
	p.phones.Unit.Watch(lengths, now)
	p.phones.RecallOpen(slices.DeleteFunc(open, func(a plan.Attempt) bool { return !own(a) }), now)
	return nil
}

// measure takes in how long the phone system took for what was sent to it last, however
// long ago: a wave after days of rest has to begin as early as the one before.
func (p *planner) measure(ctx context.Context) error {
	for _, op := range []plan.Op{plan.OpLogin, plan.OpLogout} {
		answered, err := p.Sightings.Answered(ctx, p.Cluster, op, 2*plan.Measures) // some were resolved by a look
		if err != nil {
			return fmt.Errorf("read journal: %w", err)
		}
		for _, a := range answered {
			p.service.Note(a)
		}
	}
	return nil
}
