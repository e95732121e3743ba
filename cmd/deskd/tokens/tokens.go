// Package tokens has the verb token: who may ask deskd over HTTP. Flags in, print out; what
// they do is in store/tokens.
package tokens

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/web/calendars"
)

// Command is the verb token.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make, list and revoke what programs and calendars ask with",
		Args:  cli.VerbOf,
		RunE: func(*cobra.Command, []string) error {
			return cli.Usagef("expected create, calendar, list or revoke; see deskd token --help")
		},
	}
	cmd.AddCommand(create(), calendar(), list(), revoke())
	return cmd
}

// asked is a token as a command line asks for one.
type asked struct{ scope, person, role, note, expires string }

func create() *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "create --scope S,S [--person P] [--role R]",
		Short: "Make a token, and show its secret once",
		Long: `Make a token for a program, or for a person, and show its secret. It is shown once: deskd
keeps a hash of it. Requests carry it in the header Authorization: Bearer deskd_…

--scope says what it may be used for: read, write (bookings), operate (feeds, clusters) and
admin (tokens). --role says what its holder is: employee, delegate, facilities, telephony or
auditor. A token of a person (--person) has the person's own role where none is given, as it
is when the token is used; a token of nobody needs a role.

--expires is after how many days or hours it ends: 90d, 12h. Without it the token counts
until it is revoked.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cli.Required(cmd, "scope"); err != nil {
				return err
			}
			return cli.Open(cmd, false, func(ctx context.Context, app *cli.App) error { return a.make(ctx, cmd, app) })
		},
	}
	cli.AddOutput(cmd)
	flags := cmd.Flags()
	flags.StringVar(&a.scope, "scope", "", "what it may be used for: `read,write,operate,admin`")
	flags.StringVar(&a.person, "person", "", "the `person` whose it is")
	flags.StringVar(&a.role, "role", "", "the `role` of its holder")
	flags.StringVar(&a.note, "note", "", "a `text` for people")
	flags.StringVar(&a.expires, "expires", "", "after which `time` it ends, such as 90d")
	return cmd
}

// made is a token with its secret, for programs.
type made struct {
	reservations.Token
	Secret string `json:"secret"`
}

func (a asked) make(ctx context.Context, cmd *cobra.Command, app *cli.App) error {
	now := app.Clock.Now()
	t := reservations.Token{Kind: reservations.TokenAPI, Person: a.person, Role: reservations.Role(a.role), Note: a.note}
	var err error
	if t.Scopes, err = reservations.ParseScopes(a.scope); err != nil {
		return cli.Usagef("--scope: %w", err)
	}
	if t.Expires, err = expiring(a.expires, now); err != nil {
		return err
	}
	if err := t.Check(); err != nil {
		return cli.Usage(err)
	}
	t, secret, err := app.Store.Tokens().Create(ctx, t, now)
	if err != nil {
		return err
	}
	text := console.Sprintf("token %s: %s\n", t.ID, describe(t, app.View.Zone("")))
	return cli.Answer(cmd, made{t, secret}, text+secret+"\n")
}

// expiring is when a token ends that is made now; ” is never.
func expiring(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	after, err := lasting(text)
	if err != nil {
		return time.Time{}, cli.Usagef("--expires: %w", err)
	}
	return now.Add(after), nil
}

// lasting reads a time such as 90d or 12h.
func lasting(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n > 0 && n <= 3650 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	after, err := time.ParseDuration(text)
	if err != nil || after <= 0 || after > 3650*24*time.Hour {
		return 0, fmt.Errorf("%q is not a time such as 90d or 12h", text)
	}
	return after, nil
}

// describe words what a token may do.
func describe(t reservations.Token, zone *time.Location) string {
	text := strings.Join(strings.Fields(reservations.ScopesText(t.Scopes)), ", ")
	if t.Kind == reservations.TokenCalendar {
		text = "calendar of " + shows(t)
	}
	if t.Person != "" && t.Kind != reservations.TokenCalendar {
		text += " for " + t.Person
	}
	if t.Role != "" {
		text += " as " + string(t.Role)
	}
	if t.Expires.IsZero() {
		return text + ", until it is revoked"
	}
	return text + ", until " + console.DayTime(t.Expires, zone)
}

// shows words what a calendar shows.
func shows(t reservations.Token) string {
	shown, err := calendars.ParseShown(t.Shows)
	if err != nil {
		return t.Shows // another program wrote it
	}
	return shown.Words()
}

func list() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tokens, also those that are expired or revoked",
		Args:  cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cli.Open(cmd, true, func(ctx context.Context, app *cli.App) error {
				all, err := app.Store.Tokens().List(ctx)
				if err != nil {
					return err
				}
				return answer(cmd, all, app.View.Zone(""), app.Clock.Now())
			})
		},
	}
	cli.AddOutput(cmd, "text", "json", "csv")
	return cmd
}

const header = "ID KIND SCOPES PERSON ROLE SHOWS STATE EXPIRES USED BY NOTE"

func answer(cmd *cobra.Command, all []reservations.Token, zone *time.Location, now time.Time) error {
	form, err := cmd.Flags().GetString("output")
	if err != nil {
		return err
	}
	if form == "json" {
		return console.JSON(cmd.OutOrStdout(), all)
	}
	clock := func(t time.Time) string {
		switch {
		case t.IsZero():
			return ""
		case form == "csv":
			return t.UTC().Format(time.RFC3339)
		}
		return console.DayTime(t, zone)
	}
	rows := make([][]string, len(all))
	for i, t := range all {
		rows[i] = []string{
			t.ID, string(t.Kind), strings.ReplaceAll(reservations.ScopesText(t.Scopes), " ", ","), t.Person, string(t.Role), shows(t),
			State(t, now), clock(t.Expires), clock(t.Used), t.By, t.Note,
		}
	}
	if form == "csv" {
		return console.CSV(cmd.OutOrStdout(), header, rows)
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "no tokens")
		return err
	}
	for _, r := range rows {
		for i := range r {
			r[i] = console.Dash(r[i])
		}
	}
	return console.Table(cmd.OutOrStdout(), header, rows)
}

// State is whether a token counts: valid, expired or revoked.
func State(t reservations.Token, now time.Time) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked"
	case !t.Counts(now):
		return "expired"
	}
	return "valid"
}

func revoke() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "revoke ID",
		Short: "Let a token open nothing any more",
		Long: `Let a token open nothing any more, on every node, from its next request on. ID is the one
that deskd token list shows. Exit code 1: there is no such token.`,
		Args: cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return cli.Open(cmd, false, func(ctx context.Context, app *cli.App) error {
				t, err := app.Store.Tokens().Revoke(ctx, args[0], app.Clock.Now())
				if errors.Is(err, reservations.ErrToken) {
					return fmt.Errorf("there is no token %q; see deskd token list", args[0])
				}
				if err != nil {
					return err
				}
				return cli.Answer(cmd, t, console.Sprintf("revoked: token %s\n", t.ID))
			})
		},
	}
	cli.AddOutput(cmd)
	return cmd
}
