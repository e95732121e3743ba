package reports

import (
	"slices"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Desk is one that a report is on, with what says when it is open.
type Desk struct {
	reservations.Desk
	Rules rules.Rules
	World rules.World // its closures and holidays
}

// Asks reports whether the person of a booking of the desk is asked to check in.
func (d Desk) Asks(r reservations.Reservation) bool {
	_, asked := d.Rules.Coming(r)
	return asked
}

// opened is a part of a day in which a desk is open.
type opened struct {
	reservations.Span
	day string
}

// open adds the desk and the minutes in which it is open. Of days of which not all bookings are
// known nothing is: what is booked of them is not known.
func (s *Sum) open(d Desk) {
	place := Place{d.Site, d.Floor, d.Zone, d.ID}
	counted := make(map[*line]bool)
	for day := s.asked.First; !day.After(s.asked.Last); day = day.AddDate(0, 0, 1) {
		name := day.Format(time.DateOnly)
		l := s.at(place, name)
		if !counted[l] {
			counted[l] = true
			l.Desks++
		}
		if name < s.since.Details {
			continue
		}
		for _, span := range rules.Open(d.Rules, d.World, d.Desk, rules.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}) {
			l.Open += int(span.Duration().Minutes())
			s.openings[d.ID] = append(s.openings[d.ID], opened{span, name})
		}
	}
}

// take adds what a booking takes of the opening hours of its desk.
func (s *Sum) take(b Booking) {
	all := s.openings[b.Desk]
	first, _ := slices.BinarySearchFunc(all, b.Start, func(o opened, t time.Time) int { return o.End.Compare(t) })
	for _, o := range all[first:] {
		if !o.Start.Before(b.End) {
			return
		}
		taken := reservations.Span{Start: reservations.Latest(o.Start, b.Start), End: reservations.Earliest(o.End, b.End)}
		if !taken.Empty() {
			s.at(b.Place, o.day).Taken += int(taken.Duration().Minutes())
		}
	}
}
