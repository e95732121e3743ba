package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Broken is a booking that rules are against: made by a calendar or another program, by an
// operator even so, or before the rules were set.
type Broken struct {
	reservations.Reservation
	Against []rules.Refusal `json:"against"`
}

// Broken returns the bookings of a time that rules are against, desk by desk. Each is judged
// as of the instant at which deskd first saw it. Of several that break a quota together all
// are told.
func (b Bookings) Broken(ctx context.Context, s reservations.Span) (found []Broken, err error) {
	err = b.Store.Read(ctx, func(book Reader) error {
		standing, err := book.Around(Place{}, s.Start)
		if err != nil {
			return err
		}
		e := examination{Bookings: b, book: book, people: make(map[string]reservations.Person), own: make(map[string][]reservations.Reservation), from: s.Start}
		if e.closed, err = book.Closures(reservations.Span{Start: s.Start.Add(-reservations.Longest), End: s.End.Add(reservations.Longest)}); err != nil {
			return err
		}
		for _, d := range standing {
			some, err := e.desk(d, s)
			if err != nil {
				return err
			}
			found = append(found, some...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("hold bookings against the rules: %w", err)
	}
	return found, nil
}

// Against is what the rules have against a booking, judged as [Bookings.Broken] does: nothing
// against one that does not count. The error is [reservations.ErrNotFound].
func (b Bookings) Against(ctx context.Context, id string) (against []rules.Refusal, err error) {
	err = b.Store.Read(ctx, func(book Reader) error {
		r, err := book.Reservation(id)
		if err == nil && r.Status == reservations.Confirmed {
			against, err = b.against(book, r)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hold reservation %q against the rules: %w", id, err)
	}
	return against, nil
}

// against is what the rules have against a booking that counts.
func (b Bookings) against(book Reader, r reservations.Reservation) ([]rules.Refusal, error) {
	standing, err := book.Around(Place{Desk: r.Desk}, r.Start)
	if err != nil || len(standing) == 0 { // the desk is not known any more
		return nil, err
	}
	e := examination{Bookings: b, book: book, people: make(map[string]reservations.Person), own: make(map[string][]reservations.Reservation), from: r.Start}
	if e.closed, err = book.Closures(r.Span); err != nil {
		return nil, err
	}
	found, err := e.desk(standing[0], r.Span)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0].Against, nil // no other one overlaps it
}

// examination holds many bookings against the rules, and reads each person once.
type examination struct {
	Bookings
	book   Reader
	people map[string]reservations.Person
	own    map[string][]reservations.Reservation
	closed []Closure
	from   time.Time
}

// desk are the bookings of a desk that rules are against.
func (e *examination) desk(at Standing, s reservations.Span) (found []Broken, err error) {
	d := at.Desk
	r := e.Rules(d)
	wide := reservations.Span{Start: s.Start.Add(-r.Buffer), End: s.End.Add(r.Buffer)}
	all, err := e.book.Timeline(d.ID, wide)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if !one.Overlaps(s) {
			continue
		}
		q := rules.Request{Of: one.ID, Desk: d, Span: one.Span}
		if q.Person, err = e.person(one.Person); err != nil {
			return nil, err
		}
		w := rules.World{Own: e.own[reservations.PersonKey(one.Person)], Near: all, Closures: closing(e.closed, d), Holidays: holidays(e.closed, d, r.Location()), Owner: d.Owner, Released: e.released(at)}
		if against := rules.Check(r, w, q, one.Seen); len(against) > 0 {
			found = append(found, Broken{one, against})
		}
	}
	return found, nil
}

// person reads who has a booking, and what else. Someone whom deskd does not know is in no
// group.
func (e *examination) person(id string) (p reservations.Person, err error) {
	key := reservations.PersonKey(id)
	if p, known := e.people[key]; known || id == "" {
		return p, nil
	}
	if p, err = e.book.Person(id); errors.Is(err, reservations.ErrUnknownPerson) {
		p, err = reservations.Person{ID: id}, nil
	}
	if err != nil {
		return p, err
	}
	// A month is the longest period of a quota, and none begins earlier than a booking.
	since := e.from.Add(-reservations.Longest - 31*day)
	e.people[key] = p
	e.own[key], err = e.book.Own(id, since)
	return p, err
}
