package show

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/reservations/spelling"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
	"deskd/store/notices"
	"deskd/web/view"
)

// lister is one kind of list: it reads what is asked for and returns it both as
// it is, for JSON, and as rows.
type lister func(ctx context.Context, a *cli.App, f filter) (all any, rows [][]string, err error)

// listKind is what can be listed.
type listKind struct {
	header  string
	csv     string   // the header as CSV, where that has other columns
	filters []string // the flags that narrow it
	what    string   // what it is, for its help
	read    lister
}

var (
	ofDesks  = []string{"desk", "site", "floor"}
	ofEvents = []string{"desk", "person", "site", "floor", "from", "to", "limit"}
)

var lists = map[string]listKind{
	"reservations": {
		header: "ID DESK PERSON START END STATUS SOURCE NOTE", csv: "ID DESK PERSON START END STATUS SOURCE NOTE SERIES", filters: []string{"desk", "person", "site", "floor", "from", "to", "all", "broken"},
		what: "reservations that share a moment with --from (default now) to --to (default a week later)", read: listReservations,
	},
	"desks": {
		header: "DESK STATE BOOKED ON-PHONE SINCE NEXT PHONE PROBLEM",
		csv:    "DESK SITE FLOOR STATE BOOKED UNTIL ON-PHONE SINCE NEXT NEXT-START PHONE PROBLEM OWNER", filters: ofDesks,
		what: "how every desk stands now: who is booked, who was seen on the phone", read: listDesks,
	},
	"sessions": {
		header: "DESK DEVICE KNOWN PERSON OURS SINCE SEEN", filters: ofDesks,
		what: "who was seen on which phone last, and whether deskd began that", read: listSessions,
	},
	"clusters": {
		header: "CLUSTER STATE SINCE ASKED-AGAIN PROBLEM",
		what:   "phone systems: which of them are paused, have logouts held, refuse deskd, or end sessions too early", read: listClusters,
	},
	"absences": {
		header: "ABSENCE PERSON FIRST LAST NOTE", filters: []string{"person"},
		what: "days on which people are away, but for those that are over", read: listAbsences,
	},
	"closures": {
		header: "CLOSURE SITE FLOOR ZONE DESK START END REASON", filters: ofDesks,
		what: "times in which desks cannot be booked, but for those that are over", read: listClosures,
	},
	"arrivals": {
		header: "RESERVATION DESK PERSON START END STATE BY EVIDENCE", filters: ofDesks,
		what: "bookings whose people have to check in now: who has come, and what is released when", read: listArrivals,
	},
	"nodes": {
		header: "NODE STATE STARTED SEEN VERSION CLOCK PAGE DOES UNLIKE",
		what:   "the daemons that serve the database, what each of them does, and what it has configured otherwise", read: listNodes,
	},
	"phones": {
		header: "DESK PHONE ADDRESS AGE SOURCE MODEL REGISTERED EM PROFILE WEB-ACCESS PROBLEM",
		csv:    "DESK CLUSTER PHONE ADDRESS SEEN SOURCE MODEL REGISTERED REGISTERED-AT EM PROFILE WEB-ACCESS TOLD-AT PROBLEM UNANSWERED", filters: ofDesks,
		what: "where each desk's phone is, who has told it and how long ago; those of no known address last", read: listPhones,
	},
	"people": {header: "PERSON NAME MAIL PROFILE PROTECTED ALIASES GROUPS ROLE", filters: []string{"person"}, what: "everybody who can be logged in", read: listPeople},
	"feeds": {
		header: "FEED EVENTS UNREAD KEPT TENTATIVE LAST-GOOD FAILURES PROBLEM",
		what:   "how the calendars stand, and what of them was not understood", read: listFeeds,
	},
	"attempts": {
		header: "ATTEMPT BEGAN DESK STEP PERSON OUTCOME CODE CAUSE WHY", csv: "ATTEMPT BEGAN DESK STEP PERSON OUTCOME CODE CAUSE WHY CALL-LIST", filters: ofEvents,
		what: "logins, logouts and holds that began from --from (default a day ago) to --to, the newest first", read: listAttempts,
	},
	"notices": {
		header: "BEGAN DESK NOTICE RESERVATION OUTCOME WHY", csv: "BEGAN CLUSTER DESK DEVICE NOTICE RESERVATION DUE ABOUT OTHER OUTCOME WHY", filters: []string{"desk", "from", "to", "limit"},
		what: "what people were told on their phones from --from (default a day ago) to --to, the newest first", read: listNotices,
	},
	"audit": {
		header: "ROW AT ACTOR VERB KIND ITEM WHAT", filters: []string{"from", "to", "limit"},
		what: "who changed what from --from (default a day ago) to --to, the newest first", read: listAudit,
	},
	"days": {
		header: "DAY SITE BOOKINGS HOURS CANCELLED", filters: []string{"site"},
		what: "how much was booked at each site on each day, for good", read: listDays,
	},
	"usage": {
		header: "MONTH DESK SITE BOOKINGS HOURS CANCELLED", filters: []string{"desk", "site"},
		what: "how much each desk was booked in each month, for good", read: listUsage,
	},
	"drift": {
		header: "ATTEMPT BEGAN DESK STEP PERSON OUTCOME CODE CAUSE WHY", csv: "ATTEMPT BEGAN DESK STEP PERSON OUTCOME CODE CAUSE WHY CALL-LIST", filters: ofEvents,
		what: "those logins, logouts and holds that no booking's start or end explains", read: listDrift,
	},
}

