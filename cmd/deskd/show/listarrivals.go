package show

import (
	"context"
	"strings"

	"deskd/cmd/deskd/cli"
	"deskd/reservations/booking"
)

// listArrivals tells who has come of those who have to, and what is released when.
func listArrivals(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.Bookings().Arrivals(ctx, booking.Place{Site: f.Site, Floor: f.Floor, Desk: f.Desk}, f.now)
	if err != nil {
		return nil, nil, err
	}
	zones, err := a.View.DeskZones(ctx)
	var rows [][]string
	for _, n := range all {
		zone := zones(n.Desk)
		state := "expected"
		switch {
		case n.Came():
			state = "came"
		case !n.Deadline.After(f.now): // the daemon says why it has not released it
			state = "held"
		}
		var evidence []string
		for _, e := range n.Evidence {
			evidence = append(evidence, e.Source+" "+f.clock(e.At, zone))
		}
		rows = append(rows, []string{n.ID, n.Desk, f.whose(n.Person, n.Anonymised), f.clock(n.Start, zone), f.clock(n.End, zone), state, f.clock(n.Deadline, zone), f.dash(strings.Join(evidence, ", "))})
	}
	return all, rows, err
}
