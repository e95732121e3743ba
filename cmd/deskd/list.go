package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/store"
)

// lister is one kind of list: it reads what is asked for and returns it both as
// it is, for JSON, and as rows.
type lister func(ctx context.Context, a *app, f listFilter) (all any, rows [][]string, err error)

var lists = map[string]struct {
	header  string
	filters []string // the flags that narrow it
	read    lister
}{
	"reservations": {"ID DESK PERSON START END STATUS SOURCE NOTE", []string{"desk", "person", "since", "until", "all"}, listReservations},
	"desks":        {"DESK STATE BOOKED ON-PHONE SINCE NEXT PHONE PROBLEM", []string{"desk"}, listDesks},
	"clusters":     {"CLUSTER STATE SINCE ASKED-AGAIN PROBLEM", nil, listClusters},
	"people":       {"PERSON NAME MAIL PROFILE PROTECTED ALIASES", []string{"person"}, listPeople},
	"feeds":        {"FEED EVENTS UNREAD TENTATIVE LAST-GOOD FAILURES PROBLEM", nil, listFeeds},
	"attempts":     {"BEGAN DESK STEP PERSON OUTCOME CODE CAUSE WHY", []string{"desk", "person", "since", "until", "limit"}, listAttempts},
	"audit":        {"ROW AT ACTOR VERB KIND ITEM WHAT", []string{"since", "until", "limit"}, listAudit},
	"drift":        {"BEGAN DESK STEP PERSON OUTCOME CODE CAUSE WHY", []string{"desk", "person", "since", "until", "limit"}, listDrift},
}

// listFilter narrows a list.
type listFilter struct {
	desk, person string
	since, until time.Time
	now          time.Time
	all          bool
	limit        int
}

func listCommand() *cobra.Command {
	kinds := slices.Sorted(maps.Keys(lists))
	var f listFilter
	cmd := &cobra.Command{
		Use:   "list " + strings.Join(kinds, "|"),
		Short: "List reservations, desks, people, clusters, feeds, attempts, drift or the audit",
		Long: `List what the database holds.

  reservations  from --since (default now) to --until (default a week later)
  desks         how every desk stands now: who is booked, who was seen on the phone
  people        everybody who can be logged in
  clusters      phone systems: which of them are paused, have logouts held, refuse deskd, or end sessions too early
  feeds         how the calendars stand, and what of them was not understood
  attempts      logins, logouts and holds since --since (default a day ago)
  drift         those of them that no booking's start or end explains
  audit         who changed what since --since (default a day ago)

Times are shown in the zone of the desk's site; --since and --until are RFC 3339, or
local in the first site.`,
		Args: cobra.MatchAll(takes(1), func(_ *cobra.Command, args []string) error {
			if _, ok := lists[args[0]]; !ok {
				return usage("%q cannot be listed: %s", args[0], strings.Join(kinds, ", "))
			}
			return nil
		}),
		ValidArgs: kinds,
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := wantsJSON(cmd)
			if err != nil {
				return err
			}
			if err := f.check(cmd, args[0]); err != nil {
				return err
			}
			return openApp(cmd, true, func(ctx context.Context, a *app) error {
				f, err := f.times(cmd, a, args[0])
				if err != nil {
					return err
				}
				return printKind(ctx, cmd.OutOrStdout(), a, args[0], f, asJSON)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.desk, "desk", "", "only this `desk`")
	flags.StringVar(&f.person, "person", "", "only this `person`")
	flags.String("since", "", "from this `time` on")
	flags.String("until", "", "up to this `time`")
	flags.BoolVar(&f.all, "all", false, "also reservations that were cancelled or withdrawn")
	flags.IntVar(&f.limit, "limit", 500, "at most so many, the newest")
	addOutput(cmd)
	return cmd
}

// printKind prints the list of one kind.
func printKind(ctx context.Context, w io.Writer, a *app, kind string, f listFilter, asJSON bool) error {
	list := lists[kind]
	all, rows, err := list.read(ctx, a, f)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(w, all)
	}
	if err := printList(w, kind, list.header, rows); err != nil {
		return err
	}
	if feeds, ok := all.([]listedFeed); ok {
		printUnread(w, feeds)
	}
	return nil
}

// check refuses flags that would not narrow this kind of list.
func (f listFilter) check(cmd *cobra.Command, kind string) error {
	for _, name := range []string{"desk", "person", "since", "until", "all", "limit"} {
		if cmd.Flags().Changed(name) && !slices.Contains(lists[kind].filters, name) {
			return usage("--%s does not apply to %s", name, kind)
		}
	}
	if f.limit < 1 {
		return usage("--limit %d: at least 1", f.limit)
	}
	return nil
}

// times reads the flags that are times. Reservations are listed for a week from
// now unless they say otherwise, attempts from a day ago on.
func (f listFilter) times(cmd *cobra.Command, a *app, kind string) (listFilter, error) {
	f.now = a.clock.Now()
	since := f.now
	if kind != "reservations" {
		since = f.now.AddDate(0, 0, -1)
	}
	var err error
	if f.since, err = timeFlag(cmd, "since", a.zone(""), since); err != nil {
		return f, err
	}
	if f.until, err = timeFlag(cmd, "until", a.zone(""), time.Time{}); err != nil {
		return f, err
	}
	if kind == "reservations" && f.until.IsZero() {
		f.until = f.since.AddDate(0, 0, 7)
	}
	if !f.until.IsZero() && !f.until.After(f.since) {
		return f, usage("--until %s is not after --since %s", f.until.Format(time.RFC3339), f.since.Format(time.RFC3339))
	}
	return f, nil
}

func printList(w io.Writer, kind, header string, rows [][]string) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintf(w, "no %s\n", kind)
		return err
	}
	return table(w, header, rows)
}

