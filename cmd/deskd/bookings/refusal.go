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
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

// tellRefusal is err as people at a site read it; of a refusal with all that is against it
// and what else is free. With -o json a refusal is printed besides.
func tellRefusal(cmd *cobra.Command, err error, zone *time.Location, now time.Time) error {
	refusal, ok := errors.AsType[*booking.Refusal](err)
	if !ok {
		return console.LocalError(err, zone, now)
	}
	text := ""
	for _, also := range refusal.Also {
		text += "\nalso: " + ruled(also)
	}
	if !refusal.Until.IsZero() {
		text += "\nuntil: " + console.DayTime(refusal.Until, zone)
	}
	text = console.LocalTimes(err.Error()+text, zone, now) + free(refusal.Alternatives, refusal.Desk, zone)
	return errors.Join(refused{text, err}, cli.Answer(cmd, refusal, ""))
}

// refused is a refusal in other words.
type refused struct {
	text  string
	cause error
}

func (r refused) Error() string { return r.text }
func (r refused) Unwrap() error { return r.cause }

// ruled is a refusal with its rule.
func ruled(r rules.Refusal) string {
	if r.Rule == "" {
		return r.Text
	}
	return fmt.Sprintf("%s (rule %s: %s)", r.Text, r.Rule, r.Value)
}

// free words what is free beside a desk at the time that was asked for, on one line, and
// when the desk is free later.
func free(all []booking.Alternative, desk string, zone *time.Location) string {
	var desks []string
	later := ""
	for _, f := range all {
		if f.Desk != desk {
			desks = append(desks, f.Desk)
			continue
		}
		later += console.Sprintf("\nfree later: desk %s from %s to %s", f.Desk, console.DayTime(f.Start, zone), console.DayTime(f.End, zone))
	}
	text := ""
	if desks != nil {
		text = console.Sprintf("\nfree at that time: desk %s", strings.Join(desks, ", "))
	}
	return text + later
}

// warnings are what people should know of a booking that was made, each on a line.
func warnings(done booking.Answer, zone *time.Location, now time.Time) string {
	text := ""
	for _, r := range done.Despite {
		text += console.LocalTimes("\nwarning: booked even so: "+ruled(r), zone, now)
	}
	for _, o := range done.Beside {
		text += console.Sprintf("\nwarning: two desks at once: %s has desk %s from %s to %s; on most phone systems one of them stays without its person (multiple_login)",
			done.Person, o.Desk, console.ShortTime(o.Start, zone, now), console.ZonedTime(o.End, zone, now))
	}
	return text
}

// tellChange prints what has become of a reservation, in the words for the zone of its
// desk.
func (a *opened) tellChange(ctx context.Context, cmd *cobra.Command, done booking.Answer, words func(zone *time.Location, now time.Time) string) error {
	zones, err := a.View.DeskZones(ctx)
	if err != nil {
		return err
	}
	zone, now := zones(done.Desk), a.Clock.Now()
	return cli.Answer(cmd, done, words(zone, now)+warnings(done, zone, now)+"\n")
}
