package feeds

import (
	"context"
	"errors"
	"fmt"
	"io"

	"deskd/cmd/deskd/console"
	"deskd/reservations"
)

// printHeld shows who is affected by a held change, and how to answer.
func (a *opened) printHeld(ctx context.Context, w io.Writer, name string, h reservations.Held) error {
	if !h.Any() {
		_, err := console.Printf(w, "No change of feed %s is held.\n", name)
		return err
	}
	rows, err := a.heldRows(ctx, h)
	if err != nil {
		return err
	}
	if err := console.Table(w, "CHANGE DESK PERSON START END NOW", rows); err != nil {
		return err
	}
	people := make(map[string]bool)
	for _, r := range h.Change.Drop {
		people[reservations.PersonKey(r.Person)] = true
	}
	console.Say(w, "\nChange %s of feed %s drops %s of %s, replaces %d and adds %d.\n", h.ID(), name,
		console.Count(len(h.Change.Drop), "booking", "bookings"), console.Count(len(people), "person", "people"), len(h.Change.Update), len(h.Change.Add))
	if h.Answer == reservations.Unanswered {
		_, err = console.Printf(w, "deskd feed accept %s --change %s applies it, deskd feed reject %[1]s --change %[2]s keeps the bookings.\n", name, h.ID())
	}
	return err
}

// heldRows lists a held change by what becomes of each booking. Of those that
// run it says so: their people lose their phone.
func (a *opened) heldRows(ctx context.Context, h reservations.Held) ([][]string, error) {
	zones, err := a.View.DeskZones(ctx)
	if err != nil {
		return nil, err
	}
	now := a.Clock.Now()
	var rows [][]string
	row := func(what string, r reservations.Reservation, note string) {
		zone := zones(r.Desk)
		rows = append(rows, []string{what, r.Desk, console.Dash(r.Person), r.Start.In(zone).Format("2006-01-02 15:04"), r.End.In(zone).Format("2006-01-02 15:04"), note})
	}
	for _, r := range h.Change.Drop {
		note := ""
		if r.Contains(now) {
			note = "it runs"
		}
		row("drop", r, note)
	}
	for _, r := range h.Change.Update {
		old, err := a.Store.Reservation(ctx, r.ID)
		if errors.Is(err, reservations.ErrNotFound) {
			row("replace", r, "") // it has gone since
			continue
		}
		if err != nil {
			return nil, err
		}
		zone := zones(old.Desk)
		row("replace", r, fmt.Sprintf("%s for %s from %s to %s", old.Desk, console.Dash(old.Person), console.ShortTime(old.Start, zone, now), console.ShortTime(old.End, zone, now)))
	}
	for _, r := range h.Change.Add {
		row("add", r, "")
	}
	return rows, nil
}
