package show

import (
	"context"

	"deskd/cmd/deskd/cli"
	"deskd/reservations/booking"
)

// listClosures tells which desks cannot be booked for a time, and why.
func listClosures(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.Bookings().Closures(ctx, booking.Place{Site: f.Site, Floor: f.Floor, Desk: f.Desk}, f.now)
	if err != nil {
		return nil, nil, err
	}
	zones, err := a.View.DeskZones(ctx)
	var rows [][]string
	for _, c := range all {
		zone := a.View.Zone(c.Site)
		if c.Desk != "" {
			zone = zones(c.Desk)
		}
		rows = append(rows, []string{c.ID, f.dash(c.Site), f.dash(c.Floor), f.dash(c.Zone), f.dash(c.Desk), f.clock(c.Start, zone), f.clock(c.End, zone), c.Why})
	}
	return all, rows, err
}
