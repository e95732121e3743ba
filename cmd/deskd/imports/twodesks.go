package imports

import (
	"context"
	"fmt"
	"slices"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/store"
)

// noteTwoDesks tells of the lines whose person has another desk at the same time, in
// the file or in the database. They are imported: one of the two desks may be for a
// guest, or the phone system may allow several sessions.
func (i *Importer) noteTwoDesks(ctx context.Context, rows []store.Row[store.Booking], in func(row int) bool, now time.Time) error {
	busy, err := i.seatsOf(ctx, rows, in, now)
	if err != nil {
		return err
	}
	for n, r := range rows {
		if !in(n) || r.Is.Person == "" {
			continue
		}
		if o, ok := busy[reservations.PersonKey(r.Is.Person)].beside(r.Is); ok {
			i.notes = append(i.notes, complaint{r.Line, fmt.Errorf("two desks at once: %s has desk %s from %s to %s as well",
				r.Is.Person, o.desk, console.ShortTime(o.Start, i.View.Zone(""), now), console.ZonedTime(o.End, i.View.Zone(""), now))})
		}
	}
	return nil
}

// seatsOf are the seats of those in the file that are not over, in the time that it is
// about, by the key of the person.
func (i *Importer) seatsOf(ctx context.Context, rows []store.Row[store.Booking], in func(row int) bool, now time.Time) (map[string]*seats, error) {
	busy := make(map[string]*seats)
	var all reservations.Span
	for n, r := range rows {
		if in(n) && r.Is.Person != "" {
			busy[reservations.PersonKey(r.Is.Person)] = &seats{}
			all = spanning(all, r.Is.Span)
		}
	}
	take := func(desk, person string, when reservations.Span) {
		if theirs, ok := busy[reservations.PersonKey(person)]; ok && when.End.After(now) {
			theirs.all = append(theirs.all, seat{desk, when})
			theirs.longest = max(theirs.longest, when.Duration())
		}
	}
	if err := i.Store.EachBooking(ctx, all, take); err != nil {
		return nil, err
	}
	for n, r := range rows {
		if i.DryRun && in(n) {
			take(r.Is.Desk, r.Is.Person, r.Is.Span)
		}
	}
	for _, theirs := range busy {
		slices.SortStableFunc(theirs.all, func(a, b seat) int { return a.Start.Compare(b.Start) })
	}
	return busy, nil
}

// seat is a desk that someone has for a time.
type seat struct {
	desk string
	reservations.Span
}

// seats are those of one person, in the order in which they begin.
type seats struct {
	all     []seat
	longest time.Duration
}

// beside is the first seat at another desk in the time of b.
func (s *seats) beside(b store.Booking) (seat, bool) {
	// What begins earlier than the longest of them lasts is over when b begins.
	n, _ := slices.BinarySearchFunc(s.all, b.Start.Add(-s.longest), func(s seat, t time.Time) int { return s.Start.Compare(t) })
	for _, o := range s.all[n:] {
		switch {
		case !o.Start.Before(b.End):
			return seat{}, false
		case o.desk != b.Desk && o.Overlaps(b.Span):
			return o, true
		}
	}
	return seat{}, false
}

// spanning is the time from the first start of two spans to their last end.
func spanning(all, more reservations.Span) reservations.Span {
	if all.Empty() {
		return more
	}
	return reservations.Span{Start: reservations.Earliest(all.Start, more.Start), End: reservations.Latest(all.End, more.End)}
}
