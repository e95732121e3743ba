package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
		all, err := book.Within(Place{}, s)
		if err != nil {
			return err
		}
		slices.SortStableFunc(all, func(x, y reservations.Reservation) int { return strings.Compare(x.Desk, y.Desk) })
		against, err := b.againstEach(book, all)
		found = brokenOf(all, against)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hold bookings against the rules: %w", err)
	}
	return found, nil
}

// BrokenOf are those of some bookings, in their order, that rules are against, judged as
// [Bookings.Broken] does. Bookings that do not count, and those of desks that are not known
// any more, break none. It reads the desks, and once the bookings of each person and around
// each desk, as far back as a rule asks for.
func (b Bookings) BrokenOf(ctx context.Context, some []reservations.Reservation) (found []Broken, err error) {
	some = slices.DeleteFunc(slices.Clone(some), func(r reservations.Reservation) bool { return r.Status != reservations.Confirmed })
	if len(some) == 0 {
		return nil, nil
	}
	err = b.Store.Read(ctx, func(book Reader) error {
		against, err := b.againstEach(book, some)
		found = brokenOf(some, against)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hold bookings against the rules: %w", err)
	}
	return found, nil
}

// brokenOf are the bookings, in their order, that something is against.
func brokenOf(all []reservations.Reservation, against map[string][]rules.Refusal) (found []Broken) {
	for _, r := range all {
		if its := against[r.ID]; len(its) > 0 {
			found = append(found, Broken{r, its})
		}
	}
	return found
}

// Against is what the rules have against a booking, judged as [Bookings.Broken] does: nothing
// against one that does not count. The error is [reservations.ErrNotFound].
func (b Bookings) Against(ctx context.Context, id string) (against []rules.Refusal, err error) {
	err = b.Store.Read(ctx, func(book Reader) error {
		r, err := book.Reservation(id)
		if err != nil || r.Status != reservations.Confirmed {
			return err
		}
		all, err := b.againstEach(book, []reservations.Reservation{r})
		against = all[r.ID]
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hold reservation %q against the rules: %w", id, err)
	}
	return against, nil
}

// againstEach is what the rules have against each of some bookings that count, by their ids.
func (b Bookings) againstEach(book Reader, all []reservations.Reservation) (map[string][]rules.Refusal, error) {
	e := examination{Bookings: b, book: book, all: all, own: make(map[string][]reservations.Reservation), people: make(map[string]reservations.Person)}
	if err := e.read(); err != nil {
		return nil, err
	}
	against := make(map[string][]rules.Refusal)
	for _, r := range all {
		d, known := e.desks[r.Desk]
		if !known {
			continue
		}
		its, err := e.against(d, r)
		if err != nil {
			return nil, err
		}
		if len(its) > 0 {
			against[r.ID] = its
		}
	}
	return against, nil
}

// examination holds many bookings against the rules. What they are held against is read once,
// and only where a rule asks for it.
type examination struct {
	Bookings
	book   Reader
	all    []reservations.Reservation
	closed []Closure
	desks  map[string]Standing // by id; Near are the bookings around those that are examined
	own    map[string][]reservations.Reservation
	people map[string]reservations.Person
}

// read reads what all of them are held against but for people.
func (e *examination) read() error {
	if len(e.all) == 0 {
		return nil
	}
	whole, place := e.all[0].Span, Place{Desk: e.all[0].Desk}
	of := make(map[string][]reservations.Span)
	for _, r := range e.all {
		whole.Start, whole.End = reservations.Earliest(whole.Start, r.Start), reservations.Latest(whole.End, r.End)
		of[r.Desk] = append(of[r.Desk], r.Span)
		if r.Desk != place.Desk {
			place = Place{}
		}
	}
	var err error
	if e.closed, err = e.book.Closures(whole); err != nil {
		return err
	}
	standing, err := e.book.Standing(place, whole.Start)
	if err != nil {
		return err
	}
	e.desks = make(map[string]Standing, len(of))
	for _, s := range standing {
		if spans := of[s.Desk.ID]; spans != nil {
			if s.Near, err = e.near(s.Desk, spans); err != nil {
				return err
			}
			e.desks[s.Desk.ID] = s
		}
	}
	return e.readOwn()
}

// apart is how far apart bookings of a desk are between which what is booked is not read.
const apart = 7 * day

// near are the bookings around some of a desk, in their order, where a rule asks for them.
func (e *examination) near(d reservations.Desk, spans []reservations.Span) (near []reservations.Reservation, err error) {
	buffer := e.Rules(d).Buffer
	if buffer == 0 {
		return nil, nil
	}
	slices.SortFunc(spans, func(x, y reservations.Span) int { return x.Start.Compare(y.Start) })
	for len(spans) > 0 {
		wide, n := spans[0], 1
		for ; n < len(spans) && spans[n].Start.Sub(wide.End) < apart+2*buffer; n++ {
			wide.End = reservations.Latest(wide.End, spans[n].End)
		}
		some, err := e.book.Timeline(d.ID, around(rules.Request{Span: wide}, buffer))
		if err != nil {
			return nil, err
		}
		near, spans = append(near, some...), spans[n:]
	}
	return near, nil
}

// readOwn reads what else their people have booked, as far back as a rule asks for.
func (e *examination) readOwn() error {
	since := make(map[string]time.Time)
	for _, r := range e.all {
		d, known := e.desks[r.Desk]
		its := e.Rules(d.Desk)
		if !known || r.Person == "" || !its.OneDesk && len(its.Quotas) == 0 {
			continue
		}
		from := its.Since(r.Start, r.Seen)
		if before, asked := since[r.Person]; asked {
			from = reservations.Earliest(from, before)
		}
		since[r.Person] = from
	}
	for person, from := range since {
		own, err := e.book.Own(person, from)
		if err != nil {
			return err
		}
		e.own[person] = own
	}
	return nil
}

// against is what the rules have against a booking of a desk.
func (e *examination) against(at Standing, r reservations.Reservation) ([]rules.Refusal, error) {
	its := e.Rules(at.Desk)
	q := rules.Request{Of: r.ID, Desk: at.Desk, Person: reservations.Person{ID: r.Person}, Span: r.Span}
	if len(its.Groups) > 0 && r.Person != "" {
		var err error
		if q.Person, err = e.person(r.Person); err != nil {
			return nil, err
		}
	}
	return rules.Check(its, rules.World{
		Own: e.own[r.Person], Near: within(at.Near, around(q, its.Buffer)), Owner: at.Desk.Owner, Released: e.released(at),
		Closures: closing(e.closed, at.Desk), Holidays: holidays(e.closed, at.Desk, its.Location()),
	}, q, r.Seen), nil
}

// person reads who has a booking. Someone whom deskd does not know is in no group.
func (e *examination) person(id string) (p reservations.Person, err error) {
	if p, known := e.people[id]; known {
		return p, nil
	}
	if p, err = e.book.Person(id); errors.Is(err, reservations.ErrUnknownPerson) {
		p, err = reservations.Person{ID: id}, nil
	}
	e.people[id] = p
	return p, err
}
