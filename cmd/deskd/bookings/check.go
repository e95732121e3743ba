package bookings

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

// CheckRules is the verb check rules.
func CheckRules() *cobra.Command {
	var w booking.Wish
	cmd := &cobra.Command{
		Use:   "rules [--desk D --person P --at T]",
		Short: "Tell whether a person could book a desk, or which bookings are against the rules",
		Long: `Tell what each rule that is set for a desk says about a booking, and who has the desk.
Nothing is booked. Exit code 1: it would be refused.

--at is a time, from which an hour is looked at, or a day; --to says another end.

Without --desk, --person and --at: list the bookings of the next 14 days, or up to --to,
that the rules are against. Those of calendars and other programs are obeyed all the
same; others were made with --even-so, or before there was the rule. Exit code 1: there
are some.

` + cli.TimeHelp + ` Local times are
in the zone of the desk's site.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("desk") && !cmd.Flags().Changed("person") && !cmd.Flags().Changed("at") {
				return cli.Open(cmd, true, func(ctx context.Context, a *cli.App) error { return (&opened{a}).listBroken(ctx, cmd) })
			}
			if err := cli.Required(cmd, "desk", "person", "at"); err != nil {
				return err
			}
			return cli.Open(cmd, true, func(ctx context.Context, a *cli.App) error { return (&opened{a}).checkRules(ctx, cmd, w) })
		},
	}
	cli.AddOutput(cmd)
	cmd.Flags().StringVar(&w.Desk, "desk", "", "the `desk`'s id")
	cmd.Flags().StringVar(&w.Person, "person", "", "the `person`'s user id in the phone system")
	cmd.Flags().String("at", "", "`time` or day at which the desk would be booked")
	cmd.Flags().String("to", "", "`time` at which the desk would be free again; a day alone is included")
	return cmd
}

// checkedRules is what the rules say, for programs.
type checkedRules struct {
	Desk   string `json:"desk"`
	Person string `json:"person"`
	reservations.Span
	Granted bool `json:"granted"`
	booking.Explanation
}

func (a *opened) checkRules(ctx context.Context, cmd *cobra.Command, w booking.Wish) error {
	now := a.Clock.Now()
	d, err := a.Store.Desk(ctx, w.Desk)
	if err != nil {
		return err
	}
	zone := a.View.Zone(d.Site)
	if w.Span, err = askedSpan(cmd, zone, now); err != nil {
		return err
	}
	e, err := a.Bookings().Explain(ctx, w, now)
	if err != nil {
		return err
	}
	said := cli.ErrSaid
	if e.Granted() {
		said = nil
	}
	text := console.Sprintf("desk %s for %s from %s to %s\n", d.ID, w.Person, console.DayTime(w.Start, zone), console.DayTime(w.End, zone))
	text += console.LocalTimes(verdicts(e), zone, now) + strings.TrimPrefix(free(e.Alternatives, d.ID, zone)+"\n", "\n")
	return errors.Join(said, cli.Answer(cmd, checkedRules{d.ID, w.Person, w.Span, e.Granted(), e}, text))
}

// askedSpan is the time that a command line asks about.
func askedSpan(cmd *cobra.Command, zone *time.Location, now time.Time) (reservations.Span, error) {
	span, _, err := cli.SpanFlag(cmd, "at", zone, now)
	if err != nil {
		return span, err
	}
	to, given, err := cli.SpanFlag(cmd, "to", zone, now)
	if err != nil {
		return span, err
	}
	switch {
	case given:
		span.End = to.End
	case span.Empty():
		span.End = span.Start.Add(time.Hour)
	}
	return span.UTC(), cli.CheckOrder(span.Start, span.End, zone)
}

// verdicts words what stands for and against a booking, each on a line.
func verdicts(e booking.Explanation) string {
	text := ""
	line := func(r *rules.Refusal, kept string) {
		if r == nil {
			text += "  ok       " + kept + "\n"
			return
		}
		text += "  refused  " + ruled(*r) + "\n"
	}
	line(e.Taken, "nobody has the desk")
	for _, v := range e.Rules {
		line(v.Refusal, "rule "+v.Rule+": "+v.Value)
	}
	if len(e.Rules) == 0 {
		text += "  ok       no rule is set for this desk\n"
	}
	return text
}

// farAhead is how far ahead bookings are held against the rules where nobody says it.
const farAhead = 14 * 24 * time.Hour

// listBroken lists the bookings that rules are against.
func (a *opened) listBroken(ctx context.Context, cmd *cobra.Command) error {
	now := a.Clock.Now()
	home := a.View.Zone("")
	until, given, err := cli.SpanFlag(cmd, "to", home, now)
	if err != nil {
		return err
	}
	if !given {
		until.End = now.Add(farAhead)
	}
	if err := cli.CheckOrder(now, until.End, home); err != nil {
		return err
	}
	found, err := a.Bookings().Broken(ctx, reservations.Span{Start: now, End: until.End})
	if err != nil {
		return err
	}
	zones, err := a.View.DeskZones(ctx)
	if err != nil {
		return err
	}
	text := console.Sprintf("no booking up to %s is against the rules\n", console.DayTime(until.End, home))
	said := error(nil)
	if len(found) > 0 {
		text, said = "", cli.ErrSaid
	}
	for _, b := range found {
		zone := zones(b.Desk)
		text += console.Sprintf("%s  desk %s for %s from %s to %s, %s\n", b.ID, b.Desk, console.Dash(b.Person), console.DayTime(b.Start, zone), console.DayTime(b.End, zone), b.Source)
		for _, r := range b.Against {
			text += console.LocalTimes("  "+ruled(r)+"\n", zone, now)
		}
	}
	if found == nil {
		found = []booking.Broken{}
	}
	return errors.Join(said, cli.Answer(cmd, found, text))
}
