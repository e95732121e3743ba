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

// Close is the verb close.
func Close() *cobra.Command {
	var c booking.Closing
	cmd := &cobra.Command{
		Use:   "close (--desk D | --site S | --floor F | --zone Z) --to T --reason R",
		Short: "Close a desk, a zone, a floor or a site for a time",
		Long: `Close desks for a time: nobody can book them in it, by deskd. --floor and --zone are of
--site, which may be left out where there is one. Calendars and other programs keep their
freedom; deskd check rules lists what they book there.

What is booked in that time already stays, and its phones are obeyed: it is listed.
--cancel takes it back; a booking that runs ends as the closure begins. Bookings of
calendars and of other programs stay also then, for those own them.
--dry-run says who is affected, and does nothing. deskd reopen takes a closure back.

` + cli.TimeHelp + ` Local times are
in the zone of the site.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cli.Required(cmd, "to", "reason"); err != nil {
				return err
			}
			if err := reservations.CheckNote(c.Why); err != nil {
				return cli.Usagef("--reason: %w", err)
			}
			return open(cmd, func(ctx context.Context, a *opened) error { return a.close(ctx, cmd, c) })
		},
	}
	cli.AddOutput(cmd)
	flags := cmd.Flags()
	flags.StringVar(&c.Desk, "desk", "", "the `desk` that is closed")
	flags.StringVar(&c.Site, "site", "", "the `site` that is closed, or of which a floor or zone is")
	flags.StringVar(&c.Floor, "floor", "", "the `floor` that is closed")
	flags.StringVar(&c.Zone, "zone", "", "the `zone` that is closed")
	cli.TimeFlags(cmd, "first `time`; now, where it is left out", "`time` at which it is open again; a day alone is included")
	flags.StringVar(&c.Why, "reason", "", "a `text` for those who cannot book")
	flags.BoolVar(&c.Cancel, "cancel", false, "cancel what is booked there, but for bookings of calendars and of other programs")
	flags.BoolVar(&c.DryRun, "dry-run", false, "say who is affected, and do nothing")
	return cmd
}

func (a *opened) close(ctx context.Context, cmd *cobra.Command, c booking.Closing) error {
	now := a.Clock.Now()
	zone, err := a.place(ctx, &c.Place)
	if err != nil {
		return err
	}
	from, given, err := cli.SpanFlag(cmd, "from", zone, now)
	if err != nil {
		return err
	}
	if !given {
		from.Start = now
	}
	to, _, err := cli.SpanFlag(cmd, "to", zone, now)
	if err != nil {
		return err
	}
	c.Span = reservations.Span{Start: from.Start, End: to.End}
	if err := cli.CheckOrder(c.Start, c.End, zone); err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		return cli.Usage(err)
	}
	if !c.End.After(now) {
		return cli.Usagef("--to %s is over already", console.DayTime(c.End, zone))
	}
	done, err := a.Bookings().Close(ctx, operator, c, now)
	if err != nil {
		return console.LocalError(err, zone, now)
	}
	return cli.Answer(cmd, done, closedText(done, zone, now))
}

// place completes a place that a command line names, and returns its zone.
func (a *opened) place(ctx context.Context, p *booking.Place) (*time.Location, error) {
	if p.Desk != "" {
		if p.Site+p.Floor+p.Zone != "" {
			return nil, cli.Usagef("--desk names one desk: --site, --floor and --zone are for closing all of a place")
		}
		d, err := a.Store.Desk(ctx, p.Desk)
		if err != nil {
			return nil, err
		}
		p.Desk = d.ID
		return a.View.Zone(d.Site), nil
	}
	sites := a.View.SiteNames()
	switch {
	case p.Site == "" && p.Floor == "" && p.Zone == "":
		return nil, cli.Usagef("--desk, --site, --floor or --zone missing: what is to be closed?")
	case p.Site == "" && len(sites) != 1:
		return nil, cli.Usagef("--site missing: several sites may have such a floor or zone")
	case p.Site == "":
		p.Site = sites[0]
	}
	return a.View.Zone(p.Site), a.CheckSite(p.Site)
}

func closedText(done booking.ClosureAnswer, zone *time.Location, now time.Time) string {
	text := done.ID + ": "
	if done.DryRun {
		text = "would be "
	}
	text += console.Sprintf("closed: %s from %s to %s: %s\n", done.Place, console.ShortTime(done.Start, zone, now), console.ZonedTime(done.End, zone, now), done.Why)
	list := func(word string, all []reservations.Reservation) {
		for _, r := range all {
			text += console.Sprintf("%s  %s  desk %s for %s from %s to %s, %s\n", word, r.ID, r.Desk, console.Dash(r.Person),
				console.ShortTime(r.Start, zone, now), console.ZonedTime(r.End, zone, now), r.Source)
		}
	}
	if len(done.Stays) > 0 {
		text += console.Count(len(done.Stays), "booking stays, and its phone is obeyed:\n", "bookings stay, and their phones are obeyed:\n")
		list("  stays", done.Stays)
	}
	if len(done.Gone) > 0 {
		text += console.Count(len(done.Gone), "booking is cancelled, or ends as the closure begins:\n", "bookings are cancelled, or end as the closure begins:\n")
		list("  gone ", done.Gone)
	}
	if len(done.Stays)+len(done.Gone) == 0 {
		text += "nothing is booked there in that time\n"
	}
	return text
}

// Reopen is the verb reopen.
func Reopen() *cobra.Command {
	var r booking.Reopening
	cmd := &cobra.Command{
		Use:   "reopen ID",
		Short: "Take a closure back",
		Long: `Take a closure back, from now on. ID is its id, or the first digits of that if they mean
one closure only: deskd list closures says which there are. Bookings that were cancelled
for it do not come back.`,
		Args: cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r.ID = args[0]
			return open(cmd, func(ctx context.Context, a *opened) error { return a.reopen(ctx, cmd, r) })
		},
	}
	cli.AddOutput(cmd)
	cmd.Flags().BoolVar(&r.DryRun, "dry-run", false, "say what would be done, and do nothing")
	return cmd
}

func (a *opened) reopen(ctx context.Context, cmd *cobra.Command, r booking.Reopening) error {
	now := a.Clock.Now()
	done, err := a.Bookings().Reopen(ctx, operator, r, now)
	if err != nil {
		return err
	}
	zone := a.View.Zone(done.Site)
	if done.Desk != "" {
		zones, err := a.View.DeskZones(ctx)
		if err != nil {
			return err
		}
		zone = zones(done.Desk)
	}
	word := "open again"
	if r.DryRun {
		word = "would be open again"
	}
	return cli.Answer(cmd, done, console.Sprintf("%s: %s, closed from %s to %s: %s\n", word, done.Place,
		console.ShortTime(done.Start, zone, now), console.ZonedTime(done.End, zone, now), done.Why))
}
