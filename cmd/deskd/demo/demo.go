package demo

import (
	"context"
	"deskd/scheduler/clock"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"deskd/cmd/deskd/daemon"
)

// The demonstration's day, and its size when nothing else is asked for.
const (
	Speed = 720
	Desks = 40
	For   = 10*time.Hour + 45*time.Minute

	workday = "2026-03-10 07:30"
	dayZone = "Europe/Berlin"
	highest = 2000 // desks
)

// Options are what a demonstration may be asked for. Check them before it is run.
type Options struct {
	Speed float64       // how many times as fast as real time the day runs
	Desks int           // at least [Desks], each beyond those with two bookings
	For   time.Duration // how much of the day is run, in its own time

	Folder string       // for database and configuration; it is there and empty
	Kept   bool         // the folder stays, and is named in the end
	Page   net.Listener // of the status page, which is closed with the demonstration
}

// Check says what cannot be, in the names of the verb's flags.
func (o Options) Check() error {
	switch {
	case !(o.Speed > 0 && o.Speed <= 100_000):
		return fmt.Errorf("--speed %v: more than 0, at most 100000", o.Speed)
	case o.Desks < Desks || o.Desks > highest:
		return fmt.Errorf("--desks %d: from %d to %d", o.Desks, Desks, highest)
	case o.For <= 0 || o.For > 24*time.Hour:
		return fmt.Errorf("--for %v: more than 0, at most 24h", o.For)
	}
	return nil
}

// Run sets the world up, lets the day pass, and tells on out how it was. It reports
// whether every booking was served as the policy says.
func Run(ctx context.Context, o Options, out io.Writer) (served bool, err error) {
	board := newSwitchboard(o.Page)
	defer func() { _ = board.Close() }() // the daemon has, as a rule
	zone, err := time.LoadLocation(dayZone)
	if err != nil {
		return false, fmt.Errorf("zone data: %w", err)
	}
	origin, err := time.ParseInLocation("2006-01-02 15:04", workday, zone)
	if err != nil {
		return false, err
	}
	clock := clock.FastClock(origin, o.Speed)
	begin := clock.Busy() // the day begins once everything is in place
	d := &world{clock: clock, zone: zone, origin: origin, options: o, board: board}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.build(ctx, out); err != nil {
		return false, err
	}
	d.tell.intro(d, o.Page.Addr().String())
	begin()
	if err := d.pass(ctx, board); err != nil {
		return false, err
	}
	verdict, err := d.audit(ctx)
	if err != nil {
		return false, err
	}
	d.tell.tally(verdict, d)
	return verdict.good(), nil
}

// pass runs the daemon and the day's events until the day is over.
func (d *world) pass(ctx context.Context, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	over := make(chan error, 1)
	go func() { over <- new(daemon.Server).Serve(ctx, d.Instance, listener) }()
	events := make(chan error, 1)
	go func() { events <- d.live(ctx, d.story()) }()
	end := d.origin.Add(d.options.For)
	sleep := d.clock.Sleep(ctx, end.Sub(d.clock.Now()))
	d.ended = d.clock.Now()
	stop()
	err := errors.Join(<-over, <-events)
	d.hands.Wait()
	if sleep != nil && err == nil {
		return errors.New("interrupted before the day was over")
	}
	return err
}
