package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// try is one operation under way.
type try struct {
	Bookings
	actor      Actor
	how        How
	verb, what string // "reserve", and of which desk
	now        time.Time

	book   Book
	asked  rules.Request // set once desk and person are known
	answer Answer
}

// run does the operation in a transaction. What is refused is told with what else is free,
// which is looked for when the transaction is over.
func (t *try) run(ctx context.Context, do func() error) (Answer, error) {
	err := t.Store.Change(ctx, Deed{t.verb, t.how.DryRun, t.now}, func(book Book) error {
		t.book, t.answer = book, Answer{DryRun: t.how.DryRun}
		return do()
	})
	refusal, refused := errors.AsType[*Refusal](err)
	if errors.Is(err, reservations.ErrOverlap) && !refused { // by a program that does not wait for deskd
		refusal, refused = refuse(t.what, []rules.Refusal{{Code: Taken, Text: err.Error()}}, reservations.ErrOverlap), true
	}
	switch {
	case refused && t.asked.Desk.ID != "":
		refusal.Desk = t.asked.Desk.ID
		refusal.Alternatives, err = t.alternatives(ctx, t.asked, t.now)
		return Answer{}, cmp.Or(err, error(refusal))
	case refused:
		return Answer{}, refusal
	case err != nil:
		return Answer{}, fmt.Errorf("%s: %w", t.what, err)
	}
	return t.answer, nil
}

// alter changes a booking as the rules allow.
func (t *try) alter(c Change, to func(*reservations.Reservation) error) error {
	before, err := t.changeable(c.ID)
	if err != nil {
		return err
	}
	r := before
	if err := to(&r); err != nil {
		return err
	}
	r.Span = r.Span.UTC()
	if err := r.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if before.Start.Before(t.now) {
		if err := t.begins(r, before.Start); err != nil {
			return err
		}
	}
	switch {
	case c.Scope != "":
		return t.alterMore(c, before, r)
	case r.Desk == before.Desk && r.Span.Equal(before.Span):
		t.answer.Reservation, t.answer.Already = r, true
		return nil
	}
	return t.put(r)
}

// longestDay is how long a day is when clocks go back: one that is booked whole has begun within.
const longestDay = 25 * time.Hour

// begins reports that a booking would begin in the past, before an instant: where people were is
// not for them to say afterwards. Operators may.
func (t *try) begins(r reservations.Reservation, earliest time.Time) error {
	if t.actor.Operator || !r.Start.Before(earliest) {
		return nil
	}
	return fmt.Errorf("%w: it would begin in the past, at %s", ErrRequest, r.Start.UTC().Format(time.RFC3339))
}

// changeable is a booking that counts, is not over, and no calendar's.
func (t *try) changeable(id string) (reservations.Reservation, error) {
	r, err := t.book.Reservation(id)
	if err == nil {
		err = t.how.allows(r)
	}
	switch {
	case err != nil:
		return r, err
	case r.Status == reservations.Cancelled || r.Status == reservations.Withdrawn:
		return r, gone(r)
	case !r.End.After(t.now):
		return r, t.over(r)
	}
	if feed, ok := strings.CutPrefix(r.Source, reservations.FeedSource("")); ok {
		return r, refuseChange(t.what, OfFeed, fmt.Sprintf("it is of the calendar %s: change it there, or cancel it here", feed))
	}
	return r, nil
}

// put books r, or changes it, unless something is against it.
func (t *try) put(r reservations.Reservation) error {
	if !r.End.After(t.now) {
		return fmt.Errorf("%w: it would be over already, at %s", ErrRequest, r.End.Format(time.RFC3339))
	}
	q, w, err := t.world(t.book, r, t.now)
	if err != nil {
		return err
	}
	t.asked = q
	for _, n := range w.Near {
		if n.Overlaps(q.Span) && n.ID != r.ID {
			return refuse(t.what, append([]rules.Refusal{takenBy(n)}, rules.Check(t.Rules(q.Desk), w, q, t.now)...), reservations.ErrOverlap)
		}
	}
	against := rules.Check(t.Rules(q.Desk), w, q, t.now)
	if len(against) > 0 && !(t.actor.Operator && t.how.EvenSo) {
		return refuse(t.what, against, nil)
	}
	r.Person = q.Person.ID
	if t.answer.Reservation, err = t.book.Put(r); err != nil {
		return err
	}
	t.answer.Despite = against
	for _, o := range w.Own {
		if o.Overlaps(q.Span) && o.Desk != r.Desk && o.ID != r.ID {
			t.answer.Beside = append(t.answer.Beside, o)
		}
	}
	return nil
}

// world reads what a booking is held against.
func (b Bookings) world(book Reader, r reservations.Reservation, now time.Time) (q rules.Request, w rules.World, err error) {
	q = rules.Request{Of: r.ID, Span: r.Span}
	if q.Desk, err = book.Desk(r.Desk); err != nil {
		return q, w, err
	}
	if r.Person != "" {
		if q.Person, err = book.Person(r.Person); err != nil {
			return q, w, err
		}
		if w.Own, err = book.Own(q.Person.ID, b.Rules(q.Desk).Since(r.Start, now)); err != nil {
			return q, w, err
		}
	}
	closed, err := book.Closures(r.Span)
	if err != nil {
		return q, w, err
	}
	w.Closures, w.Holidays = closing(closed, q.Desk), holidays(closed, q.Desk, b.Rules(q.Desk).Location())
	standing, err := book.Around(Place{Desk: q.Desk.ID}, r.Start)
	for _, s := range standing {
		w.Near, w.Owner, w.Released = s.Near, s.Desk.Owner, b.released(s)
	}
	// One that is changed is not in its own way: what is behind it counts.
	if err == nil && slices.ContainsFunc(w.Near, func(n reservations.Reservation) bool { return n.ID == r.ID }) {
		w.Near, err = book.Timeline(q.Desk.ID, around(q, b.Rules(q.Desk).Buffer))
	}
	return q, w, err
}

// around is a request with what it keeps free on both sides.
func around(q rules.Request, buffer time.Duration) reservations.Span {
	return reservations.Span{Start: q.Start.Add(-buffer), End: q.End.Add(buffer)}
}
