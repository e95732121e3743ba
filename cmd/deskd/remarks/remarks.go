package remarks

import (
	"context"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/web/view"
)

// ahead is how far ahead closures and absences are remarked upon.
const ahead = 24 * time.Hour

// Source is what remarks are made of.
type Source struct {
	Bookings booking.Bookings
	// Desks are all there are.
	Desks func(ctx context.Context) ([]reservations.Desk, error)
	// ChecksIn says that anyone has to check in.
	ChecksIn bool
	// Idle tells who is logged out for being idle; nil for nobody.
	Idle func(ctx context.Context, desk string, at time.Time) ([]view.Remark, error)
}

// Of are the remarks about a desk, or about all for ”, at an instant.
func (s Source) Of(ctx context.Context, desk string, at time.Time) ([]view.Remark, error) {
	all, err := s.closed(ctx, desk, at)
	if err != nil {
		return all, err
	}
	away, err := s.away(ctx, desk, at)
	if all = append(all, away...); err == nil && s.Idle != nil {
		var idle []view.Remark
		idle, err = s.Idle(ctx, desk, at)
		all = append(all, idle...)
	}
	if err != nil || !s.ChecksIn {
		return all, err
	}
	expected, err := s.Bookings.Arrivals(ctx, booking.Place{Desk: desk}, at)
	for _, e := range expected {
		if !e.Came() {
			all = append(all, view.Remark{Desk: e.Desk, Before: "released at", At: e.Deadline, After: "unless " + e.Person + " comes"})
		}
	}
	return all, err
}

// closed tells which desks are closed, or will be soon.
func (s Source) closed(ctx context.Context, desk string, at time.Time) ([]view.Remark, error) {
	closures, err := s.Bookings.Closures(ctx, booking.Place{Desk: desk}, at)
	if err != nil || len(closures) == 0 {
		return nil, err
	}
	desks, err := s.Desks(ctx)
	var all []view.Remark
	for _, d := range desks {
		for _, c := range closures {
			if !c.Holds(d) || desk != "" && d.ID != desk || c.Start.After(at.Add(ahead)) {
				continue
			}
			r := view.Remark{Desk: d.ID, Before: "closed until", At: c.End, After: "(" + c.Why + ")"}
			if c.Start.After(at) {
				r.Before, r.At = "closed from", c.Start
			}
			all = append(all, r)
		}
	}
	return all, err
}

// away tells which desks' owners are away, or will be soon, and who has booked one and is.
func (s Source) away(ctx context.Context, desk string, at time.Time) (all []view.Remark, err error) {
	found, err := s.Bookings.Vacancies(ctx, booking.Place{Desk: desk}, reservations.Span{Start: at, End: at.Add(ahead)})
	for _, v := range found {
		r := view.Remark{Desk: v.Desk, Before: "its owner " + v.Person + " is away until", At: v.Away.End}
		switch {
		case v.Booking != nil:
			r.Before = "booked by " + v.Person + ", who is away until"
		case v.Away.Start.After(at):
			r.Before, r.At = "its owner "+v.Person+" is away from", v.Away.Start
		}
		all = append(all, r)
	}
	return all, err
}
