package booking

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Search asks for free desks.
type Search struct {
	Place
	reservations.Span
	Person string // for whom; '' asks for what is free, and for no rules of people
}

// Search returns the desks of a place that are free in a time and would be granted, in their
// order, without their addresses and aliases. Of a time that is over the error is [ErrRequest].
func (b Bookings) Search(ctx context.Context, s Search, now time.Time) (found []reservations.Desk, err error) {
	if !s.End.After(now) {
		return nil, fmt.Errorf("%w: it would be over already, at %s", ErrRequest, s.End.UTC().Format(time.RFC3339))
	}
	err = b.Store.Read(ctx, func(book Reader) error {
		q := rules.Request{Span: s.Span.UTC()}
		l := look{Bookings: b, book: book, now: now}
		if l.closed, err = book.Closures(q.Span); err != nil {
			return err
		}
		if s.Person == "" {
			found, err = l.unowned(q, s.Place)
			return err
		}
		if q.Person, err = book.Person(s.Person); err != nil {
			return err
		}
		if err := l.readOwn(q); err != nil {
			return err
		}
		found, err = l.offers(q, s.Place)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("search for desks: %w", err)
	}
	return found, nil
}

// unowned are the desks of a place that are free, and at which the rules of time are kept.
func (l *look) unowned(q rules.Request, place Place) (desks []reservations.Desk, err error) {
	standing, err := l.standing(place, q.Span)
	for _, s := range standing {
		r := l.Rules(s.Desk)
		r.Groups, r.OneDesk, r.Quotas, r.Buffer = nil, false, nil, 0
		there := q
		there.Desk = s.Desk
		if s.free(q.Span) && len(rules.Check(r, rules.World{Near: s.Near, Closures: closing(l.closed, s.Desk), Holidays: holidays(l.closed, s.Desk, r.Location()), Owner: s.Desk.Owner, Released: l.released(s)}, there, l.now)) == 0 {
			desks = append(desks, s.Desk)
		}
	}
	return desks, err
}

// standing are the desks of a place, with the bookings that may be in the way of one in that
// time: those within it, and as near to it as one of the desks' buffers says. What is over for
// longer, and what begins later, is not read.
func (l *look) standing(place Place, span reservations.Span) ([]Standing, error) {
	all, err := l.book.Standing(place, span.Start)
	if err != nil {
		return nil, err
	}
	var buffer time.Duration
	for _, s := range all {
		buffer = max(buffer, l.Rules(s.Desk).Buffer)
	}
	near, err := l.book.Within(place, reservations.Span{Start: span.Start.Add(-buffer), End: span.End.Add(buffer)})
	Gather(all, near)
	return all, err
}
