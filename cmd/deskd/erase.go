package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/store"
	"deskd/web/view"
)

func personEraseCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "erase ID",
		Short: "Remove everything held about a person",
		Long: `Remove everything the database holds about the person with this user id or mail
address: show what it is, ask, and do it in one step, with a daemon running or without.
Bookings to come are cancelled by it. Desks, times and outcomes stay for statistics,
the audit keeps that a person was erased, and nothing says any more who it was.

Nobody is erased while a booking of theirs runs or is about to begin, while deskd has
them logged in, or while an outcome is open: exit code 1, and it is said what to do. The
same when nothing is held.

Backups, the log, and calendars that deskd reads are not part of it. Which calendars
would bring them back is said.`,
		Args: cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				return a.erase(ctx, cmd, args[0], yes)
			})
		},
	}
	cli.AddOutput(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (a *app) erase(ctx context.Context, cmd *cobra.Command, who string, yes bool) error {
	out := cli.Prose(cmd)
	now := a.Clock.Now()
	lead := time.Duration(a.Config.Policy.Lead) + time.Duration(a.Config.Policy.Ready)
	e, err := a.Store.PlanErase(ctx, who, lead, now)
	if errors.Is(err, reservations.ErrUnknownPerson) {
		return err
	}
	if obstacles := (store.Obstacles)(nil); err != nil && !errors.As(err, &obstacles) {
		return err
	}
	zones, zoneErr := a.View.DeskZones(ctx)
	if zoneErr != nil {
		return zoneErr
	}
	a.printErasure(out, e, zones, now)
	if err != nil {
		return err
	}
	if !yes {
		if err := confirmErasure(cmd.InOrStdin(), out, e.Person.ID); err != nil {
			return err
		}
	}
	if e, err = a.Store.Erase(ctx, e.Person.ID, lead, a.Clock.Now()); err == nil || errors.Is(err, store.ErrLingers) {
		console.Say(out, "erased: %s cancelled, %s and %s without names, %s of the audit redacted\n",
			console.Count(len(e.Cancelled), "booking", "bookings"), console.Count(e.Reservations, "reservation", "reservations"),
			console.Count(e.Attempts, "attempt", "attempts"), console.Count(e.Audit, "row", "rows"))
		err = errors.Join(err, cli.Finish(cmd, map[string]int{
			"cancelled": len(e.Cancelled), "reservations": e.Reservations, "attempts": e.Attempts, "audit": e.Audit,
		}))
	}
	return err
}

// confirmErasure asks for the user id itself: an erasure cannot be taken back.
func confirmErasure(in io.Reader, out io.Writer, id string) error {
	typed, err := cli.Confirm(in, out, console.Sprintf("It cannot be taken back. Type %s to erase: ", id))
	if err == nil && !reservations.SamePerson(typed, id) {
		return errors.New("nothing was erased")
	}
	return err
}

// printErasure shows what is removed, what stays, and what would bring it back.
func (a *app) printErasure(w io.Writer, e store.Erasure, zone func(desk string) *time.Location, now time.Time) {
	console.Say(w, "%s\n", describePerson(e))
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{e.Reservations, "reservation loses name, note and event", "reservations lose name, note and event"},
		{e.Attempts, "login, logout or hold loses name, profile and words", "logins, logouts and holds lose name, profile and words"},
		{e.Mentions, "of another person loses the name where its words say it", "of other people lose the name where their words say it"},
		{e.Audit, "row of the audit is redacted", "rows of the audit are redacted"},
		{e.Phones, "phone on which they were seen last", "phones on which they were seen last"},
		{e.Desks, "desk that they own has no owner any more", "desks that they own have no owner any more"},
		{e.Plans, "series or absence goes", "series and absences go"},
		{e.Tokens, "token or address of a calendar goes", "tokens and addresses of calendars go"},
		{e.Problems, "event not understood, answer or held change loses them", "events not understood and answers go, held changes of calendars lose them"},
	} {
		switch {
		case part.n == 1:
			console.Say(w, "  %5d %s\n", 1, part.one)
		case part.n > 1:
			console.Say(w, "  %5d %s\n", part.n, part.many)
		}
	}
	if len(e.Cancelled) > 0 {
		console.Say(w, "Bookings that are cancelled by it\n")
	}
	for _, r := range e.Cancelled {
		at := zone(r.Desk)
		console.Say(w, "  desk %s from %s to %s, from %s, id %s\n", r.Desk, console.ShortTime(r.Start, at, now), console.ShortTime(r.End, at, now), view.Origin(r), r.ID)
	}
	if back := a.broughtBack(e); len(back) > 0 {
		console.Say(w, "What would bring them back\n")
		for _, b := range back {
			console.Say(w, "  %s\n", b)
		}
	}
	fmt.Fprint(w, "Backups, the log and the calendars themselves keep what they hold\n")
}

func describePerson(e store.Erasure) string {
	called := append([]string{e.Person.ID}, e.Person.Mail...)
	if !e.Known {
		return e.Person.ID + ", who is not among the people"
	}
	return strings.TrimSpace(e.Person.Name + " (" + strings.Join(called, ", ") + ")")
}

// broughtBack says which calendars name the person still, and what to do.
func (a *app) broughtBack(e store.Erasure) []string {
	var back []string
	for _, name := range slices.Sorted(maps.Keys(e.Feeds)) {
		back = append(back, fmt.Sprintf("feed %s has %s to come of theirs: take them out of the calendar. Until then deskd lists them as events of an unknown person",
			name, console.Count(e.Feeds[name], "event", "events")))
	}
	for i, f := range a.Config.Feeds {
		named := append([]string{e.Person.ID}, e.Person.Mail...)
		if slices.ContainsFunc(append(f.AllowPeople, f.Person.Fixed), func(who string) bool {
			return slices.ContainsFunc(named, func(id string) bool { return reservations.SamePerson(id, who) })
		}) {
			back = append(back, fmt.Sprintf("the configuration names them: feeds[%d] (%s). Take them out", i, f.Name))
		}
	}
	if e.Phones > 0 {
		back = append(back, "they were seen on a phone: if they are on it still, the next sweep sees them again")
	}
	if e.Known {
		back = append(back, "an import of people from a file that lists them")
	}
	return back
}
