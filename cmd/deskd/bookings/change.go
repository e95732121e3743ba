package bookings

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations/booking"
)

// Extend is the verb extend.
func Extend() *cobra.Command {
	var e extension
	cmd := &cobra.Command{
		Use:   "extend (ID | --desk D) --to T",
		Short: "Let a reservation end later",
		Long: `Let a reservation end later, if the desk is free and the rules of the site allow it. Its
person stays logged in.

ID is the id, or its first digits; --desk means the reservation that the desk has now,
with --at at another time. A calendar's reservation is changed in its calendar. What is
refused is told as deskd reserve does: exit code 1.

` + cli.TimeHelp + ` Local times are
in the zone of the desk's site.`,
		Args: cli.IDOrDesk("desk"),
	}
	scope := addScope(cmd, "they end as much later")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := cli.Required(cmd, "to"); err != nil {
			return err
		}
		var err error
		if e.scope, err = scope(); err != nil {
			return err
		}
		e.args = args
		return open(cmd, func(ctx context.Context, a *opened) error { return a.extend(ctx, cmd, e) })
	}
	addMeant(cmd)
	cmd.Flags().StringVar(&e.to, "to", "", "`time` at which the desk is free again; a day alone is included")
	addHow(cmd, &e.How, true)
	return cmd
}

// extension is a command line of the verb extend.
type extension struct {
	args  []string
	to    string
	scope booking.Scope
	booking.How
}

func (a *opened) extend(ctx context.Context, cmd *cobra.Command, e extension) error {
	c := booking.Change{Scope: e.scope, How: e.How}
	now := a.Clock.Now()
	zone, err := a.meant(ctx, cmd, e.args, &c)
	if err != nil {
		return err
	}
	span, err := console.ReadTime(e.to, zone, now)
	if err != nil {
		return cli.Usagef("--to: %w", err)
	}
	c.End = span.End
	done, err := a.Bookings().Extend(ctx, operator, c, now)
	if err != nil {
		return tellRefusal(cmd, err, zone, now)
	}
	return a.changed(ctx, cmd, done, "extended")
}

// End is the verb end.
func End() *cobra.Command {
	var c booking.Change
	cmd := &cobra.Command{
		Use:   "end ID | --desk D",
		Short: "End a reservation that runs",
		Long: `End a reservation that runs, now. Its person is logged out by the running daemon, and the
desk is free. No rule is against that. One that has not begun is cancelled instead, and a
calendar's is changed in its calendar, or cancelled.

ID is the id, or its first digits; --desk means the reservation that the desk has now.`,
		Args: cli.IDOrDesk("desk"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd, func(ctx context.Context, a *opened) error {
				now := a.Clock.Now()
				zone, err := a.meant(ctx, cmd, args, &c)
				if err != nil {
					return err
				}
				done, err := a.Bookings().End(ctx, operator, c, now)
				if err != nil {
					return tellRefusal(cmd, err, zone, now)
				}
				return a.changed(ctx, cmd, done, "ended")
			})
		},
	}
	cmd.Flags().String("desk", "", "the `desk` whose reservation is meant")
	cmd.Flags().String("at", "", "")
	cmd.Flags().Lookup("at").Hidden = true // it runs now
	cli.AddOutput(cmd)
	addHow(cmd, &c.How, false)
	return cmd
}

// meant finds the reservation that a command line means, and the zone of its desk.
func (a *opened) meant(ctx context.Context, cmd *cobra.Command, args []string, c *booking.Change) (zone *time.Location, err error) {
	if c.ID, err = a.reservationMeant(ctx, cmd, args); err != nil {
		return nil, err
	}
	r, err := a.Store.Reservation(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	zones, err := a.View.DeskZones(ctx)
	if err != nil {
		return nil, err
	}
	return zones(r.Desk), nil
}

// changed tells that a reservation ends at another time: done says what was done to it.
func (a *opened) changed(ctx context.Context, cmd *cobra.Command, done booking.Answer, deed string) error {
	switch {
	case done.Already:
		deed = "ends then already"
	case done.DryRun:
		deed = "would be " + deed
	}
	return a.tellChange(ctx, cmd, done, func(zone *time.Location, now time.Time) string {
		return console.Sprintf("%s: desk %s for %s from %s to %s", deed, done.Desk, console.Dash(done.Person),
			console.ShortTime(done.Start, zone, now), console.ZonedTime(done.End, zone, now)) + others(done.Others, zone)
	})
}
