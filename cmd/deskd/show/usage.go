package show

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"deskd/cmd/deskd/cli"
	"deskd/reservations"
)

// listDays is how much was booked at each site on each day.
func listDays(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.Store.Usage(ctx, f.now)
	days := f.counts(all.Days)
	var rows [][]string
	for _, c := range days {
		rows = append(rows, append([]string{c.Period, f.dash(c.Site)}, sums(c)...))
	}
	return days, rows, err
}

// listUsage is how much each desk was booked in each month.
func listUsage(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.Store.Usage(ctx, f.now)
	months := f.counts(all.Months)
	var rows [][]string
	for _, c := range months {
		rows = append(rows, append([]string{c.Period, c.Desk, f.dash(c.Site)}, sums(c)...))
	}
	return months, rows, err
}

// counts are those that f keeps; none is a list, too.
func (f filter) counts(all []reservations.Usage) []reservations.Usage {
	return slices.DeleteFunc(append([]reservations.Usage{}, all...), func(c reservations.Usage) bool {
		return f.Site != "" && c.Site != f.Site || f.Desk != "" && c.Desk != f.Desk
	})
}

// sums are the cells of a count.
func sums(c reservations.Usage) []string {
	return []string{strconv.Itoa(c.Bookings), fmt.Sprintf("%.1f", float64(c.Minutes)/60), strconv.Itoa(c.Cancelled)}
}
