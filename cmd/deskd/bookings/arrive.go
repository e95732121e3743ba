package bookings

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/reservations/booking"
)

// CheckIn is the verb check-in.
func CheckIn() *cobra.Command {
	var p booking.Presence
	cmd := &cobra.Command{
		Use:   "check-in ID | --desk D",
		Short: "Say that the person of a reservation has come",
		Long: `Say that the person of a reservation has come. Where the rules of the site ask for it
(key check_in of the configuration), the daemon releases a reservation to which nobody
has come in time: deskd list arrivals says which, and when. It counts from
check_in_before on, and until the reservation is released or over.

ID is the id, or its first digits; --desk means the reservation that the desk has now, with
--at at another time.

` + cli.TimeHelp,
		Args: cli.IDOrDesk("desk"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd, func(ctx context.Context, a *opened) error {
				now := a.Clock.Now()
				c := booking.Change{}
				zone, err := a.meant(ctx, cmd, args, &c)
				if err != nil {
					return err
				}
				p.ID, p.Source = c.ID, booking.ByCLI
				done, err := a.Bookings().CheckIn(ctx, operator, p, now)
				if err != nil {
					return tellRefusal(cmd, err, zone, now)
				}
				return cli.Answer(cmd, done, arrived(done, zone, now))
			})
		},
	}
	addMeant(cmd)
	cmd.Flags().BoolVar(&p.DryRun, "dry-run", false, "say what would be done, and do nothing")
	return cmd
}

func arrived(done booking.ArrivalAnswer, zone *time.Location, now time.Time) string {
	word := "checked in"
	switch {
	case done.Already:
		word = "had come already"
	case done.DryRun:
		word = "would be checked in"
	}
	text := console.Sprintf("%s: desk %s for %s from %s to %s", word, done.Desk, done.Person, console.ShortTime(done.Start, zone, now), console.ZonedTime(done.End, zone, now))
	if !done.Asked {
		text += "; it would not be released without that"
	}
	return text + "\n"
}

// WalkUp is the verb walkup.
func WalkUp() *cobra.Command {
	var v booking.Visit
	cmd := &cobra.Command{
		Use:   "walkup --desk D --person P [--until T]",
		Short: "Book a desk for who stands at it, from now on",
		Long: `Book a desk that is free for who stands at it: from now on, up to --until or the end of
the day, and no longer than the next booking, a closure and the rules of the site allow.
The answer says until when. Who has logged in at its phone already stays logged in.
What is refused is told as deskd reserve does: exit code 1.

` + cli.TimeHelp + ` Local times are
in the zone of the desk's site.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cli.Required(cmd, "desk", "person"); err != nil {
				return err
			}
			return open(cmd, func(ctx context.Context, a *opened) error { return a.walkUp(ctx, cmd, v) })
		},
	}
	cli.AddOutput(cmd)
	cmd.Flags().StringVar(&v.Desk, "desk", "", "the `desk`'s id")
	cmd.Flags().StringVar(&v.Person, "person", "", "the `person`'s user id in the phone system")
	cmd.Flags().String("until", "", "`time` at which the desk is free again, at the latest; a day alone is included")
	addHow(cmd, &v.How, true)
	return cmd
}

func (a *opened) walkUp(ctx context.Context, cmd *cobra.Command, v booking.Visit) error {
	now := a.Clock.Now()
	d, err := a.Store.Desk(ctx, v.Desk)
	if err != nil {
		return err
	}
	zone := a.View.Zone(d.Site)
	until, _, err := cli.SpanFlag(cmd, "until", zone, now)
	if err != nil {
		return err
	}
	if v.Until = until.End; !v.Until.IsZero() && !v.Until.After(now) {
		return cli.Usagef("--until %s is over already", console.DayTime(v.Until, zone))
	}
	v.Desk, v.Source = d.ID, reservations.SourceCLI
	done, err := a.Bookings().WalkUp(ctx, operator, v, now)
	if err != nil {
		return tellRefusal(cmd, err, zone, now)
	}
	text := done.ID + ": "
	if done.DryRun {
		text = "would be booked: "
	}
	text += console.Sprintf("desk %s for %s from now to %s", done.Desk, done.Person, console.ZonedTime(done.End, zone, now))
	return cli.Answer(cmd, done, text+warnings(done, zone, now)+"\n")
}
