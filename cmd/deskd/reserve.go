package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"deskd/reservations"
)

func reserveCommand() *cobra.Command {
	var desk, person, start, end, note string
	cmd := &cobra.Command{
		Use:   "reserve --desk D --person P --start T --end T",
		Short: "Book a desk",
		Long: `Book a desk for a person. A running daemon acts on it within two seconds.

Times are RFC 3339 (2026-03-02T09:00:00+01:00), or local in the desk's site
("2026-03-02 09:00", or 09:00 for today).`,
		Args: takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "desk", "person", "start", "end"); err != nil {
				return err
			}
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				d, err := a.store.Desk(ctx, desk)
				if err != nil {
					return err
				}
				now := a.clock.Now()
				span, err := a.parseSpan(start, end, d.Site, now)
				if err != nil {
					return usageError{err}
				}
				if !span.End.After(now) {
					return usage("the booking would be over already: it ends %s", shortTime(span.End, a.zone(d.Site), now))
				}
				r := reservations.Reservation{Desk: d.ID, Person: person, Span: span, Status: reservations.Confirmed, Source: reservations.SourceCLI, Note: note}
				r, err = a.store.Reserve(ctx, r, now)
				if err != nil {
					return err
				}
				zone := a.zone(d.Site)
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: desk %s for %s from %s to %s\n", r.ID, r.Desk, r.Person, shortTime(r.Start, zone, now), shortTime(r.End, zone, now))
				return err
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&desk, "desk", "", "the `desk`'s id")
	flags.StringVar(&person, "person", "", "the `person`'s user id in the phone system")
	flags.StringVar(&start, "start", "", "first `time`")
	flags.StringVar(&end, "end", "", "`time` at which the desk is free again")
	flags.StringVar(&note, "note", "", "a `text` for people")
	return cmd
}

// parseSpan reads both ends of a reservation, local ones in the site's zone.
func (a *app) parseSpan(start, end, site string, now time.Time) (reservations.Span, error) {
	from, err := parseTime(start, a.zone(site), now)
	if err != nil {
		return reservations.Span{}, fmt.Errorf("start: %w", err)
	}
	to, err := parseTime(end, a.zone(site), now)
	if err != nil {
		return reservations.Span{}, fmt.Errorf("end: %w", err)
	}
	if !to.After(from) {
		return reservations.Span{}, fmt.Errorf("end %q is not after start %q", end, start)
	}
	return reservations.Span{Start: from, End: to}.UTC(), nil
}

func cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel ID",
		Short: "Cancel a reservation",
		Long: `Cancel a reservation. If it is running, its session is logged out by the running
daemon. A reservation of a feed stays cancelled even while the feed still lists it.`,
		Args: takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				now := a.clock.Now()
				r, err := a.store.Cancel(ctx, args[0], now)
				if err != nil {
					return err
				}
				zone, err := a.deskZones(ctx)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "cancelled: desk %s for %s from %s\n", r.Desk, dash(r.Person), shortTime(r.Start, zone(r.Desk), now))
				return err
			})
		},
	}
}
