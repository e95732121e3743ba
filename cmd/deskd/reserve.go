package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/store"
)

// changedReservation is a reservation that a verb has made or cancelled, for
// programs.
type changedReservation struct {
	reservations.Reservation
	Already bool `json:"already"` // it was so before
	// Beside are the person's bookings of other desks at the same time.
	Beside []reservations.Reservation `json:"beside,omitempty"`
}

// wish is a booking as it was asked for.
type wish struct{ desk, person, start, end, note, key string }

func reserveCommand() *cobra.Command {
	var w wish
	cmd := &cobra.Command{
		Use:   "reserve --desk D --person P --from T --to T",
		Short: "Book a desk",
		Long: `Book a desk for a person. A running daemon acts on it within two seconds.

` + cli.TimeHelp + ` Local times are
in the zone of the desk's site; the answer shows the day that was taken.

--key is an idempotency key, for a program that may have to retry: any text of up to
128 printable characters. A retry with the same key, desk, person and times gets the
same reservation, "already booked"; with others it is refused (exit code 1), with what
the key has booked. A key expires 30 days after its use.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cli.Required(cmd, "desk", "person", "from", "to"); err != nil {
				return err
			}
			if !cmd.Flags().Changed("key") {
				w.key = store.NewKey()
			}
			if err := store.CheckKey(w.key); err != nil {
				return cli.Usagef("--key: %w", err)
			}
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				w.start, w.end = cmd.Flags().Lookup("from").Value.String(), cmd.Flags().Lookup("to").Value.String()
				done, text, err := a.reserve(ctx, w, a.Clock.Now())
				if err != nil {
					return err
				}
				return cli.Answer(cmd, done, text+"\n")
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
	return cmd
}

// reserve books what is wished, unless its key has done so, and says it.
func (a *app) reserve(ctx context.Context, w wish, now time.Time) (done changedReservation, text string, err error) {
	d, err := a.Store.Desk(ctx, w.desk)
	if err != nil {
		return done, "", err
	}
	zone := a.View.Zone(d.Site)
	span, err := readSpan(flagTime{"--from", w.start}, flagTime{"--to", w.end}, zone, now)
	if err != nil {
		return done, "", cli.Usage(err)
	}
	if !span.End.After(now) {
		return done, "", cli.Usagef("the booking would be over already: it ends %s", console.ZonedTime(span.End, zone, now))
	}
	r := reservations.Reservation{Desk: d.ID, Person: w.person, Span: span, Status: reservations.Confirmed, Source: reservations.SourceCLI, Note: w.note}
	if err := cmp.Or(r.Check(), reservations.CheckNote(r.Note)); err != nil {
		return done, "", cli.Usage(err)
	}
	r, already, err := a.Store.ReserveOnce(ctx, w.key, r, now)
	switch {
	case errors.Is(err, store.ErrCommit):
		return done, "", fmt.Errorf("%w; ask again with --key %q, and the desk is booked once, whether or not it is now", err, w.key)
	case err != nil:
		return done, "", console.LocalError(err, zone, now)
	}
	text = console.Sprintf("%s: desk %s for %s from %s to %s", r.ID, r.Desk, r.Person, console.ShortTime(r.Start, zone, now), console.ZonedTime(r.End, zone, now))
	if already {
		text += ", already booked with this key"
	}
	beside, err := a.beside(ctx, r)
	for _, o := range beside {
		text += console.Sprintf("\nwarning: two desks at once: %s has desk %s from %s to %s; on most phone systems one of them stays without its person (multiple_login)",
			r.Person, o.Desk, console.ShortTime(o.Start, zone, now), console.ZonedTime(o.End, zone, now))
	}
	return changedReservation{r, already, beside}, text, err
}

// beside are the bookings of other desks that r's person has at the same time.
func (a *app) beside(ctx context.Context, r reservations.Reservation) ([]reservations.Reservation, error) {
	all, err := a.Store.ListReservations(ctx, reservations.Filter{Span: r.Span, Person: r.Person})
	return slices.DeleteFunc(all, func(o reservations.Reservation) bool {
		return o.Desk == r.Desk || o.Status != reservations.Confirmed || !o.Overlaps(r.Span)
	}), err
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