func listReservations(ctx context.Context, a *app, f listFilter) (any, [][]string, error) {
	span := reservations.Span{Start: f.since, End: f.until}
	all, err := a.store.ListReservations(ctx, store.ReservationFilter{Span: span, Desk: f.desk, Person: f.person, IncludeCancelled: f.all})
	if err != nil {
		return nil, nil, err
	}
	zones, err := a.deskZones(ctx)
	var rows [][]string
	for _, r := range all {
		zone := zones(r.Desk)
		rows = append(rows, []string{r.ID, r.Desk, whose(r.Person, r.Anonymised), r.Start.In(zone).Format("2006-01-02 15:04"), r.End.In(zone).Format("2006-01-02 15:04"), string(r.Status), r.Source, r.Note})
	}
	return all, rows, err
}

func listDesks(ctx context.Context, a *app, f listFilter) (any, [][]string, error) {
	board, err := a.board(ctx, f.now)
	if err != nil {
		return nil, nil, err
	}
	if f.desk != "" {
		board = slices.DeleteFunc(board, func(n scheduler.DeskNow) bool { return n.Desk.ID != f.desk })
	}
	var rows [][]string
	for _, n := range board {
		zone := a.zone(n.Desk.Site)
		booked, next := "-", "-"
		if n.Booking != nil {
			booked = dash(n.Booking.Person) + " until " + shortTime(n.Booking.End, zone, f.now)
		}
		if n.Next != nil {
			next = dash(n.Next.Person) + " at " + shortTime(n.Next.Start, zone, f.now)
		}
		rows = append(rows, []string{n.Desk.ID, string(n.State), booked, dash(n.Phone.Person), shortTime(n.Phone.Since, zone, f.now), next, n.Desk.Device, n.Problem})
	}
	return board, rows, nil
}

// board is how every desk of every cluster stands, by desk.
func (a *app) board(ctx context.Context, now time.Time) ([]scheduler.DeskNow, error) {
	desks, err := a.store.Desks(ctx)
	if err != nil {
		return nil, err
	}
	people, err := a.store.People(ctx)
	if err != nil {
		return nil, err
	}
	booked, err := a.store.Reservations(ctx, reservations.Span{Start: now, End: now.Add(24 * time.Hour)})
	if err != nil {
		return nil, err
	}
	seen, err := a.store.Seen(ctx)
	if err != nil {
		return nil, err
	}
	have := make(map[string]scheduler.Have, len(seen))
	for _, h := range seen {
		have[h.Device] = h
	}
	a.undriven(desks, have)
	last, err := a.store.LastAttempts(ctx)
	if err != nil {
		return nil, err
	}
	w := scheduler.World{Desks: desks, Calendar: reservations.NewCalendar(booked), People: make(map[string]reservations.Person)}
	for _, p := range people {
		w.People[reservations.PersonKey(p.ID)] = p
	}
	return scheduler.Board(w, have, last, now), nil
}

func listPeople(ctx context.Context, a *app, f listFilter) (any, [][]string, error) {
	all, err := a.store.People(ctx)
	if f.person != "" {
		all = slices.DeleteFunc(all, func(p reservations.Person) bool { return !reservations.SamePerson(p.ID, f.person) })
	}
	var rows [][]string
	for _, p := range all {
		rows = append(rows, []string{p.ID, p.Name, strings.Join(p.Mail, ";"), dash(p.Profile), strconv.FormatBool(p.Protected), dash(strings.Join(p.Aliases, ";"))})
	}
	return all, rows, err
}

func listAttempts(ctx context.Context, a *app, f listFilter) (any, [][]string, error) {
	return a.attempts(ctx, f, func(scheduler.Attempt) bool { return true })
}

func listDrift(ctx context.Context, a *app, f listFilter) (any, [][]string, error) {
	return a.attempts(ctx, f, func(at scheduler.Attempt) bool { return at.Cause.Drift() })
}

func (a *app) attempts(ctx context.Context, f listFilter, keep func(scheduler.Attempt) bool) (any, [][]string, error) {
	all, err := a.store.ListAttempts(ctx, store.AttemptFilter{Since: f.since, Desk: f.desk})
	if err != nil {
		return nil, nil, err
	}
	zones, err := a.deskZones(ctx)
	kept := []scheduler.Attempt{}
	var rows [][]string
	for _, at := range all {
		if !keep(at) || f.person != "" && !reservations.SamePerson(at.Person, f.person) || !f.until.IsZero() && !at.Began.Before(f.until) {
			continue
		}
		if len(kept) == f.limit {
			break
		}
		kept = append(kept, at)
		code := "-"
		if at.Outcome == scheduler.Refused {
			code = strconv.Itoa(at.Code)
		}
		why := at.Why
		if at.Error != "" {
			why += ": " + at.Error
		}
		rows = append(rows, []string{shortTime(at.Began, zones(at.Desk), f.now), dash(at.Desk), string(at.Op), whose(at.Person, at.Anonymised), string(at.Outcome), code, string(at.Cause), why})
	}
	return kept, rows, err
}
