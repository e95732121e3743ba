package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Visit is someone who stands at a desk and takes it.
type Visit struct {
	Desk, Person string
	Until        time.Time // zero: to the end of the day
	Source       string
	Key          string // as that of a [Wish]
	How
}

// WalkUp books a desk from now on, for as long as it can be had: up to v.Until, or to the end of the
// site's day, and no longer than the next booking, a closure and the rules allow. The
// person's own session on the phone goes on.
func (b Bookings) WalkUp(ctx context.Context, actor Actor, v Visit, now time.Time) (Answer, error) {
	t := &try{Bookings: b, actor: actor, how: v.How, verb: "walkup", what: fmt.Sprintf("take desk %q", v.Desk), now: now}
	return t.run(ctx, func() error {
		// When it begins and ends is not asked for, and is no booking's that is.
		asked := reservations.Reservation{Desk: v.Desk + "\nwalk-up", Person: v.Person, Span: reservations.Span{End: v.Until}}
		err := t.once(v.Key, asked, func() error { return t.visit(v) })
		if t.how.DryRun && !t.answer.Already && err == nil {
			t.answer.ID = "" // it will be another one
		}
		return err
	})
}

// visit books what v can have.
func (t *try) visit(v Visit) error {
	r := reservations.Reservation{Desk: v.Desk, Person: v.Person, Source: v.Source, Status: reservations.Confirmed}
	r.Start = t.now.UTC().Truncate(time.Second)
	if err := t.longest(&r, v.Until); err != nil {
		return err
	}
	if err := r.Check(); err != nil {
		return err
	}
	if err := t.put(r); err != nil {
		return err
	}
	// Who stands at the desk has come.
	return t.book.Arrived(t.answer.ID, Evidence{WalkedUp, t.now.UTC().Truncate(time.Millisecond)})
}

// WalkedUp is the source of the evidence that someone stood at a desk and took it.
const WalkedUp = "walk-up"

// longest ends r as late as it can be booked, up to an instant or the end of the day. Where
// it cannot be booked at all it ends when the least is against it.
func (t *try) longest(r *reservations.Reservation, until time.Time) error {
	d, err := t.book.Desk(r.Desk)
	if err != nil {
		return err
	}
	its := t.Rules(d)
	if r.End = until.UTC().Truncate(time.Second); until.IsZero() {
		r.End = rules.PeriodOf(rules.PerDay, r.Start, its.Location()).End.UTC()
	}
	if !r.End.After(t.now) {
		return fmt.Errorf("%w: it would be over already, at %s", ErrRequest, r.End.Format(time.RFC3339))
	}
	q, w, err := t.world(t.book, *r, t.now)
	if err != nil {
		return err
	}
	least := -1
	for _, end := range ends(its, q, w) { // the latest first
		q.End = end
		against := len(rules.Check(its, w, q, t.now))
		if t.actor.Operator && t.how.EvenSo {
			against = 0
		}
		if slices.ContainsFunc(w.Near, func(n reservations.Reservation) bool { return n.Overlaps(q.Span) }) {
			against += 1000 // nobody can have it so
		}
		if least < 0 || against < least {
			least, r.End = against, end
		}
	}
	return nil
}

// visitStep is the grid on which the end of a visit is looked for, besides the instants at
// which something else begins.
const visitStep = 15 * time.Minute

// ends are the instants at which a request may have to end, the latest first.
func ends(r rules.Rules, q rules.Request, w rules.World) []time.Time {
	all := append(r.Ends(q.Start, q.End), q.End, q.Start.Add(r.Longest))
	for _, o := range append(slices.Clone(w.Near), w.Own...) {
		all = append(all, o.Start, o.Start.Add(-r.Buffer))
	}
	for _, c := range w.Closures {
		all = append(all, c.Start)
	}
	for at := q.Start.Truncate(visitStep).Add(visitStep); at.Before(q.End); at = at.Add(visitStep) {
		all = append(all, at)
	}
	all = slices.DeleteFunc(all, func(at time.Time) bool { return !at.After(q.Start) || at.After(q.End) })
	slices.SortFunc(all, func(x, y time.Time) int { return y.Compare(x) })
	return slices.CompactFunc(all, time.Time.Equal)
}
