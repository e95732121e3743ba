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

// Coming is when it counts that the person of a booking has come.
type Coming struct {
	reservations.Span // it counts from its start on; the booking is released at its end
	// Due is from when on they have [CheckIn.Within] to come: the start of the booking, and of
	// one of whole days, when the first of them opens.
	Due time.Time
}

// Coming is when it counts that the person of a booking has come: until its end, the
// booking is released, as long as nothing says so. None is asked of
//
//	a booking that is over by then, or of nobody
//	one of whole days where the first does not open after midnight: nobody comes at night
//	one that was made, or changed, when it had begun: who did has just said that they want it
//	a calendar's or another program's, unless the rules say so
func (r Rules) Coming(b reservations.Reservation) (c Coming, asked bool) {
	c.Due, asked = b.Start, true
	if WholeDays(b.Span, r.clock()) {
		c.Due, asked = r.opens(dateOf(b.Start, r.clock()))
	}
	c.Span = reservations.Span{Start: b.Start.Add(-r.CheckIn.Before), End: c.Due.Add(r.CheckIn.Within)}
	theirs := b.Source == reservations.SourceSQL || strings.HasPrefix(b.Source, reservations.FeedSource(""))
	known := reservations.Latest(b.Seen, b.Updated)
	return c, asked && r.CheckIn.Within > 0 && b.Status == reservations.Confirmed && b.Person != "" && c.End.Before(b.End) &&
		known.Before(b.Start) && (!theirs || r.CheckIn.Feeds)
}

// opens is when people can come on a day: when it opens, and its first slot begins. There is
// no such instant of a day that has begun so.
func (r Rules) opens(d Date) (time.Time, bool) {
	minute := 0
	if r.Week != nil {
		minute = r.Week[d.Weekday()].From
	}
	if len(r.Slots) > 0 {
		minute = max(minute, r.Slots[0].From)
	}
	return at(d, minute, r.clock()).UTC(), minute > 0
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
