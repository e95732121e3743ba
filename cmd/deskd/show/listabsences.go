package show

import (
	"context"

	"deskd/cmd/deskd/cli"
)

// listAbsences tells who is away when.
func listAbsences(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.Bookings().Absences(ctx, f.Person, f.now)
	var rows [][]string
	for _, away := range all {
		rows = append(rows, []string{away.ID, away.Person, away.First, away.Last, away.Note})
	}
	return all, rows, err
}
