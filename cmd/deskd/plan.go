package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"deskd/scheduler"
)

func planCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show the steps a round would take now, with reasons, and take none",
		Long: `Show the steps a round would take now, or at another time, and why. The phones are
asked who is logged in (a question changes nothing there); --seen plans on what the
daemon saw last instead. Nothing is sent to a phone and nothing is written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := wantsJSON(cmd)
			if err != nil {
				return err
			}
			seen, err := cmd.Flags().GetBool("seen")
			if err != nil {
				return err
			}
			desk, err := cmd.Flags().GetString("desk")
			if err != nil {
				return err
			}
			return openApp(cmd, true, func(ctx context.Context, a *app) error {
				if desk != "" {
					if _, err := a.store.Desk(ctx, desk); err != nil {
						return err
					}
				}
				at, err := timeFlag(cmd, "at", a.zone(""), a.clock.Now())
				if err != nil {
					return err
				}
				steps, err := a.steps(ctx, desk, !seen, at)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), steps)
				}
				return a.printSteps(cmd.OutOrStdout(), steps, at)
			})
		},
	}
	cmd.Flags().String("at", "", "plan as if it were this `time`")
	cmd.Flags().String("desk", "", "only this `desk`")
	cmd.Flags().Bool("seen", false, "plan on what was last seen instead of asking the phones")
	addOutput(cmd)
	return cmd
}

// steps previews every cluster, and keeps those of desk unless it is empty.
func (a *app) steps(ctx context.Context, desk string, ask bool, at time.Time) ([]scheduler.Step, error) {
	steps := []scheduler.Step{}
	for _, c := range a.config.Clusters {
		r, err := a.reconciler(c, scheduler.Unwatched{})
		if err != nil {
			return nil, err
		}
		p, err := r.Preview(ctx, ask, at)
		if err != nil {
			return nil, fmt.Errorf("cluster %q: %w (with --seen, what was last seen is planned on)", c.Name, err)
		}
		steps = append(steps, p.Steps...)
	}
	if desk != "" {
		steps = slices.DeleteFunc(steps, func(s scheduler.Step) bool { return s.Desk != desk })
	}
	return steps, nil
}

func (a *app) printSteps(w io.Writer, steps []scheduler.Step, at time.Time) error {
	if len(steps) == 0 {
		_, err := fmt.Fprintln(w, "Nothing to do: every phone is as the bookings say.")
		return err
	}
	zone := a.zone("")
	var rows [][]string
	for _, s := range steps {
		when := "now"
		switch {
		case s.Op == scheduler.OpHold:
			when = "-"
		case s.NotBefore.After(at):
			when = shortTime(s.NotBefore, zone, at)
		}
		rows = append(rows, []string{when, string(s.Op), dash(s.Desk), s.Device, dash(s.Person), string(s.Cause), s.Why})
	}
	return table(w, "WHEN STEP DESK PHONE PERSON CAUSE WHY", rows)
}
