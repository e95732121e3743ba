package bookings

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

// Away is the verb away.
func Away() *cobra.Command {
	var a reservations.Absence
	var how booking.How
	cmd := &cobra.Command{
		Use:   "away --person P --from DAY [--to DAY]",
		Short: "Say that a person is away for some days",
		Long: `Say that a person is away from one day to another, both included. Bookings of their
series on those days are cancelled, and the series go on afterwards. Desks that they own
can be booked by others on those days. Their other bookings stay, and are listed.

Days are those of each desk's site. --dry-run says what would be cancelled, and does
nothing. deskd back takes an absence back, deskd list absences says which there are.

` + cli.TimeHelp,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cli.Required(cmd, "person", "from"); err != nil {
				return err
			}
			return open(cmd, func(ctx context.Context, o *opened) error { return o.away(ctx, cmd, a, how) })
		},
	}
	cli.AddOutput(cmd)
	cli.TimeFlags(cmd, "first `day`", "last `day`; the first, where it is left out")
	cmd.Flags().StringVar(&a.Person, "person", "", "the `person`'s user id in the phone system")
	cmd.Flags().StringVar(&a.Note, "note", "", "a `text` for people")
	addHow(cmd, &how, false)
	return cmd
}

func (a *opened) away(ctx context.Context, cmd *cobra.Command, of reservations.Absence, how booking.How) error {
	now := a.Clock.Now()
	home := a.View.Zone("")
	from, _, err := cli.SpanFlag(cmd, "from", home, now)
	if err != nil {
		return err
	}
	to, given, err := cli.SpanFlag(cmd, "to", home, now)
	if err != nil {
		return err
	}
	if !given {
		to = from
	}
	for _, s := range []reservations.Span{from, to} {
		if !rules.WholeDays(s, home) {
			return cli.Usagef("an absence is from one day to another: leave the time of day out")
		}
	}
	of.First, of.Last = from.Start.In(home).Format(time.DateOnly), to.Start.In(home).Format(time.DateOnly)
	if err := of.Check(); err != nil {
		return cli.Usage(err)
	}
	done, err := a.Bookings().Away(ctx, operator, booking.Leaving{Absence: of, How: how}, now)
	if err != nil {
		return console.LocalError(err, home, now)
	}
	zones, err := a.View.DeskZones(ctx)
	if err != nil {
		return err
	}
	text := console.Sprintf("%s: %s is away from %s to %s\n", done.ID, done.Person, done.First, done.Last)
	if done.DryRun {
		text = console.Sprintf("%s would be away from %s to %s\n", done.Person, done.First, done.Last)
	}
	text += listed("cancelled", done.Released, zones) + listed("stays", done.Kept, zones)
	for _, d := range done.Desks {
		text += console.Sprintf("  others can book desk %s\n", d)
	}
	return cli.Answer(cmd, done, text)
}

// listed words bookings, each on a line behind a word.
func listed(word string, all []reservations.Reservation, zones func(desk string) *time.Location) string {
	text := ""
	for _, r := range all {
		zone := zones(r.Desk)
		text += console.Sprintf("  %s: desk %s for %s from %s to %s, id %s\n", word, r.Desk, console.Dash(r.Person), console.DayTime(r.Start, zone), console.DayTime(r.End, zone), r.ID)
	}
	return text
}

// Back is the verb back.
func Back() *cobra.Command {
	var how booking.How
	cmd := &cobra.Command{
		Use:   "back ID",
		Short: "Take an absence back",
		Long: `Take an absence back: the person is there after all. Bookings of their series that the
absence has cancelled, and that have not begun, are booked again where the desk is free
and the rules allow it; each one that is not is told. What others have booked at desks
that the person owns stays. ID is the absence's id, or its first digits.`,
		Args: cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(cmd, func(ctx context.Context, a *opened) error { return a.back(ctx, cmd, args[0], how) })
		},
	}
	cli.AddOutput(cmd)
	addHow(cmd, &how, false)
	return cmd
}

func (a *opened) back(ctx context.Context, cmd *cobra.Command, id string, how booking.How) error {
	now := a.Clock.Now()
	done, err := a.Bookings().Back(ctx, operator, booking.Return{ID: id, How: how}, now)
	if errors.Is(err, booking.ErrNoAbsence) {
		return fmt.Errorf("%w; deskd list absences says which there are", err)
	}
	if err != nil {
		return console.LocalError(err, a.View.Zone(""), now)
	}
	zones, err := a.View.DeskZones(ctx)
	if err != nil {
		return err
	}
	verb := "is"
	if done.DryRun {
		verb = "would be"
	}
	text := console.Sprintf("%s %s back from an absence from %s to %s\n", done.Person, verb, done.First, done.Last)
	text += listed("booked again", done.Released, zones)
	for _, l := range done.Lost {
		text += console.LocalTimes(listed("lost", []reservations.Reservation{l.Reservation}, zones)+"    "+ruled(l.Against[0])+"\n", zones(l.Desk), now)
	}
	return cli.Answer(cmd, done, text+listed("stays", done.Guests, zones))
}
