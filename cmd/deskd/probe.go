package main

import (
	"context"
	"errors"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/doctor"
)

func probeCommand() *cobra.Command {
	var o probeOptions
	cmd := &cobra.Command{
		Use:   "probe-duration --desk D --person P",
		Short: "Find the unit of exclusiveDuration on a real phone",
		Long: `Log a person in on a free phone for a small number of units, and watch when the
session ends: after as many seconds, as many minutes, or neither. No document says
which of them a phone system counts, and sessions of a wrong unit end in the middle
of a booking. The session is ended in any case, also by Ctrl-C and when the terminal
is closed. Where the phone system does not answer, or this process is killed, it stays
until its own end, a logout at the phone, or the next deskd serve, which ends it.

The daemon must not run meanwhile (exit code 75), the phone must be free and nobody
may have booked it for the next minutes. Exit code 1: refused, or neither.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := cli.WantsJSON(cmd)
			if err != nil {
				return err
			}
			if err := o.check(cmd); err != nil {
				return err
			}
			c, err := cli.LoadConfig(cmd)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGHUP) // a terminal that is closed
			defer stop()
			cmd.SetContext(ctx)
			return daemon.Locked(c, func() error {
				return openApp(cmd, false, func(ctx context.Context, a *app) error {
					p, err := doctor.NewProbe(ctx, a.Parts, o.ProbeOptions, cmd.ErrOrStderr())
					if err != nil {
						return err
					}
					m, err := p.Run(ctx)
					if err != nil {
						return errors.Join(err, p.Remember(context.WithoutCancel(ctx), err))
					}
					return printMeasurement(cmd.OutOrStdout(), m, asJSON)
				})
			})
		},
	}
	cmd.Flags().StringVar(&o.Desk, "desk", "", "the `desk` whose phone is used")
	cmd.Flags().StringVar(&o.Person, "person", "", "the `person` who is logged in")
	cmd.Flags().IntVar(&o.Units, "minutes", 2, "ask for so many units")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 0, "watch for so long (default: as many minutes, and 90 seconds)")
	cli.AddOutput(cmd)
	return cmd
}

// probeOptions are the flags of probe-duration.
type probeOptions struct{ doctor.ProbeOptions }

func (o *probeOptions) check(cmd *cobra.Command) error {
	if err := cli.Required(cmd, "desk", "person"); err != nil {
		return err
	}
	if o.Units < 1 || o.Units > 60 {
		return cli.Usagef("--minutes %d: from 1 to 60", o.Units)
	}
	enough := time.Duration(o.Units)*time.Minute + 90*time.Second
	if o.Timeout == 0 {
		o.Timeout = enough
	}
	if o.Timeout < enough {
		return cli.Usagef("--timeout %v: at least %v, or minutes could not be told from nothing", o.Timeout, enough)
	}
	return nil
}

// printMeasurement writes the result; that no unit was found is an error that has been said.
func printMeasurement(w io.Writer, m doctor.Measurement, asJSON bool) error {
	var err error
	if asJSON {
		err = console.JSON(w, m)
	} else {
		_, err = console.Printf(w, "%s: %s\n%s\n", m.Unit, m.Says, m.Advice)
	}
	if err == nil && m.Unit == "neither" {
		return cli.ErrSaid
	}
	return err
}
