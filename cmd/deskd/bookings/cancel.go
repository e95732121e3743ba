package bookings

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/reservations/booking"
)

// Cancel is the verb cancel.
func Cancel() *cobra.Command {
	var how booking.How
	cmd := &cobra.Command{
		Use:   "cancel ID | --desk D --at T",
		Short: "Cancel a reservation",
		Long: `Cancel a reservation. If it is running, its session is logged out by the running
daemon. A reservation of a feed stays cancelled even while the feed still lists it.
Cancelling one again changes nothing, and is no mistake; one that is over stays as it was.
Of a series it is cancelled alone, with --rest with all behind it, with --all with all that
are not over.

ID is the id, or its first digits (at least four) if they mean one reservation only;
--desk and --at mean the one that the desk has at that time, or on that day. Where they
mean several, these are named with their ids, and none is cancelled.

` + cli.TimeHelp + `
Local times are in the zone of the desk's site.`,
		Args: cli.IDOrDesk("desk", "at"),
	}
	scope := addScope(cmd, "they are cancelled")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		meant, err := scope()
		if err != nil {
			return err
		}
		return open(cmd, func(ctx context.Context, a *opened) error {
			id, err := a.reservationMeant(ctx, cmd, args)
			if err != nil {
				return err
			}
			return a.cancel(ctx, cmd, booking.Change{ID: id, Scope: meant, How: how})
		})
	}
	addMeant(cmd)
	addHow(cmd, &how, false)
	return cmd
}

func (a *opened) cancel(ctx context.Context, cmd *cobra.Command, c booking.Change) error {
	now := a.Clock.Now()
	done, err := a.Bookings().Cancel(ctx, operator, c, now)
	if err != nil {
		return err
	}
	verb := "cancelled"
	switch {
	case done.Already:
		verb = "already cancelled"
	case done.DryRun:
		verb = "would be cancelled"
	}
	return a.tellChange(ctx, cmd, done, func(zone *time.Location, now time.Time) string {
		if done.Status != reservations.Cancelled { // of a series, whose other bookings were meant
			return console.Sprintf("over, and stays: desk %s for %s from %s; %s: %s", done.Desk, console.Dash(done.Person), console.ZonedTime(done.Start, zone, now), verb, strings.TrimPrefix(others(done.Others, zone), ", and "))
		}
		return console.Sprintf("%s: desk %s for %s from %s", verb, done.Desk, console.Dash(done.Person), console.ZonedTime(done.Start, zone, now)) + others(done.Others, zone)
	})
}

// reservationMeant is the id of the reservation that a command line means.
func (a *opened) reservationMeant(ctx context.Context, cmd *cobra.Command, args []string) (string, error) {
	if len(args) > 0 {
		return a.ReservationCalled(ctx, args[0])
	}
	id, err := cmd.Flags().GetString("desk")
	if err != nil {
		return "", err
	}
	d, err := a.Store.Desk(ctx, id)
	if err != nil {
		return "", err
	}
	zone := a.View.Zone(d.Site)
	now := a.Clock.Now()
	at, given, err := cli.SpanFlag(cmd, "at", zone, now)
	if err != nil {
		return "", err
	}
	if !given {
		at = reservations.Span{Start: now, End: now}
	}
	return a.reservationAt(ctx, d.ID, at, zone)
}

// reservationAt is the id of the one reservation that a desk has at an instant
// or on a day: of those that count, else of those that were cancelled.
func (a *opened) reservationAt(ctx context.Context, desk string, at reservations.Span, zone *time.Location) (string, error) {
	look := at
	if at.Empty() {
		look.End = at.Start.Add(time.Second)
	}
	all, err := a.Store.ListReservations(ctx, reservations.Filter{Span: look, Desk: desk, IncludeCancelled: true})
	if err != nil {
		return "", err
	}
	for _, status := range []reservations.Status{reservations.Confirmed, reservations.Conflict, reservations.Cancelled} {
		found := slices.DeleteFunc(slices.Clone(all), func(r reservations.Reservation) bool { return r.Status != status })
		switch len(found) {
		case 0:
			continue
		case 1:
			return found[0].ID, nil
		}
		return "", a.Several(ctx, fmt.Sprintf("desk %s at that time", desk), found)
	}
	when := "at " + console.DayTime(at.Start, zone)
	if !at.Empty() {
		when = "from " + console.DayTime(at.Start, zone) + " to " + console.DayTime(at.End, zone)
	}
	return "", fmt.Errorf("%w: desk %s has none %s; deskd list reservations --desk %[2]s says when", reservations.ErrNotFound, desk, when)
}