// takesFlag reports whether the flag called name narrows this kind.
func (k listKind) takesFlag(name string) bool { return slices.Contains(k.filters, name) }

// List is deskd list, with a verb for each kind.
func List() *cobra.Command {
	kinds := slices.Sorted(maps.Keys(lists))
	long := "List what the database holds.\n\n"
	for _, kind := range kinds {
		long += fmt.Sprintf("  %-13s %s\n", kind, lists[kind].what)
	}
	cmd := &cobra.Command{
		Use:   "list " + strings.Join(kinds, "|"),
		Short: "List reservations, desks, phones, people, absences, arrivals, closures, clusters, nodes, feeds, attempts, sessions, notices, drift, usage or the audit",
		Long:  long + "\ndeskd list KIND --help says by what a kind can be narrowed.",
		Args: cobra.MatchAll(cli.Takes(1), func(_ *cobra.Command, args []string) error {
			return cli.Usagef("%q cannot be listed: %s%s", args[0], strings.Join(kinds, ", "), spelling.Meant(args[0], kinds))
		}),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }, // never reached: Args refuses
	}
	for _, kind := range kinds {
		cmd.AddCommand(listKindCommand(kind, lists[kind]))
	}
	// Flags may stand before the kind; a kind is not the value of this one.
	cmd.Flags().Bool("all", false, "")
	_ = cmd.Flags().MarkHidden("all") // it is there
	return cmd
}

func listKindCommand(kind string, k listKind) *cobra.Command {
	var f filter
	cmd := &cobra.Command{
		Use:   kind,
		Short: strings.ToUpper(k.what[:1]) + k.what[1:],
		Long:  listHelp(k),
		Args:  cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			form, err := cmd.Flags().GetString("output")
			if err != nil {
				return err
			}
			if k.takesFlag("limit") && f.Limit < 1 {
				return cli.Usagef("--limit %d: at least 1", f.Limit)
			}
			return cli.Open(cmd, true, func(ctx context.Context, a *cli.App) error {
				f, err := f.narrowed(ctx, cmd, a, kind)
				if err != nil {
					return err
				}
				return listing{kind, form, f}.print(ctx, cmd, a)
			})
		},
	}
	k.addFlags(cmd, &f)
	cli.AddOutput(cmd, "text", "json", "csv")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if name, ok := unknownFlag(err); ok && slices.Contains(listFlags, name) {
			return cli.Usagef("--%s does not apply to %s", name, kind)
		}
		return cmd.Root().FlagErrorFunc()(cmd, err)
	})
	return cmd
}

// listFlags are those that some kind takes, with the names they had.
var listFlags = []string{"desk", "person", "site", "floor", "from", "to", "since", "until", "all", "broken", "limit"}

func unknownFlag(err error) (string, bool) {
	missing, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return "", false
	}
	return missing.GetSpecifiedName(), true
}

func listHelp(k listKind) string {
	text := "List " + k.what + ".\n"
	if k.takesFlag("from") {
		text += "\n" + cli.TimeHelp + `

Local times are in the zone of --site, or of the site of --desk, else in that of the
configuration's first site; the list says which it was. They are shown in the zone of
each desk's site.
`
	}
	return text + `
With -o csv, one line each under a header, and times with their offset.`
}

func (k listKind) addFlags(cmd *cobra.Command, f *filter) {
	flags := cmd.Flags()
	for _, name := range k.filters {
		switch name {
		case "desk":
			flags.StringVar(&f.Desk, "desk", "", "only this `desk`")
		case "person":
			flags.StringVar(&f.Person, "person", "", "only this `person`, by user id or mail address")
		case "site":
			flags.StringVar(&f.Site, "site", "", "only desks of this `site`")
		case "floor":
			flags.StringVar(&f.Floor, "floor", "", "only desks on this `floor`")
		case "from":
			cli.TimeFlags(cmd, "from this `time` on", "up to this `time`, a day alone included")
		case "all":
			flags.BoolVar(&f.Cancelled, "all", false, "also reservations that were cancelled or withdrawn")
		case "broken":
			flags.BoolVar(&f.broken, "broken", false, "only those that the rules are against, with the rules that each breaks")
		case "limit":
			flags.IntVar(&f.Limit, "limit", 500, "at most so many, the newest")
		}
	}
}

// listing is a list that is asked for: what of a kind, and the form it is shown in.
type listing struct {
	kind, form string
	filter
}

