package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/doctor"
	"deskd/store"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Verify the audit",
		Args:  cli.VerbOf,
		RunE:  func(*cobra.Command, []string) error { return cli.Usagef("expected verify; see deskd audit --help") },
	}
	cmd.AddCommand(auditVerifyCommand())
	return cmd
}

func auditVerifyCommand() *cobra.Command {
	var anchors string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that no row of the audit was changed, moved or removed",
		Long: `Compute the chain of the audit again and compare it with what is stored, and with what
the marker beside the database knows. Exit code 1: a row is not as it was written, and the
first such row is named; or tables and triggers are not as deskd made them, so that changes
may have gone unseen. deskd list audit shows the rows. A redacted row has lost whom
it was about, by retention or deskd person erase; that it was there, and when, stays proven.

Rows of the chain that deskd has not written itself are found by the key in the marker.
A program that may write the marker, too, can make another chain that fits: --anchors FILE
compares with the heads that the daemon has written, every hour, into that file (key
database.anchors), or with what you have kept of it elsewhere. Exit code 1: the database
does not contain one of them, a line is none that deskd has written, or the file has no
head of a database whose audit is older than an hour, so that it proves nothing.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := cli.WantsJSON(cmd)
			if err != nil {
				return err
			}
			return openApp(cmd, true, func(ctx context.Context, a *app) error {
				report, err := a.verifyAudit(ctx, anchors)
				if err != nil {
					return err
				}
				now := a.Clock.Now()
				if asJSON {
					err = console.JSON(cmd.OutOrStdout(), report)
				} else {
					_, err = fmt.Fprint(cmd.OutOrStdout(), auditText(report, now))
				}
				if err == nil && report.doubtful(now) {
					return cli.ErrSaid
				}
				return err
			})
		},
	}
	cli.AddOutput(cmd)
	cmd.Flags().StringVar(&anchors, "anchors", "", "compare with the heads in this `file`, too")
	return cmd
}

// auditReport is what a verification has found, of chain and anchors.
type auditReport struct {
	store.AuditReport
	Anchors *store.AnchorsReport `json:"anchors,omitempty"`
}

// verifyAudit verifies the audit, and with a file of anchors that it contains them.
func (a *app) verifyAudit(ctx context.Context, anchors string) (auditReport, error) {
	chain, err := a.Store.VerifyAudit(ctx)
	report := auditReport{AuditReport: chain}
	if err != nil || anchors == "" {
		return report, err
	}
	compared, err := a.Store.VerifyAnchors(ctx, anchors)
	report.Anchors = &compared
	return report, err
}

// doubtful reports whether anything is not as deskd has written it.
func (r auditReport) doubtful(now time.Time) bool {
	return r.Broken != 0 || len(r.Schema)+len(r.Doubts) > 0 ||
		r.Anchors != nil && (len(r.Anchors.Missing)+len(r.Anchors.Unreadable) > 0 || r.Anchors.Silent(now))
}

// auditText says what a verification has found.
func auditText(r auditReport, now time.Time) string {
	text := ""
	for _, f := range r.Schema {
		text += f.What + ": changes may have gone unseen\n"
	}
	for _, d := range r.Doubts {
		text += d + "\n"
	}
	text += chainText(r.AuditReport)
	if r.Anchors != nil {
		text += doctor.AnchorsText(*r.Anchors, now)
	}
	return text
}

func chainText(r store.AuditReport) string {
	if r.Broken != 0 {
		return console.Sprintf("audit row %d: %s\n", r.Broken, r.Problem)
	}
	text := console.Sprintf("the audit is whole: rows %d to %d\n", r.Pruned+1, r.Last)
	if r.Last == r.Pruned {
		text = "the audit is empty\n"
	}
	if r.Pruned > 0 {
		text += console.Sprintf("rows up to %d were removed by retention\n", r.Pruned)
	}
	if r.Redacted > 0 {
		text += console.Sprintf("%s redacted: whom they were about was removed, all else is proven\n", console.Count(r.Redacted, "row is", "rows are"))
	}
	if r.Former > 0 {
		text += fmt.Sprintf("%s chained with a key that the marker has no more: who made their changes is not proven\n", console.Count(r.Former, "row was", "rows were"))
	}
	if r.Waiting > 0 {
		text += console.Sprintf("%s of other programs not chained yet; a running daemon does so\n", console.Count(r.Waiting, "row", "rows"))
	}
	return text + "head " + r.Head + "\n"
}
