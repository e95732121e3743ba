package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/scheduler/report"
)

func reconcileCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Ask every phone now, repair what differs, and report it by cause",
		Long: `Ask the phone system about every desk now, repair what differs from the bookings,
and print a report of the differences by cause.

When a daemon runs on this database it does the work, and this verb waits for its
report. Exit code 1: some phones did not answer, or are still not as the bookings
say, or a cluster is paused or has logouts held, whatever its phones show, or desks are on
a cluster that is not in the configuration. Standard error says which of these it was.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := cli.WantsJSON(cmd)
			if err != nil {
				return err
			}
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				// Opened before anything is sent: repairs without their report would go unnoticed.
				out, err := createOutput(cmd, path)
				if err != nil {
					return cli.Usagef("--report: %w", err)
				}
				report, err := a.Reconcile(ctx)
				if err == nil && asJSON {
					err = console.JSON(out, report)
				} else if err == nil {
					_, err = report.WriteTo(out)
				}
				err = errors.Join(err, out.Close())
				if err == nil && !report.Right() {
					err = notRight(cmd.ErrOrStderr(), report)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&path, "report", "-", "`file` for the report, - for standard output")
	cli.AddOutput(cmd)
	return cmd
}

// notRight says why a report is not right, and is the error of the verb.
func notRight(w io.Writer, r report.Report) error {
	if r.Unknown > 0 {
		console.Say(w, "deskd: %d of %d phones did not answer; deskd doctor says more\n", r.Unknown, r.Desks)
	}
	if r.Differ > 0 {
		console.Say(w, "deskd: %s still not as the bookings say; deskd plan --seen says what is to come\n", console.Count(r.Differ, "phone is", "phones are"))
	}
	if r.Doubted > 0 {
		console.Say(w, "deskd: the last answers about %s may be from the past; ask again in a minute\n", console.Count(r.Doubted, "phone", "phones"))
	}
	for _, p := range r.Problems {
		console.Say(w, "deskd: not right: %s\n", p)
	}
	return cli.ErrSaid
}

// createOutput creates the file at path, "-" being standard output.
func createOutput(cmd *cobra.Command, path string) (io.WriteCloser, error) {
	if path == "-" {
		return keptOpen{cmd.OutOrStdout()}, nil
	}
	return os.Create(path) //nolint:gosec // the user of the verb names the file
}

// keptOpen is a writer that Close leaves open.
type keptOpen struct{ io.Writer }

func (keptOpen) Close() error { return nil }
