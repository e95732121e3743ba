package booking

import (
	"cmp"
	"context"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

const (
	// fewDesks and fewTimes are how many alternatives of each kind are told.
	fewDesks, fewTimes = 3, 3
	// lookAhead is how far ahead the next free times of a desk are looked for.
	lookAhead = 14 * day
	day       = 24 * time.Hour
)

// alternatives are the nearest desks that are free at the time that was asked for, and the
// next times at which that desk is. All of them would be granted.
func (b Bookings) alternatives(ctx context.Context, q rules.Request, now time.Time) (found []Alternative, err error) {
	found = []Alternative{}
	err = b.Store.Read(ctx, func(book Reader) error {
		l := look{Bookings: b, book: book, now: now}
		if err := l.readOwn(q); err != nil {
			return err
		}
		if l.closed, err = book.Closures(reservations.Span{Start: q.Start, End: reservations.Latest(q.Start, now).Add(lookAhead + q.Duration() + day)}); err != nil {
			return err
		}
		desks, err := l.nearest(q)
		if err != nil {
			return err
		}
		for _, d := range desks[:min(fewDesks, len(desks))] {
			found = append(found, Alternative{d.ID, q.Span})
		}
		times, err := l.times(q)
		for _, s := range times {
			found = append(found, Alternative{q.Desk.ID, s})
		}
		return err
	})
	return found, err
}

// look is a search for what is free.
type look struct {
	Bookings
	book Reader
	own  []reservations.Reservation // the person's
	// closed are the closures of all places in the time that is searched.
	closed []Closure
	now    time.Time
}

// readOwn reads the bookings of q's person that may count against q or one that begins later.
func (l *look) readOwn(q rules.Request) (err error) {
	if q.Person.ID == "" {
		return nil
	}
	// The rules of desks differ: a month is the longest period, and begins within a day of
	// that of UTC.
	longest := rules.Rules{Quotas: []rules.Quota{{Per: rules.PerMonth}}}
	since := longest.Since(reservations.Earliest(q.Start, l.now).Add(-day), l.now).Add(-day)
	l.own, err = l.book.Own(q.Person.ID, since)
	return err
}

// offers are the desks of a place that would be granted at q's time.
func (l *look) offers(q rules.Request, place Place) ([]reservations.Desk, error) {
	standing, err := l.standing(place, q.Span)
	if err != nil {
		return nil, err
	}
	var desks []reservations.Desk
	for _, s := range standing {
		there := q
		there.Desk = s.Desk
		if s.Desk.ID != q.Desk.ID && s.free(q.Span) && len(rules.Check(l.Rules(s.Desk), l.worldOf(s), there, l.now)) == 0 {
			desks = append(desks, s.Desk)
		}
	}
	return desks, nil
}

// worldOf is what is around a request at a desk.
func (l *look) worldOf(s Standing) rules.World {
	return rules.World{Own: l.own, Near: s.Near, Closures: closing(l.closed, s.Desk), Holidays: holidays(l.closed, s.Desk, l.Rules(s.Desk).Location()), Owner: s.Desk.Owner, Released: l.released(s)}
}

// nearest are desks that would be granted at q's time, the nearest first as far as that is
// known: in the same zone of the floor, on the same floor, elsewhere. A site may have
// hundreds: those elsewhere are looked at only where the floor has too few.
func (l *look) nearest(q rules.Request) ([]reservations.Desk, error) {
	place := Place{Site: q.Desk.Site, Floor: q.Desk.Floor}
	desks, err := l.offers(q, place)
	if len(desks) < fewDesks && place.Floor != "" && err == nil {
		place.Floor = ""
		desks, err = l.offers(q, place)
	}
	far := func(o reservations.Desk) int {
		switch {
		case o.Floor == q.Desk.Floor && o.Zone == q.Desk.Zone:
			return 0
		case o.Floor == q.Desk.Floor:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(desks, func(x, y reservations.Desk) int { return cmp.Compare(far(x), far(y)) })
	return desks, err
}

// times are the next times, as long as the one that was asked for, at which the desk would
// be granted.
func (l *look) times(q rules.Request) (found []reservations.Span, err error) {
	r := l.Rules(q.Desk)
	from := reservations.Latest(q.Start, l.now)
	all, err := l.book.Timeline(q.Desk.ID, reservations.Span{Start: from.Add(-r.Buffer), End: from.Add(lookAhead + q.Duration() + r.Buffer)})
	if err != nil {
		return nil, err
	}
	standing, err := l.book.Around(Place{Desk: q.Desk.ID}, from)
	if err != nil || len(standing) == 0 {
		return nil, err
	}
	world := l.worldOf(standing[0])
	world.Near = all
	for _, start := range l.starts(q, world, from) {
		then := q
		then.Span = r.Shifted(q.Span, start).UTC()
		if !then.Start.Before(from) && free(all, then) && len(rules.Check(r, world, then, l.now)) == 0 && !then.Span.Equal(q.Span) {
			found = append(found, then.Span)
		}
		if len(found) == fewTimes {
			break
		}
	}
	return found, nil
}

// free reports whether nobody else has the desk.
func free(all []reservations.Reservation, q rules.Request) bool {
	return !slices.ContainsFunc(all, func(o reservations.Reservation) bool { return o.ID != q.Of && o.Overlaps(q.Span) })
}

// starts are the instants, in their order, at which a booking may become possible: when
// another one ends, when a rule does not stand any more, and when it was asked for, on the
// days that follow.
func (l *look) starts(q rules.Request, w rules.World, from time.Time) []time.Time {
	r := l.Rules(q.Desk)
	all := r.Starts(q.Span, from, lookAhead)
	if !rules.WholeDays(q.Span, r.Location()) {
		for _, o := range append(slices.Clone(w.Near), w.Own...) {
			all = append(all, o.End, o.End.Add(r.Buffer))
		}
		for _, refusal := range rules.Check(r, w, q, l.now) {
			all = append(all, refusal.Until)
		}
	}
	all = slices.DeleteFunc(all, func(t time.Time) bool { return t.Before(from) || t.After(from.Add(lookAhead)) })
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}
