package show

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/reservations/rules"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/store/notices"
	"deskd/web/view"
)

// Explain is deskd explain.
func Explain() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain ID | --desk D",
		Short: "Show why a desk's phone is as it is",
		Long: `Show the whole chain for one desk: the line of the feed, the reservation, who is
wanted on the phone, who was seen there, the step or refusal that follows, and what
came of earlier ones. The desk is named, or a reservation of it by its ID or the first
digits of that (at least four). It reads what the daemon saw last and asks no phone.

As of an instant of the past (--at) it tells phone and bookings by the audit, as they
were then, what was seen if that was kept, and what deskd did then by its journal. What
nothing tells of then is listed as not known.`,
		Args: cli.IDOrDesk("desk"),
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := cli.WantsJSON(cmd)
			if err != nil {
				return err
			}
			return cli.Open(cmd, true, func(ctx context.Context, a *cli.App) error {
				d, at, err := deskMeant(ctx, cmd, a, args)
				if err != nil {
					return err
				}
				e, err := a.View.Explain(ctx, d, at)
				if err != nil {
					return err
				}
				told, err := whole(ctx, a, e)
				if err != nil {
					return err
				}
				if asJSON {
					return console.JSON(cmd.OutOrStdout(), told)
				}
				return told.Print(cmd.OutOrStdout(), a.View.Zone(d.Site), a.Clock.Now())
			})
		},
	}
	cmd.Flags().String("desk", "", "the `desk`")
	cmd.Flags().String("at", "", "explain as of this `time` (default now; of a reservation that does not run, its start)")
	cli.AddOutput(cmd)
	return cmd
}

// deskMeant is the desk that a command line asks about, and the instant: now, or
// the start of a reservation that is named and does not run.
func deskMeant(ctx context.Context, cmd *cobra.Command, a *cli.App, args []string) (d reservations.Desk, at time.Time, err error) {
	now := a.Clock.Now()
	id, err := cmd.Flags().GetString("desk")
	at = now
	if err == nil && len(args) > 0 {
		var r reservations.Reservation
		if id, err = a.ReservationCalled(ctx, args[0]); err != nil {
			return d, at, err
		}
		r, err = a.Store.Reservation(ctx, id)
		if id = r.Desk; !r.Contains(now) {
			at = r.Start
		}
	}
	if err != nil {
		return d, at, err
	}
	if d, err = a.Store.Desk(ctx, id); err != nil {
		return d, at, err
	}
	if !cmd.Flags().Changed("at") {
		return d, at, nil
	}
	at, err = cli.TimeFlag(cmd, "at", a.View.Zone(d.Site), now)
	return d, at, err
}

// Explanation is an explanation for people.
type Explanation struct {
	view.Explanation
	// Broken are the rules that its bookings break, by their ids; none of the past.
	Broken map[string][]rules.Refusal `json:"broken,omitempty"`
	// Notices are what was told on the phone about then, the newest first.
	Notices []notices.Told `json:"notices,omitempty"`
}

// whole is an explanation with what there is to say besides.
func whole(ctx context.Context, a *cli.App, e view.Explanation) (Explanation, error) {
	broken, err := brokenOf(ctx, a, e)
	told, toldErr := noticesOf(ctx, a, e)
	return Explanation{e, broken, told}, errors.Join(err, toldErr)
}

// noticesOf are the notices about the instant of an explanation.
func noticesOf(ctx context.Context, a *cli.App, e view.Explanation) ([]notices.Told, error) {
	return a.Store.PhoneNotices().List(ctx, notices.Filter{
		Desk: e.Desk.ID, From: e.At.Add(-view.ExplainAround), To: e.At.Add(view.ExplainAround), Limit: view.MostAttempts,
	})
}

// unserved reports whether someone has the desk now, by a booking, and the phone shows another
// or nobody.
func (e Explanation) unserved() bool {
	return e.Seen.Known && slices.ContainsFunc(e.Wanted, func(l plan.Login) bool {
		return l.Person != "" && l.Doubt == "" && !l.From.After(e.At) && l.Until.After(e.At) && !reservations.SamePerson(l.Person, e.Seen.Person)
	})
}

// brokenOf are the rules that the bookings of an explanation break.
func brokenOf(ctx context.Context, a *cli.App, e view.Explanation) (map[string][]rules.Refusal, error) {
	if e.Past {
		return nil, nil //nolint:nilnil // today's rules say nothing of then
	}
	found, err := a.Bookings().BrokenOf(ctx, e.Reservations)
	broken := make(map[string][]rules.Refusal, len(found))
	for _, one := range found {
		broken[one.ID] = one.Against
	}
	return broken, err
}

