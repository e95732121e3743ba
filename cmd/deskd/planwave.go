package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan/forecast"
)

// clusterWave is the forecast for a cluster.
type clusterWave struct {
	Cluster string `json:"cluster"`
	forecast.Wave
}

// showWave writes which phones will be late, and says by its error that some will.
func (a *app) showWave(ctx context.Context, cmd *cobra.Command, o planOptions) error {
	span, err := a.waveSpan(ctx, cmd, o)
	if err != nil {
		return err
	}
	waves, late := []clusterWave{}, 0
	for _, c := range a.Config.Clusters {
		var access *phones.Access
		if !o.seen {
			if access, err = a.Access(c); err != nil {
				return err
			}
		}
		w, err := a.Foresee(ctx, c, access, span)
		if err != nil {
			err = errors.Join(err, a.Remember(ctx, c, err))
			return fmt.Errorf("cluster %q: %w (with --seen, what was last seen is planned on)", c.Name, err)
		}
		w = ofDesk(w, o.desk)
		waves, late = append(waves, clusterWave{c.Name, w}), late+w.Late
	}
	if o.json {
		err = console.JSON(cmd.OutOrStdout(), waves)
	} else {
		err = a.printWaves(ctx, cmd.OutOrStdout(), waves, o)
	}
	if err == nil && late > 0 {
		err = cli.ErrSaid
	}
	return err
}

// waveSpan is the hour that is asked about: from the given time on, or from now; or, where
// no booking begins in that, from the next that does.
func (a *app) waveSpan(ctx context.Context, cmd *cobra.Command, o planOptions) (reservations.Span, error) {
	from := o.at
	if !cmd.Flags().Changed("at") {
		next, err := a.Store.NextStart(ctx, from)
		if err != nil {
			return reservations.Span{}, err
		}
		if next.After(from.Add(scheduler.Ahead)) {
			from = next
		}
	}
	span := reservations.Span{Start: from, End: from.Add(scheduler.Ahead)}
	if !span.End.After(a.Clock.Now()) {
		return span, cli.Usagef("--at %s: that hour is over; a forecast is of one to come", console.DayTime(o.at, a.View.Zone("")))
	}
	return span, nil
}

// ofDesk is what a forecast says of a desk, of all where none is named.
func ofDesk(w forecast.Wave, desk string) forecast.Wave {
	if desk == "" {
		return w
	}
	w.Phones = slices.DeleteFunc(w.Phones, func(p forecast.Phone) bool { return p.Desk != desk })
	w.Held = slices.DeleteFunc(w.Held, func(h forecast.Held) bool { return h.Desk != desk })
	w.Bookings = len(w.Phones) + len(w.Held)
	w.Sum()
	return w
}

// printWaves writes a line for each cluster, and a table of the phones: those that will be
// late or are held, or all.
func (a *app) printWaves(ctx context.Context, w io.Writer, waves []clusterWave, o planOptions) error {
	zone, err := a.View.DeskZones(ctx)
	if err != nil {
		return err
	}
	now, site := a.Clock.Now(), a.View.Zone("")
	var rows [][]string
	for _, c := range waves {
		console.Say(w, "Cluster %s, from %s: %s\n", c.Cluster, console.DayTime(c.From, site), c.sentence())
		if text := c.Suffices(); text != "" {
			console.Say(w, "%s\n", text)
		}
		rows = append(rows, c.rows(zone, now, o.all)...)
	}
	if len(rows) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	return console.Table(w, "READY LATE START DESK PHONE PERSON LOGIN WHY", rows)
}

// sentence sums a forecast up.
func (c clusterWave) sentence() string {
	var parts []string
	switch needed := len(c.Phones); {
	case c.Bookings == 0:
		return "nobody is to be logged in."
	case c.Late > 0:
		text := fmt.Sprintf("%d of %d phones will not be ready in time", c.Late, c.Bookings)
		if c.Late > c.Never {
			text += fmt.Sprintf(", the last %s after its start", c.Most.Truncate(time.Second))
		}
		if parts = append(parts, text); c.Never > 0 {
			parts = append(parts, fmt.Sprintf("at %d of them nobody will be logged in, because too little of the booking will be left", c.Never))
		}
	case needed > 0:
		parts = append(parts, fmt.Sprintf("%d of %d phones need a login, and will be ready in time", needed, c.Bookings))
	}
	if n := len(c.Held); n > 0 {
		parts = append(parts, fmt.Sprintf("%d are held as things stand", n))
	}
	if len(parts) == 0 {
		return fmt.Sprintf("all %d phones are ready.", c.Bookings)
	}
	return strings.Join(parts, "; ") + "."
}

// rows are the phones of a forecast: the late ones first, then the held, then, with all,
// the others.
func (c clusterWave) rows(zone func(desk string) *time.Location, now time.Time, all bool) [][]string {
	var late, held, others [][]string
	row := func(b forecast.Booking, ready, by, login, why string) []string {
		z := zone(b.Desk)
		return []string{ready, by, b.Start.In(z).Format("2006-01-02 15:04 MST"), b.Desk, b.Device, b.Person, login, console.LocalTimes(why, z, now)}
	}
	for _, p := range c.Phones {
		clock := func(t time.Time) string { return t.In(zone(p.Desk)).Format(time.TimeOnly) }
		switch {
		case p.Never:
			late = append(late, row(p.Booking, "never", "-", "-", p.Why))
		case p.IsLate():
			late = append(late, row(p.Booking, clock(p.Ready), p.Late.Truncate(time.Second).String(), clock(p.Login), p.Why))
		case all:
			others = append(others, row(p.Booking, clock(p.Ready), "-", clock(p.Login), "-"))
		}
	}
	for _, h := range c.Held {
		held = append(held, row(h.Booking, "-", "held", "-", h.Why))
	}
	return slices.Concat(late, held, others)
}
