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
	"deskd/store"
)

// wish is a booking as it was asked for.
type wish struct {
	desk, person, start, end, note, key string
	repeat, onConflict                  string
	booking.How
}

// Reserve is the verb reserve.
func Reserve() *cobra.Command {
	var w wish
	cmd := &cobra.Command{
		Use:   "reserve --desk D --person P --from T --to T",
		Short: "Book a desk",
		Long: `Book a desk for a person. A running daemon acts on it within two seconds.

The rules of the site are asked (key rules of the configuration). What they refuse is
told with the rule, until when it stands, and what else is free: exit code 1. --even-so
books although rules are against it, and tells them; another booking stays in the way.
--dry-run says what would be done, and does nothing.

` + cli.TimeHelp + ` Local times are
in the zone of the desk's site; the answer shows the day that was taken.

--repeat books a series, in one step: --from and --to are those of its first booking, and
the rule says when it comes again, by the clock of the site, up to 400 times and 400 days
ahead. Where a booking of it cannot be made, --on-conflict fail books nothing, skip leaves
it out, and nearest books the nearest desk that is free.

--key is an idempotency key, for a program that may have to retry: any text of up to
128 printable characters. A retry with the same key, desk, person, times and note gets
the same reservation, "already booked"; with others it is refused (exit code 1), with
what the key has booked. A key expires 30 days after its use.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cli.Required(cmd, "desk", "person", "from", "to"); err != nil {
				return err
			}
			if w.repeat == "" && cmd.Flags().Changed("on-conflict") {
				return cli.Usagef("--on-conflict is for a series: --repeat missing; see %s --help", cmd.CommandPath())
			}
			if !cmd.Flags().Changed("key") {
				w.key = store.NewKey()
			}
			if err := store.CheckKey(w.key); err != nil {
				return cli.Usagef("--key: %w", err)
			}
			return open(cmd, func(ctx context.Context, a *opened) error {
				w.start, w.end = cmd.Flags().Lookup("from").Value.String(), cmd.Flags().Lookup("to").Value.String()
				if w.repeat != "" {
					return a.reserveSeries(ctx, cmd, w, a.Clock.Now())
				}
				return a.reserve(ctx, cmd, w, a.Clock.Now())
			})
		},
	}
	cli.AddOutput(cmd)
	flags := cmd.Flags()
	flags.StringVar(&w.desk, "desk", "", "the `desk`'s id")
	flags.StringVar(&w.person, "person", "", "the `person`'s user id in the phone system")
	cli.TimeFlags(cmd, "first `time`", "`time` at which the desk is free again; a day alone is included")
	flags.StringVar(&w.note, "note", "", "a `text` for people")
	flags.StringVar(&w.key, "key", "", "idempotency key: a `text` that books once, however often it is used")
	addRepeat(cmd, &w)
	addHow(cmd, &w.How, true)
	return cmd
}

// reserve books what is wished, unless its key has done so, and says it.
func (a *opened) reserve(ctx context.Context, cmd *cobra.Command, w wish, now time.Time) error {
	asked, zone, err := a.asked(ctx, w, now)
	if err != nil {
		return err
	}
	done, err := a.Bookings().Book(ctx, operator, asked, now)
	if errors.Is(err, store.ErrCommit) {
		return fmt.Errorf("%w; ask again with --key %q, and the desk is booked once, whether or not it is now", err, w.key)
	}
	if err != nil {
		return tellRefusal(cmd, err, zone, now)
	}
	text := fmt.Sprintf("%s: ", done.ID)
	if done.DryRun && !done.Already {
		text = "would be booked: "
	}
	text += console.Sprintf("desk %s for %s from %s to %s", done.Desk, done.Person, console.ShortTime(done.Start, zone, now), console.ZonedTime(done.End, zone, now))
	if done.Already {
		text += ", already booked with this key"
	}
	return cli.Answer(cmd, done, text+warnings(done, zone, now)+"\n")
}

// asked is what a command line wishes, and the zone of its desk.
func (a *opened) asked(ctx context.Context, w wish, now time.Time) (booking.Wish, *time.Location, error) {
	d, err := a.Store.Desk(ctx, w.desk)
	if err != nil {
		return booking.Wish{}, nil, err
	}
	zone := a.View.Zone(d.Site)
	span, err := readSpan(flagTime{"--from", w.start}, flagTime{"--to", w.end}, zone, now)
	if err != nil {
		return booking.Wish{}, nil, cli.Usage(err)
	}
	if !span.End.After(now) {
		return booking.Wish{}, nil, cli.Usagef("the booking would be over already: it ends %s", console.ZonedTime(span.End, zone, now))
	}
	asked := booking.Wish{Desk: d.ID, Person: w.person, Span: span, Source: reservations.SourceCLI, Note: w.note, Key: w.key, How: w.How}
	return asked, zone, cli.UsageIf(asked.Check())
}

// flagTime is a time as it was written, behind a flag.
type flagTime struct{ flag, text string }

// readSpan reads both ends of a reservation. A day as the end is included.
func readSpan(start, end flagTime, zone *time.Location, now time.Time) (reservations.Span, error) {
	from, err := console.ReadTime(start.text, zone, now)
	if err != nil {
		return reservations.Span{}, fmt.Errorf("%s: %w", start.flag, err)
	}
	to, err := console.ReadTime(end.text, zone, now)
	if err != nil {
		return reservations.Span{}, fmt.Errorf("%s: %w", end.flag, err)
	}
	if !to.End.After(from.Start) {
		return reservations.Span{}, fmt.Errorf("%s %q (%s) is not after %s %q (%s)", end.flag, end.text, console.DayTime(to.End, zone), start.flag, start.text, console.DayTime(from.Start, zone))
	}
	return reservations.Span{Start: from.Start, End: to.End}.UTC(), nil
}
