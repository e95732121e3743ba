package bookings

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/series"
	"deskd/store"
)

// addRepeat adds the flags of a booking that repeats.
func addRepeat(cmd *cobra.Command, w *wish) {
	cmd.Flags().StringVar(&w.repeat, "repeat", "", "book again and again: an iCalendar `RRULE` such as FREQ=WEEKLY;BYDAY=MO,WE;COUNT=20")
	cmd.Flags().StringVar(&w.onConflict, "on-conflict", string(booking.Fail), "what becomes of a series of which a booking cannot be made: `fail`, skip or nearest")
}

// addScope adds the flags that say how much of a series is meant, and returns what is.
func addScope(cmd *cobra.Command, what string) func() (booking.Scope, error) {
	var rest, all bool
	cmd.Flags().BoolVar(&rest, "rest", false, "also the bookings of its series behind it: "+what)
	cmd.Flags().BoolVar(&all, "all", false, "all bookings of its series that are not over: "+what)
	return func() (booking.Scope, error) {
		switch {
		case rest && all:
			return "", cli.Usagef("--rest and --all: one of them")
		case rest:
			return booking.Rest, nil
		case all:
			return booking.All, nil
		}
		return "", nil
	}
}

// reserveSeries books what is wished again and again.
func (a *opened) reserveSeries(ctx context.Context, cmd *cobra.Command, w wish, now time.Time) error {
	asked, zone, err := a.asked(ctx, w, now)
	if err != nil {
		return err
	}
	wished := booking.SeriesWish{Wish: asked, Rule: w.repeat, OnConflict: booking.OnConflict(w.onConflict)}
	if err := wished.Check(); err != nil {
		return cli.Usage(err)
	}
	done, err := a.Bookings().BookSeries(ctx, operator, wished, now)
	switch {
	case errors.Is(err, store.ErrCommit):
		return fmt.Errorf("%w; ask again with --key %q, and the series is booked once, whether or not it is now", err, w.key)
	case errors.Is(err, series.ErrRule):
		return cli.Usage(err)
	case err != nil && len(done.Occurrences) > 0:
		return a.tellSeriesRefusal(cmd, err, unbooked{done, wished.OnConflict}, zone)
	case err != nil:
		return tellRefusal(cmd, err, zone, now)
	}
	return cli.Answer(cmd, done, seriesText(done, zone, now))
}

// seriesRefused is a series that was refused, for programs.
type seriesRefused struct {
	*booking.Refusal
	Occurrences []booking.Occurrence `json:"occurrences"`
}

// unbooked is a series of which nothing was booked, and how it was asked for.
type unbooked struct {
	booking.SeriesAnswer
	asked booking.OnConflict
}

// otherWays says how else the series could be asked for, on a line of its own. Where none of
// its bookings can be made at its desk, there are no others to book.
func (u unbooked) otherWays() string {
	switch {
	case u.asked != booking.Fail:
		return ""
	case u.Count(booking.Failed) == len(u.Occurrences):
		return "\n--on-conflict nearest books them at other desks where it can"
	}
	return "\n--on-conflict skip books the others, nearest these at other desks"
}

// tellSeriesRefusal is err as people at a site read it, with each booking that cannot be made.
func (a *opened) tellSeriesRefusal(cmd *cobra.Command, err error, done unbooked, zone *time.Location) error {
	now := a.Clock.Now()
	refusal, ok := errors.AsType[*booking.Refusal](err)
	if !ok {
		return console.LocalError(err, zone, now)
	}
	text := refusal.Error() + "\n" + occurrences(done.SeriesAnswer, zone, booking.Failed)
	text = console.LocalTimes(strings.TrimSuffix(text, "\n"), zone, now) + free(refusal.Alternatives, refusal.Desk, zone)
	text += done.otherWays()
	return errors.Join(refused{text, err}, cli.Answer(cmd, seriesRefused{refusal, done.Occurrences}, ""))
}

// seriesText tells what was booked.
func seriesText(done booking.SeriesAnswer, zone *time.Location, now time.Time) string {
	n := done.Count(booking.Booked, booking.Moved)
	verb := "booked"
	switch {
	case done.Already:
		verb = "already booked with this key"
	case done.DryRun:
		verb = "would be booked"
	}
	text := console.Sprintf("series %s: %s %s at desk %s for %s", console.Dash(done.Series.ID), console.Count(n, "booking", "bookings"), verb, done.Series.Desk, console.Dash(done.Series.Person))
	if skipped := done.Count(booking.Skipped); skipped > 0 {
		text += console.Sprintf(", %d skipped", skipped)
	}
	return text + "\n" + console.LocalTimes(occurrences(done, zone, booking.Booked, booking.Moved, booking.Skipped, booking.Gone), zone, now)
}

// occurrences words those with one of these outcomes, each on a line.
func occurrences(done booking.SeriesAnswer, zone *time.Location, outcomes ...booking.Outcome) string {
	text := ""
	for _, o := range done.Occurrences {
		line := console.Sprintf("  %s to %s  ", console.DayTime(o.Start, zone), console.DayTime(o.End, zone))
		switch o.Outcome {
		case booking.Booked:
			line += o.ID
			if len(o.Against) > 0 {
				line += "  even so: " + ruled(o.Against[0])
			}
		case booking.Moved:
			line += console.Sprintf("%s  at desk %s: %s", o.ID, o.Desk, ruled(o.Against[0]))
		case booking.Skipped, booking.Failed:
			line += string(o.Outcome) + ": " + ruled(o.Against[0])
		case booking.Gone:
			line += o.ID + "  cancelled since"
		case booking.NotBooked:
		}
		for _, is := range outcomes {
			if o.Outcome == is {
				text += strings.TrimRight(line, " ") + "\n"
			}
		}
	}
	return text
}

// others words how many bookings of the series were changed alike.
func others(all []reservations.Reservation, zone *time.Location) string {
	if len(all) == 0 {
		return ""
	}
	return console.Sprintf(", and %s of the series up to %s", console.Count(len(all), "other", "others"), all[len(all)-1].Start.In(zone).Format("Mon 2006-01-02"))
}
