package show

import (
	"context"
	"strings"
	"time"

	"deskd/cmd/deskd/cli"
	"deskd/reservations"
	"deskd/reservations/booking"
)

func listReservations(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.View.ListReservations(ctx, f.Filter)
	if err != nil {
		return nil, nil, err
	}
	if f.broken {
		return f.listBroken(ctx, a, all)
	}
	rows, err := f.reservationRows(ctx, a, all)
	return all, rows, err
}

// listBroken are those of some reservations that the rules are against.
func (f filter) listBroken(ctx context.Context, a *cli.App, all []reservations.Reservation) (any, [][]string, error) {
	found, err := a.Bookings().BrokenOf(ctx, all)
	if err != nil {
		return nil, nil, err
	}
	if found == nil {
		found = []booking.Broken{} // a list, too
	}
	all = nil
	for _, one := range found {
		all = append(all, one.Reservation)
	}
	rows, err := f.reservationRows(ctx, a, all)
	for i := range rows {
		rows[i] = append(rows[i], brokenRules(found[i]))
	}
	return found, rows, err
}

// brokenRules are the rules that a booking breaks, as the configuration calls them.
func brokenRules(b booking.Broken) string {
	var all []string
	for _, against := range b.Against {
		all = append(all, against.Rule)
	}
	return strings.Join(all, ";")
}

func (f filter) reservationRows(ctx context.Context, a *cli.App, all []reservations.Reservation) ([][]string, error) {
	zones, err := a.View.DeskZones(ctx)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for _, r := range all {
		rows = append(rows, f.reservationCells(r, zones(r.Desk)))
	}
	return rows, nil
}

// more are the columns of a list beside those of its kind.
func (f filter) more() string {
	if f.broken {
		return " BREAKS"
	}
	return ""
}

// reservationCells are the cells of a reservation.
func (f filter) reservationCells(r reservations.Reservation, zone *time.Location) []string {
	form := "2006-01-02 15:04"
	if f.csv {
		form = time.RFC3339
	}
	cells := []string{r.ID, r.Desk, f.whose(r.Person, r.Anonymised), r.Start.In(zone).Format(form), r.End.In(zone).Format(form), string(r.Status), r.Source, r.Note}
	switch {
	case f.csv:
		return append(cells, r.Series)
	case r.Series != "":
		cells[6] += ", series"
	}
	return cells
}
