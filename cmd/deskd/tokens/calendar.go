package tokens

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/reservations/publish"
	"deskd/web/calendars"
)

// subscription is the address of a calendar, as a command line asks for one.
type subscription struct {
	calendars.Shown
	note, expires string
}

func calendar() *cobra.Command {
	var s subscription
	cmd := &cobra.Command{
		Use:   "calendar --person P | --desk D | --site S [--floor F] [--zone Z]",
		Short: "Make the address of a calendar to subscribe to, and show it once",
		Long: `Make the address of a calendar that people subscribe to, and show it. It is shown once: deskd
keeps a hash of it. Who has the address reads the calendar, until it is revoked (deskd token
revoke) or expires.

The calendar shows what a person has booked, or when a desk, or the desks of a site, a floor
or a zone of it, are taken. Of desks it says by whom, and what was noted, only with --names.

The address is below that of the status page, as calendar programs reach it: behind a proxy,
with a name that "hosts" has in the configuration.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cli.Open(cmd, false, func(ctx context.Context, app *cli.App) error { return s.make(ctx, cmd, app) })
		},
	}
	cli.AddOutput(cmd)
	flags := cmd.Flags()
	flags.StringVar(&s.Person, "person", "", "what this `person` has booked")
	flags.StringVar(&s.Desk, "desk", "", "when this `desk` is taken")
	flags.StringVar(&s.Site, "site", "", "when the desks of this `site` are taken")
	flags.StringVar(&s.Floor, "floor", "", "only those of this `floor`")
	flags.StringVar(&s.Zone, "zone", "", "only those of this `zone`")
	flags.BoolVar(&s.Names, "names", false, "say by whom, and what was noted")
	flags.StringVar(&s.note, "note", "", "a `text` for people")
	flags.StringVar(&s.expires, "expires", "", "after which `time` it ends, such as 90d")
	cmd.MarkFlagsOneRequired("person", "desk", "site")
	cmd.MarkFlagsMutuallyExclusive("person", "desk", "site")
	cmd.MarkFlagsMutuallyExclusive("person", "names")
	return cmd
}

// address is a calendar's, for programs.
type address struct {
	reservations.Token
	Path string `json:"path"`
}

func (s subscription) make(ctx context.Context, cmd *cobra.Command, app *cli.App) error {
	if err := s.find(ctx, app); err != nil {
		return err
	}
	now := app.Clock.Now()
	t := reservations.Token{Kind: reservations.TokenCalendar, Person: s.Person, Shows: s.String(), Note: s.note}
	var err error
	if t.Expires, err = expiring(s.expires, now); err != nil {
		return err
	}
	if err := t.Check(); err != nil {
		return cli.Usage(err)
	}
	t, secret, err := app.Store.Tokens().Create(ctx, t, now)
	if err != nil {
		return err
	}
	path := "/cal/" + secret + ".ics"
	text := console.Sprintf("token %s: %s\n", t.ID, describe(t, app.View.Zone("")))
	return cli.Answer(cmd, address{t, path}, text+path+"\n")
}

// find looks whether there is what the calendar shows, and says of what kind it is.
func (s *subscription) find(ctx context.Context, app *cli.App) error {
	switch {
	case s.Site == "" && (s.Floor != "" || s.Zone != ""):
		return cli.Usagef("--floor and --zone are parts of a site: add --site")
	case s.Person != "":
		s.Kind = publish.OfPerson
		p, err := app.Store.Person(ctx, s.Person)
		s.Person = p.ID
		return err
	case s.Desk != "":
		s.Kind = publish.OfDesk
		_, err := app.Store.Desk(ctx, s.Desk)
		return err
	}
	s.Kind = publish.OfSite
	if s.Floor+s.Zone != "" {
		s.Kind = publish.OfZone
	}
	if err := app.CheckSite(s.Site); err != nil {
		return err
	}
	desks, err := app.Store.Desks(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(desks, func(d reservations.Desk) bool {
		return d.Site == s.Site && (s.Floor == "" || d.Floor == s.Floor) && (s.Zone == "" || d.Zone == s.Zone)
	}) {
		return cli.Usagef("there is no desk at %s", s.Words())
	}
	return nil
}
