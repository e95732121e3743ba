package booking

import (
	"deskd/reservations"
	"deskd/reservations/rules"
)

// released are the times in which a desk's owner does without it: the days on which they are
// away, by the clock of the desk's site.
func (b Bookings) released(s Standing) (spans []reservations.Span) {
	for _, a := range s.Away {
		if days, err := rules.DaysOf(a.First, a.Last, b.Rules(s.Desk).Location()); err == nil { // the database has checked them
			spans = append(spans, days)
		}
	}
	return spans
}
