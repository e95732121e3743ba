package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/demo"
)

func demoCommand() *cobra.Command {
	var o demo.Options
	var listen, keep string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a whole working day in a minute, against emulated phones",
		Long: `Run deskd for a whole working day in about a minute: an Extension Mobility service
with phones (emulated, but a real HTTP server), two calendar feeds over HTTP, and a
SQLite database in a temporary folder. The day has walk-ups, a stranger, logouts by
hand, moved and cancelled bookings, a busy phone system, a lost phone and more, and
people who check in and extend at their phones.

It prints each login, logout and repair, what some phones show, and a tally of what
the phones really showed. Exit code 0: every booking was served as the policy says.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.Check(); err != nil {
				return cli.Usage(err)
			}
			return runDemo(cmd, o, listen, keep)
		},
	}
	flags := cmd.Flags()
	flags.Float64Var(&o.Speed, "speed", demo.Speed, "how many times as fast as real time the day runs; many desks need a lower one")
	flags.IntVar(&o.Desks, "desks", demo.Desks, "number of desks, 40 to 2000; those beyond 40 have two bookings each")
	flags.DurationVar(&o.For, "for", demo.For, "how much of the day is run, in its own time")
	flags.StringVar(&listen, "listen", "127.0.0.1:0", "`address` of the status page")
	flags.StringVar(&keep, "keep", "", "keep database and configuration in this new `folder`")
	return cmd
}

// runDemo runs the demonstration's day, with its page at an address and its files in a
// temporary folder or, where keep names one, in that.
func runDemo(cmd *cobra.Command, o demo.Options, listen, keep string) (err error) {
	folder, cleanUp, err := demoFolder(keep)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cleanUp()) }()
	o.Folder, o.Kept = folder, keep != ""
	o.Page, err = new(net.ListenConfig).Listen(cmd.Context(), "tcp", listen)
	if err != nil {
		return cli.Usagef("--listen %s: %w", listen, err)
	}
	served, err := demo.Run(cmd.Context(), o, cmd.OutOrStdout())
	if err == nil && !served {
		return cli.ErrSaid
	}
	return err
}

// demoFolder is where the demonstration keeps its files: a temporary folder
// that goes with it, or a new one that stays.
func demoFolder(keep string) (string, func() error, error) {
	if keep == "" {
		folder, err := os.MkdirTemp("", "deskd-demo-")
		return folder, func() error { return os.RemoveAll(folder) }, err
	}
	if err := os.Mkdir(keep, 0o700); err != nil {
		return "", nil, cli.Usagef("--keep: %w", err)
	}
	folder, err := filepath.Abs(keep)
	return folder, func() error { return nil }, err
}
