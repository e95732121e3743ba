package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/daemon"
	"deskd/scheduler"
)

// The demonstration's day, and its size when nothing else is asked for.
const (
	demoDay     = "2026-03-10 07:30"
	demoZone    = "Europe/Berlin"
	demoSpeed   = 720
	demoDesks   = 40
	demoFor     = 10*time.Hour + 45*time.Minute
	demoHighest = 2000
)

func demoCommand() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a whole working day in a minute, against emulated phones",
		Long: `Run deskd for a whole working day in about a minute: an Extension Mobility service
with phones (emulated, but a real HTTP server), two calendar feeds over HTTP, and a
SQLite database in a temporary folder. The day has walk-ups, a stranger, logouts by
hand, moved and cancelled bookings, a busy phone system, a lost phone and more.

It prints each login, logout and repair, and a tally of what the phones really
showed. Exit code 0: every booking was served as the policy says.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return usageError{err}
			}
			return runDemo(cmd, o)
		},
	}
	flags := cmd.Flags()
	flags.Float64Var(&o.speed, "speed", demoSpeed, "how many times as fast as real time the day runs; many desks need a lower one")
	flags.IntVar(&o.desks, "desks", demoDesks, "number of desks, 40 to 2000; those beyond 40 have two bookings each")
	flags.DurationVar(&o.length, "for", demoFor, "how much of the day is run, in its own time")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "`address` of the status page")
	flags.StringVar(&o.folder, "keep", "", "keep database and configuration in this new `folder`")
	return cmd
}

// demoOptions are the flags of the demonstration.
type demoOptions struct {
	speed          float64
	desks          int
	length         time.Duration
	listen, folder string
}

func (o demoOptions) check() error {
	switch {
	case !(o.speed > 0 && o.speed <= 100_000):
		return fmt.Errorf("--speed %v: more than 0, at most 100000", o.speed)
	case o.desks < demoDesks || o.desks > demoHighest:
		return fmt.Errorf("--desks %d: from %d to %d", o.desks, demoDesks, demoHighest)
	case o.length <= 0 || o.length > 24*time.Hour:
		return fmt.Errorf("--for %v: more than 0, at most 24h", o.length)
	}
	return nil
}

// runDemo sets the world up, lets the day pass, and tells how it was.
func runDemo(cmd *cobra.Command, o demoOptions) (err error) {
	folder, cleanUp, err := demoFolder(o.folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cleanUp()) }()
	zone, err := time.LoadLocation(demoZone)
	if err != nil {
		return fmt.Errorf("zone data: %w", err)
	}
	origin, err := time.ParseInLocation("2006-01-02 15:04", demoDay, zone)
	if err != nil {
		return err
	}
	clock := scheduler.FastClock(origin, o.speed)
	begin := clock.Busy() // the day begins once everything is in place
	d := &demo{clock: clock, zone: zone, origin: origin, options: o, folder: folder}
	if err := d.build(cmd); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	listener, err := new(net.ListenConfig).Listen(cmd.Context(), "tcp", o.listen)
	if err != nil {
		return usage("--listen %s: %w", o.listen, err)
	}
	d.tell.intro(d, listener.Addr().String())
	begin()
	if err := d.pass(cmd.Context(), listener); err != nil {
		return err
	}
	verdict, err := d.audit(cmd.Context())
	if err != nil {
		return err
	}
	d.tell.tally(verdict, d)
	if !verdict.good() {
		return errSaid
	}
	return nil
}

// demoFolder is where the demonstration keeps its files: a temporary folder
// that goes with it, or a new one that stays.
func demoFolder(keep string) (string, func() error, error) {
	if keep == "" {
		folder, err := os.MkdirTemp("", "deskd-demo-")
		return folder, func() error { return os.RemoveAll(folder) }, err
	}
	if err := os.Mkdir(keep, 0o700); err != nil {
		return "", nil, usage("--keep: %w", err)
	}
	folder, err := filepath.Abs(keep)
	return folder, func() error { return nil }, err
}

// pass runs the daemon and the day's events until the day is over.
func (d *demo) pass(ctx context.Context, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	over := make(chan error, 1)
	go func() { over <- new(daemon.Server).Serve(ctx, d.Instance, listener) }()
	events := make(chan error, 1)
	go func() { events <- d.live(ctx, d.story()) }()
	end := d.origin.Add(d.options.length)
	sleep := d.clock.Sleep(ctx, end.Sub(d.clock.Now()))
	d.ended = d.clock.Now()
	stop()
	err := errors.Join(<-over, <-events)
	if sleep != nil && err == nil {
		return errors.New("interrupted before the day was over")
	}
	return err
}

// quiet is the log of a demonstration: the timeline tells what happens.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
