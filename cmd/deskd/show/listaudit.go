package show

import (
	"context"
	"fmt"

	"deskd/cmd/deskd/cli"
	"deskd/web/view"
)

// listAudit lists who changed what.
func listAudit(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.View.ListAudit(ctx, f.Filter)
	var rows [][]string
	for _, r := range all {
		item, what := r.Item, string(r.What)
		if r.Redacted {
			item, what = "-", view.NamesRemoved
		}
		if r.Problem != "" {
			what = r.Problem + ": " + what
		}
		if r.Claims != "" {
			r.Actor += " (says " + r.Claims + ")"
		}
		rows = append(rows, []string{fmt.Sprint(r.ID), f.clock(r.At, f.zone), r.Actor, r.Verb, r.Kind, item, what})
	}
	return all, rows, err
}
