package imports

import (
	"context"
	"fmt"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/store"
)

// noteTwoDesks tells of the lines whose person has another desk at the same time, in
// the file or in the database. They are imported: one of the two desks may be for a
// guest, or the phone system may allow several sessions.
func (i *Importer) noteTwoDesks(ctx context.Context, rows []store.Row[reservations.Reservation], now time.Time) error {
	var all reservations.Span
	for _, r := range rows {
		if all.Empty() {
			all = r.Is.Span
		}
		if r.Is.Start.Before(all.Start) {
			all.Start = r.Is.Start
		}
		if r.Is.End.After(all.End) {
			all.End = r.Is.End
		}
	}
	booked, err := i.Store.Reservations(ctx, all)
	if err != nil {
		return err
	}
	byPerson := make(map[string][]reservations.Reservation)
	for _, r := range booked {
		byPerson[reservations.PersonKey(r.Person)] = append(byPerson[reservations.PersonKey(r.Person)], r)
	}
	if i.DryRun {
		for _, r := range rows {
			byPerson[reservations.PersonKey(r.Is.Person)] = append(byPerson[reservations.PersonKey(r.Is.Person)], r.Is)
		}
	}
	for _, r := range rows {
		for _, o := range byPerson[reservations.PersonKey(r.Is.Person)] {
			if r.Is.Person != "" && o.Desk != r.Is.Desk && o.Overlaps(r.Is.Span) && o.End.After(now) {
				i.notes = append(i.notes, complaint{r.Line, fmt.Errorf("two desks at once: %s has desk %s from %s to %s as well",
					r.Is.Person, o.Desk, console.ShortTime(o.Start, i.View.Zone(""), now), console.ZonedTime(o.End, i.View.Zone(""), now))})
				break
			}
		}
	}
	return nil
}
