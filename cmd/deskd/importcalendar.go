package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/imports"
	"deskd/reservations"
)

// calendarOnly are the flags of import that say how a calendar is read.
var calendarOnly = []string{"site", "desk", "person", "by-title", "from", "to"}

// calendarFlags says how the calendar is read that is imported.
func calendarFlags(ctx context.Context, cmd *cobra.Command, a *app, kind string) (c imports.Calendar, err error) {
	if kind != imports.CalendarKind {
		cmd.Flags().Visit(func(f *pflag.Flag) {
			if slices.Contains(calendarOnly, f.Name) {
				err = cli.Usagef("--%s is for import calendar", f.Name)
			}
		})
		return c, err
	}
	if cmd.Flags().Changed("encoding") {
		return c, cli.Usagef("--encoding is for CSV files: calendars are UTF-8")
	}
	flags := cmd.Flags()
	c.Site, _ = flags.GetString("site")
	c.Desk, _ = flags.GetString("desk")
	c.Person, _ = flags.GetString("person")
	c.ByTitle, _ = flags.GetBool("by-title")
	if c.ByTitle && c.Person != "" {
		return c, cli.Usagef("--by-title and --person both say whose the events are")
	}
	if err := knownCalendar(ctx, a, &c); err != nil {
		return c, err
	}
	c.Window, err = calendarWindow(cmd, a.View.Zone(c.Site), a.Clock.Now())
	return c, err
}

// knownCalendar checks what c names, and finds the site.
func knownCalendar(ctx context.Context, a *app, c *imports.Calendar) error {
	if c.Person != "" {
		if _, err := a.Store.Person(ctx, c.Person); err != nil {
			return cli.Usage(err)
		}
	}
	of := ""
	if c.Desk != "" {
		d, err := a.Store.Desk(ctx, c.Desk)
		if err != nil {
			return cli.Usage(err)
		}
		of = d.Site
	}
	sites := a.View.SiteNames()
	if of == "" && len(sites) == 1 {
		of = sites[0]
	}
	if c.Site = cmp.Or(c.Site, of); c.Site == "" {
		return cli.Usagef("--site is missing: by which clock is the calendar read, that of %s?", strings.Join(sites, ", "))
	}
	if !slices.Contains(sites, c.Site) {
		return cli.NoSuch("site", c.Site, sites)
	}
	return nil
}

// calendarWindow is from today to as far ahead as a reservation is long at most, unless the
// flags say otherwise.
func calendarWindow(cmd *cobra.Command, zone *time.Location, now time.Time) (reservations.Span, error) {
	local := now.In(zone)
	window := reservations.Span{Start: time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone), End: now.Add(reservations.Longest)}
	return cli.WindowFlags(cmd, window, zone, now)
}