// Print writes the explanation with times as clocks in zone show them.
func (e Explanation) Print(w io.Writer, zone *time.Location, now time.Time) error {
	clock := func(t time.Time) string { return console.ShortTime(t, zone, now) }
	var b strings.Builder
	d := e.Desk
	console.Say(&b, "Desk %s (%s), phone %s on cluster %s, site %s, at %s\n", d.ID, console.Dash(d.Name), console.Dash(d.Device), d.Cluster, d.Site, console.ZonedTime(e.At, zone, now))
	if d.Owner != "" && !e.Past {
		console.Say(&b, "It is the desk of %s\n", d.Owner)
	}
	b.WriteString("\nReservations\n")
	e.printReservations(&b, zone, now)
	for _, r := range e.Remarks {
		console.Say(&b, "   %s\n", Remark(r, zone, now))
	}
	b.WriteString("\nWanted on the phone\n")
	for _, l := range e.Wanted {
		if l.Doubt != "" {
			console.Say(&b, "   undecided: %s\n", l.Doubt)
			continue
		}
		console.Say(&b, "   %s from %s to %s, %s\n", console.Dash(l.Person), clock(l.From), clock(l.Until), e.session(l, clock))
	}
	none(&b, len(e.Wanted))
	if e.Past {
		e.printThen(&b, zone, now)
		_, err := io.WriteString(w, b.String())
		return err
	}
	console.Say(&b, "\nSeen on the phone\n   %s\n", seen(e.Seen, clock))
	b.WriteString("\nWhat follows\n")
	e.barred(&b, clock)
	if e.Clock != "" {
		console.Say(&b, "   the clock is in doubt: %s\n", console.LocalTimes(e.Clock, zone, now))
	}
	for _, s := range e.Steps {
		console.Say(&b, "   %s %s%s: %s\n", s.Op, console.Dash(s.Person), console.LocalTimes(e.when(s, clock), zone, now), console.LocalTimes(s.Why, zone, now))
	}
	switch {
	case len(e.Steps) > 0:
	case e.unserved():
		b.WriteString("   nothing more for this booking: what was done says why\n")
	default:
		b.WriteString("   nothing: the phone is as the bookings say\n")
	}
	b.WriteString("\nWhat was done\n")
	printAttempts(&b, e.Attempts, zone, now)
	none(&b, len(e.Attempts))
	e.andMore(&b, e.Earlier, "earlier")
	if len(e.Notices) > 0 {
		b.WriteString("\nTold on the phone\n")
		printNotices(&b, e.Notices, zone, now)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Remark words what there is to say of a desk.
func Remark(r view.Remark, zone *time.Location, now time.Time) string {
	text := r.Before + " " + console.ShortTime(r.At, zone, now)
	if r.After != "" {
		text += " " + r.After
	}
	return text
}

// printReservations lists the desk's bookings, and which of them nobody acts on.
func (e Explanation) printReservations(b *strings.Builder, zone *time.Location, now time.Time) {
	clock := func(t time.Time) string { return console.ShortTime(t, zone, now) }
	for _, r := range e.Reservations {
		mark := " "
		if r.Contains(e.At) && r.Status == reservations.Confirmed {
			mark = "*"
		}
		console.Say(b, " %s %s to %s  %-12s %-10s from %s, id %s\n", mark, clock(r.Start), clock(r.End), view.Whose(r.Person, r.Anonymised), r.Status, view.Origin(r), r.ID)
		if since := e.Since[r.ID]; since != "" {
			console.Say(b, "   %s\n", console.LocalTimes(since, zone, now))
		}
		why := r.Why // a release, say
		for _, row := range e.Invalid {
			if row.ID == r.ID {
				why = "not acted on: " + row.Why
			}
		}
		if why != "" {
			console.Say(b, "   %s\n", console.LocalTimes(why, zone, now))
		}
		for _, against := range e.Broken[r.ID] {
			console.Say(b, "   breaks the rule %s: %s\n", against.Rule, console.LocalTimes(against.Text, zone, now))
		}
	}
	none(b, len(e.Reservations))
}

func printAttempts(b *strings.Builder, attempts []plan.Attempt, zone *time.Location, now time.Time) {
	for _, a := range attempts {
		console.Say(b, "   %s  %s %s: %s", console.ShortTime(a.Began, zone, now), a.Op, view.Whose(a.Person, a.Anonymised), a.Outcome)
		if a.Why != "" {
			console.Say(b, " (%s)", console.LocalTimes(a.Why, zone, now))
		}
		if a.Error != "" {
			console.Say(b, ": %s", console.LocalTimes(a.Error, zone, now))
		}
		if a.CallList != "" {
			console.Say(b, "; call list %s", a.CallList)
		}
		b.WriteByte('\n')
	}
}

// andMore says that a list of attempts was cut off.
func (e Explanation) andMore(b *strings.Builder, more bool, which string) {
	if more {
		console.Say(b, "   and %s ones: deskd list attempts --desk %s --from %s --to %s\n", which, e.Desk.ID,
			e.At.Add(-view.ExplainAround).Format(time.RFC3339), e.At.Add(view.ExplainAround).Format(time.RFC3339))
	}
}

// session says how long the session of l lasts: the one that runs, as it was
// asked for when it began, or the one that a login would begin.
func (e Explanation) session(l plan.Login, clock func(time.Time) string) string {
	switch {
	case !e.Seen.Ours || !reservations.SamePerson(e.Seen.Person, l.Person):
		return fmt.Sprintf("session until %s, login from %s on", clock(l.Stays), clock(l.Release))
	case e.Ends.IsZero():
		return "their session is on the phone"
	case e.Ends.Before(l.Until):
		return fmt.Sprintf("their session ends by itself at %s, before the booking does, and a new one follows", clock(e.Ends))
	}
	return fmt.Sprintf("their session ends by itself at %s unless deskd ends it", clock(e.Ends))
}

// when says when a step is sent; a hold is not.
func (e Explanation) when(s plan.Step, clock func(time.Time) string) string {
	switch {
	case s.Op == plan.OpHold:
		return ""
	case s.NotBefore.After(e.At):
		return " at " + clock(s.NotBefore)
	case s.Held == scheduler.Behind:
		return " then"
	case s.Held != "" && (e.Pause != nil || e.Refused != nil): // which is said before
		return ", held"
	case s.Held != "":
		return ", held (" + s.Held + ")"
	}
	return " now"
}

func none(b *strings.Builder, n int) {
	if n == 0 {
		b.WriteString("   none\n")
	}
}

// barred says why nothing is sent to the desk's cluster, if nothing is.
func (e Explanation) barred(w io.Writer, clock func(time.Time) string) {
	if e.Pause != nil {
		console.Say(w, "   none of it is sent: the cluster is paused %v since %s\n", e.Pause, clock(e.Pause.Since))
	}
	if e.Refused != nil {
		console.Say(w, "   none of it is sent: the cluster refuses deskd since %s: %s\n", clock(e.Refused.Opened), e.Refused.Problem)
	}
}

// seen says in words what was seen at a device.
func seen(h plan.Observation, clock func(time.Time) string) string {
	if h.Known && h.Exists && h.Doubt != "" {
		doubt := h.Doubt
		h.Doubt = ""
		return seen(h, clock) + "; " + doubt
	}
	switch {
	case h.Doubt != "" && !h.Known:
		return "unknown: " + h.Doubt
	case h.At.IsZero():
		return "never asked"
	case !h.Known:
		return fmt.Sprintf("unknown; %s when it last answered, at %s", cmp.Or(h.Person, "nobody"), clock(h.At))
	case !h.Exists:
		return fmt.Sprintf("the phone system does not know the device, asked at %s", clock(h.At))
	case h.Person == "":
		return fmt.Sprintf("nobody since %s, asked at %s", clock(h.Since), clock(h.At))
	}
	if h.Visitor {
		return fmt.Sprintf("%s, a visitor of another cluster, since %s (not deskd's session), asked at %s", h.Person, clock(h.Since), clock(h.At))
	}
	whose := "not deskd's session"
	if h.Ours {
		whose = "deskd's session"
	}
	return fmt.Sprintf("%s since %s (%s), asked at %s", h.Person, clock(h.Since), whose, clock(h.At))
}

// printThen prints what the explanation of a past instant ends with.
func (e Explanation) printThen(b *strings.Builder, zone *time.Location, now time.Time) {
	if e.Seen.At.IsZero() {
		b.WriteString("\nSeen on the phone then\n   not known\n")
	} else {
		clock := func(t time.Time) string { return console.ShortTime(t, zone, now) }
		console.Say(b, "\nSeen on the phone then\n   %s\n", seen(e.Seen, clock))
	}
	if e.Pause != nil {
		console.Say(b, "\nThe cluster was paused by %s since %s.\n", e.Pause.By, console.ShortTime(e.Pause.Since, zone, now))
	}
	b.WriteString("\nWhat deskd did then and after\n")
	printAttempts(b, e.Followed, zone, now)
	none(b, len(e.Followed))
	e.andMore(b, e.Later, "later")
	b.WriteString("\nWhat it had done before\n")
	printAttempts(b, e.Attempts, zone, now)
	none(b, len(e.Attempts))
	e.andMore(b, e.Earlier, "earlier")
	b.WriteString("\nNot known\n")
	for _, n := range append(slices.Clone(e.NotKnown), "the policy, the people and the feeds of then: what was wanted is worked out with today's") {
		console.Say(b, "   %s\n", console.LocalTimes(n, zone, now))
	}
}
