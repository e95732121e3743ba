package show

import (
	"context"
	"strconv"
	"time"

	"deskd/cmd/deskd/cli"
)

// session is what was seen on a phone last.
type session struct {
	Desk   string    `json:"desk"`
	Device string    `json:"device"`
	Known  bool      `json:"known"`
	Person string    `json:"person,omitempty"`
	Ours   bool      `json:"ours"` // deskd has begun it
	Since  time.Time `json:"since,omitzero"`
	Seen   time.Time `json:"seen,omitzero"`
}

// listSessions tells who was seen on which phone, by what the database holds.
func listSessions(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	desks, err := a.View.ListDesks(ctx, f.Filter)
	if err != nil {
		return nil, nil, err
	}
	all, rows := []session{}, [][]string(nil)
	for _, d := range desks {
		p, zone := d.Phone, a.View.Zone(d.Desk.Site)
		all = append(all, session{d.Desk.ID, d.Desk.Device, p.Known, p.Person, p.Ours, p.Since, p.At})
		rows = append(rows, []string{d.Desk.ID, d.Desk.Device, strconv.FormatBool(p.Known), f.dash(p.Person), strconv.FormatBool(p.Ours), f.dash(f.clock(p.Since, zone)), f.dash(f.clock(p.At, zone))})
	}
	return all, rows, nil
}
