package booking

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Vacancy is a desk that waits for someone who is away: for its owner, or for the person who
// has booked it.
type Vacancy struct {
	Desk string
	// Booking is what is booked while its person is away; nil: it is the owner who is.
	Booking *reservations.Reservation
	Person  string
	// Away are the days of the absence, by the clock of the desk's site.
	Away reservations.Span
}

// Vacancies are those of a place in a time, in the order of the desks: owners first, then
// bookings in their order.
func (b Bookings) Vacancies(ctx context.Context, place Place, s reservations.Span) (found []Vacancy, err error) {
	err = b.Store.Read(ctx, func(book Reader) error {
		// A day is over at another instant at each site.
		all, err := book.Absences("", s.Start.UTC().AddDate(0, 0, -1).Format(time.DateOnly))
		if err != nil || len(all) == 0 {
			return err
		}
		of := make(map[string][]reservations.Absence, len(all))
		for _, a := range all {
			of[reservations.PersonKey(a.Person)] = append(of[reservations.PersonKey(a.Person)], a)
		}
		desks, err := book.Standing(place, s.Start)
		if err != nil {
			return err
		}
		booked, err := book.Within(place, s)
		Gather(desks, booked)
		for _, d := range desks {
			found = append(found, b.vacant(d, of, s)...)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for who is away: %w", err)
	}
	return found, nil
}

// vacant are the vacancies of a desk, by the absences of each person.
func (b Bookings) vacant(d Standing, of map[string][]reservations.Absence, s reservations.Span) (found []Vacancy) {
	zone := b.Rules(d.Desk).Location()
	add := func(person string, r *reservations.Reservation, within reservations.Span) {
		for _, a := range of[reservations.PersonKey(person)] {
			// The database has checked the days.
			if days, err := rules.DaysOf(a.First, a.Last, zone); err == nil && days.Overlaps(within) {
				found = append(found, Vacancy{d.Desk.ID, r, person, days})
			}
		}
	}
	if d.Desk.Owner != "" {
		add(d.Desk.Owner, nil, s)
	}
	for _, r := range d.Near {
		if r.Person != "" {
			add(r.Person, &r, r.Span)
		}
	}
	return found
}