func (l listing) print(ctx context.Context, cmd *cobra.Command, a *cli.App) error {
	k, f, out := lists[l.kind], l.filter, cmd.OutOrStdout()
	f.csv = l.form == "csv"
	asked := f
	asked.Limit++ // one more tells that there are more
	all, rows, err := k.read(ctx, a, asked)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		if err := a.View.Known(ctx, f.Filter); err != nil {
			return err
		}
	}
	if k.takesFlag("limit") && len(rows) > f.Limit {
		rows = rows[:f.Limit]
		all = firstOf(all, f.Limit)
		defer console.Say(cmd.ErrOrStderr(), "deskd: only the newest %d are listed; --limit lists more\n", f.Limit)
	}
	switch l.form {
	case "json":
		return console.JSON(out, all)
	case "csv":
		return console.CSV(out, cmp.Or(k.csv, k.header)+f.more(), rows)
	}
	if err := console.List(out, l.kind, k.header+f.more(), rows); err != nil {
		return err
	}
	if feeds, ok := all.([]view.Feed); ok {
		printUnread(out, a, feeds)
	}
	if phones, ok := all.([]deskPhone); ok {
		printUnanswered(out, phones)
	}
	if cmd.Flags().Changed("from") || cmd.Flags().Changed("to") {
		_, err = console.Printf(out, "\n%s\n", f.window())
	}
	return err
}

// firstOf is the beginning of a list that has a limit.
func firstOf(all any, n int) any {
	switch all := all.(type) {
	case []plan.Attempt:
		return all[:n]
	case []reservations.AuditEntry:
		return all[:n]
	case []notices.Told:
		return all[:n]
	}
	return all
}

func listDesks(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	board, err := a.View.ListDesks(ctx, f.Filter)
	if err != nil {
		return nil, nil, err
	}
	var rows [][]string
	for _, n := range board {
		zone := a.View.Zone(n.Desk.Site)
		if f.csv {
			rows = append(rows, f.deskCells(n, zone))
			continue
		}
		booked, next := "-", "-"
		if n.Booking != nil {
			booked = console.Dash(n.Booking.Person) + " until " + console.ShortTime(n.Booking.End, zone, f.now)
		}
		if n.Next != nil {
			next = console.Dash(n.Next.Person) + " at " + console.ShortTime(n.Next.Start, zone, f.now)
		}
		rows = append(rows, []string{n.Desk.ID, string(n.State), booked, console.Dash(n.Phone.Person), console.ShortTime(n.Phone.Since, zone, f.now), next, n.Desk.Device, n.Problem})
	}
	return board, rows, nil
}

// deskCells are the cells of a desk for programs, a value in each.
func (f filter) deskCells(n board.Desk, zone *time.Location) []string {
	var booked, until, next, nextStart string
	if n.Booking != nil {
		booked, until = n.Booking.Person, f.clock(n.Booking.End, zone)
	}
	if n.Next != nil {
		next, nextStart = n.Next.Person, f.clock(n.Next.Start, zone)
	}
	return []string{n.Desk.ID, n.Desk.Site, n.Desk.Floor, string(n.State), booked, until, n.Phone.Person, f.clock(n.Phone.Since, zone), next, nextStart, n.Desk.Device, n.Problem, n.Desk.Owner}
}

func listPeople(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.View.ListPeople(ctx, f.Filter)
	var rows [][]string
	for _, p := range all {
		rows = append(rows, []string{p.ID, p.Name, strings.Join(p.Mail, ";"), f.dash(p.Profile), strconv.FormatBool(p.Protected), f.dash(strings.Join(p.Aliases, ";")), f.dash(strings.Join(p.Groups, ";")), f.dash(string(p.Role))})
	}
	return all, rows, err
}

func listAttempts(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.View.ListAttempts(ctx, f.Filter)
	return f.attemptRows(ctx, a, all, err)
}

func listDrift(ctx context.Context, a *cli.App, f filter) (any, [][]string, error) {
	all, err := a.View.ListDrift(ctx, f.Filter)
	return f.attemptRows(ctx, a, all, err)
}

func (f filter) attemptRows(ctx context.Context, a *cli.App, all []plan.Attempt, err error) (any, [][]string, error) {
	zones, zoneErr := a.View.DeskZones(ctx)
	if err := errors.Join(err, zoneErr); err != nil {
		return nil, nil, err
	}
	var rows [][]string
	for _, at := range all {
		rows = append(rows, f.attemptCells(at, zones(at.Desk)))
	}
	return all, rows, nil
}

func (f filter) attemptCells(at plan.Attempt, zone *time.Location) []string {
	code, why := f.dash(""), at.Why
	if at.Outcome == plan.Refused {
		code = strconv.Itoa(at.Code)
	}
	if at.Error != "" {
		why += ": " + at.Error
	}
	cells := []string{
		strconv.FormatInt(at.ID, 10), f.clock(at.Began, zone), f.dash(at.Desk), string(at.Op),
		f.whose(at.Person, at.Anonymised), string(at.Outcome), code, string(at.Cause), why,
	}
	switch {
	case f.csv:
		cells = append(cells, at.CallList)
	case at.CallList != "":
		cells[len(cells)-1] += "; call list " + at.CallList
	}
	return cells
}
