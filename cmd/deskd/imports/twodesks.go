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
func (i *Importer) noteTwoDesks(ctx context.Context, rows []store.Row[reservations.Reservation], now time.Time) error {
	booked, err := i.Store.Reservations(ctx, spanOf(rows))
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
		theirs := byPerson[reservations.PersonKey(r.Is.Person)]
		n := slices.IndexFunc(theirs, func(o reservations.Reservation) bool {
			return r.Is.Person != "" && o.Desk != r.Is.Desk && o.Overlaps(r.Is.Span) && o.End.After(now)
		})
		if n >= 0 {
			o := theirs[n]
			i.notes = append(i.notes, complaint{r.Line, fmt.Errorf("two desks at once: %s has desk %s from %s to %s as well",
				r.Is.Person, o.Desk, console.ShortTime(o.Start, i.View.Zone(""), now), console.ZonedTime(o.End, i.View.Zone(""), now))})
		}
	}
	return nil
}

// spanOf is the time from the first start of the rows to their last end.
func spanOf(rows []store.Row[reservations.Reservation]) reservations.Span {
	var all reservations.Span
	for n, r := range rows {
		if n == 0 {
			all = r.Is.Span
		}
		all.Start, all.End = reservations.Earliest(all.Start, r.Is.Start), reservations.Latest(all.End, r.Is.End)
	}
	return all
}
