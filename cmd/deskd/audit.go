package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"deskd/store"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Verify the audit",
		Args:  verbOf,
		RunE:  func(*cobra.Command, []string) error { return usage("expected verify; see deskd audit --help") },
	}
	cmd.AddCommand(auditVerifyCommand())
	return cmd
}

func auditVerifyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that no row of the audit was changed, moved or removed",
		Long: `Compute the chain of the audit anew and compare it with what is stored, and with what
the marker beside the database knows. Exit code 1: a row is not as it was written, and the
first such row is named; or tables and triggers are not as deskd made them, so that changes
may have gone unseen. deskd list audit shows the rows. A redacted row has lost whom
it was about, by retention or deskd person erase; that it was there, and when, stays proven.

The chain has no secret: somebody who may write the database and its marker can make
another one that fits. Keep the head that this verb prints elsewhere, and compare.`,
		Args: takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := wantsJSON(cmd)
			if err != nil {
				return err
			}
			return openApp(cmd, true, func(ctx context.Context, a *app) error {
				report, err := a.store.VerifyAudit(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					err = printJSON(cmd.OutOrStdout(), report)
				} else {
					_, err = fmt.Fprint(cmd.OutOrStdout(), auditText(report))
				}
				if err == nil && (report.Broken != 0 || len(report.Schema) > 0) {
					return errSaid
				}
				return err
			})
		},
	}
	addOutput(cmd)
	return cmd
}

// auditText says what a verification has found.
func auditText(r store.AuditReport) string {
	text := ""
	for _, f := range r.Schema {
		text += f.What + ": changes may have gone unseen\n"
	}
	return text + chainText(r)
}

func chainText(r store.AuditReport) string {
	if r.Broken != 0 {
		return sprintf("audit row %d: %s\n", r.Broken, r.Problem)
	}
	text := sprintf("the audit is whole: rows %d to %d\n", r.Pruned+1, r.Last)
	if r.Last == r.Pruned {
		text = "the audit is empty\n"
	}
	if r.Pruned > 0 {
		text += sprintf("rows up to %d were removed by retention\n", r.Pruned)
	}
	if r.Redacted > 0 {
		text += sprintf("%s redacted: whom they were about was removed, all else is proven\n", count(r.Redacted, "row is", "rows are"))
	}
	if r.Waiting > 0 {
		text += sprintf("%s of other programs not chained yet; a running daemon does so\n", count(r.Waiting, "row", "rows"))
	}
	return text + "head " + r.Head + "\n"
}

func listAudit(ctx context.Context, a *app, f listFilter) (any, [][]string, error) {
	all, err := a.store.Audit(ctx, store.AuditFilter{Since: f.since, Until: f.until, Limit: f.limit})
	var rows [][]string
	for _, r := range all {
		item, what := r.Item, string(r.What)
		if r.Redacted {
			item, what = "-", namesRemoved
		}
		if r.Problem != "" {
			what = r.Problem + ": " + what
		}
		rows = append(rows, []string{fmt.Sprint(r.ID), f.clock(r.At, f.zone), r.Actor, r.Verb, r.Kind, item, what})
	}
	return all, rows, err
}

// namesRemoved is shown in the place of what named somebody.
const namesRemoved = "(names removed)"
