package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/logs"
	"deskd/configs"
	"deskd/store"
	"deskd/store/vitals"
)

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the daemon",
		Long: `Run the daemon: read bookings and feeds, log phones in and out, repair what
differs, and serve the status page, /metrics, /healthz and /readyz.

It ends at SIGINT or SIGTERM once the requests that are under way have been
answered; a second signal ends it at once. SIGHUP has it read the configuration
again: one that is wrong changes nothing, and every mistake is logged. Exit code 75: another deskd holds the
database. 78: the database is damaged, or not the one that was last used here. A
small one is checked from end to end first, a large one as far as half a second goes,
and the rest while the daemon runs. 1: among others, the disk did not say whether a change
was written; the daemon should be started again.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return throughPipe(cmd, func() error { return runServe(cmd) })
		},
	}
}

// runServe runs the daemon of a command line.
func runServe(cmd *cobra.Command) error {
	reload := make(chan os.Signal, 1) // one that comes while deskd starts is not lost
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	path, err := cli.ConfigPath(cmd)
	if err != nil {
		return err
	}
	c, err := cli.LoadConfig(cmd)
	if err != nil {
		return err
	}
	if err := c.CheckFiles(); err != nil {
		return err
	}
	s := &daemon.Server{
		Reload: reload, Reread: func() (configs.Config, error) { return configs.Check(path) },
		Output: cmd.ErrOrStderr(), Manager: daemon.FindServiceManager(os.Getenv, os.Getpid()),
	}
	daemon.LimitMemory(memlimit.FromCgroup)
	log.SetFlags(0)
	log.SetOutput(s.LibraryLog())
	return daemon.Joined(c, func(lock store.Lock) error {
		s.Lock = lock
		return cli.OpenWith(cmd, c, false, func(ctx context.Context, a *cli.App) error {
			if err := vitals.Drives(ctx, c.Database.DSN, c.Database.DrivingDSN); errors.Is(err, store.ErrSetup) { // anything else may pass
				return err
			}
			return s.Start(ctx, a.Parts)
		})
	})
}

// throughPipe runs a daemon's verb with a [logs.Pipe] before standard error, if
// that is a file: what tests and other programs of Go give in its place cannot
// hang. An error of the verb is told through it, too.
func throughPipe(cmd *cobra.Command, run func() error) error {
	out := cmd.ErrOrStderr()
	if _, ok := console.Behind(out).(*os.File); !ok {
		return run()
	}
	signal.Ignore(syscall.SIGPIPE) // systemd takes that for a clean end
	pipe := logs.NewPipe(out, logs.Room)
	cmd.SetErr(pipe)
	err := run()
	tellError(pipe, err)
	pipe.Close(logs.Patience)
	if err != nil {
		return toldError{err}
	}
	return nil
}

// toldError is an error that has been told.
type toldError struct{ error }

func (t toldError) Unwrap() error        { return t.error }
func (t toldError) Is(target error) bool { return target == cli.ErrSaid }
