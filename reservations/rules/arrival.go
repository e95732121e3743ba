package rules

import (
	"strings"
	"time"

	"deskd/reservations"
)

// CheckIn asks that who has booked a desk comes: else the booking is released. The zero
// CheckIn asks nothing.
type CheckIn struct {
	// Before is how long before the start of a booking it counts that someone is there.
	Before time.Duration
	// Within is how long after the start there has to be something that says so; zero asks
	// nothing.
	Within time.Duration
	// Feeds says that bookings of calendars and of other programs are released as well.
	Feeds bool
}

// Window is when it counts that the person of a booking has come: until its end, the
// booking is released, as long as nothing says so. None is asked of
//
//	a booking that is over by then, or of nobody
//	one that was made, or changed, when it had begun: who did has just said that they want it
//	a calendar's or another program's, unless c says so
func (c CheckIn) Window(r reservations.Reservation) (w reservations.Span, asked bool) {
	w = reservations.Span{Start: r.Start.Add(-c.Before), End: r.Start.Add(c.Within)}
	theirs := r.Source == reservations.SourceSQL || strings.HasPrefix(r.Source, reservations.FeedSource(""))
	known := reservations.Latest(r.Seen, r.Updated)
	return w, c.Within > 0 && r.Status == reservations.Confirmed && r.Person != "" && w.End.Before(r.End) &&
		known.Before(r.Start) && (!theirs || c.Feeds)
}

// HolidayOf is the days of a wall clock that a span touches, as holidays.
func HolidayOf(s reservations.Span, name string, zone *time.Location) Holiday {
	first, last := days(s, zone)
	return Holiday{From: first, To: last, Name: name}
}

// Ends are instants at which a booking might have to end, up to a limit: when the site
// closes, and when slots end. They are in no order.
func (r Rules) Ends(from, limit time.Time) []time.Time {
	zone := r.clock()
	var all []time.Time
	for d := dateOf(from, zone); !startOf(d, zone).After(limit); d = d.Plus(1) {
		for _, slot := range r.Slots {
			all = append(all, at(d, slot.To, zone).UTC())
		}
		if r.Week != nil && r.Week[d.Weekday()] != (Hours{}) {
			all = append(all, at(d, r.Week[d.Weekday()].To, zone).UTC())
		}
	}
	return all
}
