package doctor

import (
	"cmp"
	"context"
	"deskd/scheduler/clock"
	"errors"
	"fmt"
	"slices"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/configs"
	"deskd/reservations"
	"deskd/reservations/feed"
	"deskd/store"
	"deskd/web/view"
)

// Options are how much is asked.
type Options struct {
	Again  bool // also a phone system that has just refused the same password
	Silent bool // nothing outside this machine is asked
}

// Examine looks at everything that deskd depends on, and asks questions only. The error
// is that of a database that cannot be read at all; everything else is a finding.
func Examine(ctx context.Context, p *daemon.Parts, o Options) ([]Finding, error) {
	d := &doctor{Parts: p, Options: o}
	err := d.examine(ctx)
	return d.findings, err
}

// ExamineWithout looks at what there is without a database, of which missing says why it
// could not be opened: whether the phone system answers is what one wants to know before
// anything else is set up. That there is none is a finding.
func ExamineWithout(ctx context.Context, c configs.Config, missing error, o Options) ([]Finding, error) {
	p, err := daemon.NewParts(c, nil, nil, clock.Clock{})
	if err != nil {
		return nil, err
	}
	d := &doctor{Parts: p, Options: o}
	if errors.Is(missing, store.ErrMarker) {
		d.wrong("database", "put it back, or deskd restore FILE", "there is none at %s, though its marker says that there was", c.Database.DSN)
	} else {
		d.wrong("database", "deskd migrate creates it", "there is none at %s", c.Database.DSN)
	}
	d.surroundings(ctx)
	return d.findings, nil
}

// Finding is one thing looked at. Grade is ok, odd or wrong.
type Finding struct {
	Grade string `json:"grade"`
	What  string `json:"what"`
	Says  string `json:"says"`
	Fix   string `json:"fix,omitempty"`
}

type doctor struct {
	*daemon.Parts
	Options
	findings []Finding
	desks    []reservations.Desk
	people   []reservations.Person
	self     string // id of the database
}

func (d *doctor) ok(what, format string, args ...any) {
	d.findings = append(d.findings, Finding{"ok", what, fmt.Sprintf(format, args...), ""})
}

func (d *doctor) odd(what, fix, format string, args ...any) {
	d.findings = append(d.findings, Finding{"odd", what, fmt.Sprintf(format, args...), fix})
}

func (d *doctor) wrong(what, fix, format string, args ...any) {
	d.findings = append(d.findings, Finding{"wrong", what, fmt.Sprintf(format, args...), fix})
}

// examine looks at everything. The error is that of a database that cannot be
// read at all; everything else is a finding.
func (d *doctor) examine(ctx context.Context) error {
	var err error
	if d.desks, err = d.Store.Desks(ctx); err != nil {
		return err
	}
	if d.people, err = d.Store.People(ctx); err != nil {
		return err
	}
	if d.self, err = d.Store.Self(ctx); err != nil {
		return err
	}
	if err := d.database(ctx); err != nil {
		return err
	}
	d.server(ctx)
	d.alike()
	d.clocks(ctx)
	d.surroundings(ctx)
	if err := d.polled(ctx); err != nil {
		return err
	}
	if err := d.unconfigured(ctx); err != nil {
		return err
	}
	if err := d.refusals(ctx); err != nil {
		return err
	}
	if err := d.provisioned(ctx); err != nil {
		return err
	}
	return d.lastSweep(ctx)
}

// surroundings looks at everything outside the database.
func (d *doctor) surroundings(ctx context.Context) {
	d.zones()
	err := d.configFiles()
	d.identity()
	if d.Silent {
		return
	}
	if err == nil {
		for _, c := range d.Config.Clusters {
			d.cluster(ctx, c)
		}
	}
	for _, f := range daemon.Feeds(d.Config) {
		d.feed(ctx, f)
	}
}

func (d *doctor) database(ctx context.Context) error {
	faults, err := d.Store.SchemaFaults(ctx)
	if err != nil {
		return err
	}
	for _, f := range faults { // before the check, which an index of theirs may end
		d.wrong("schema", cmp.Or(f.Fix, "put a backup in its place with deskd restore FILE"), "%s", f.What)
	}
	if err := d.Store.Check(ctx); err != nil {
		d.wrong("database", "restore a backup", "%v", err)
	} else if err := d.Store.Doubt(); err != nil {
		d.wrong("database", "", "%v", err)
	} else if len(faults) == 0 {
		d.ok("database", "%s is sound: %s, %s", d.Config.Database.DSN, console.Count(len(d.desks), "desk", "desks"), console.Count(len(d.people), "person", "people"))
	}
	d.anchors(ctx)
	for _, e := range d.Exposed() {
		d.odd("files", e.Fix, "%s: %s", e.What, e.Why)
	}
	if len(d.desks) == 0 {
		d.wrong("desks", "deskd import desks FILE.csv", "there is no desk")
	}
	if len(d.people) == 0 {
		d.wrong("people", "deskd import people FILE.csv", "there is nobody")
	}
	now := d.Clock.Now()
	span := reservations.Span{Start: now, End: now.AddDate(0, 0, 60)}
	invalid, err := d.Store.InvalidRows(ctx, span)
	for _, r := range invalid {
		d.wrong("reservation "+r.ID, "correct the row, or import the desk or person", "desk %s from %s is not acted on: %s", r.Desk, console.ShortTime(r.Start, d.View.Zone(""), now), r.Why)
	}
	return err
}

// unconfigured tells what desks and bookings name and the configuration does not
// have. A cluster without desks is odd: an import is probably still to come.
func (d *doctor) unconfigured(ctx context.Context) error {
	strays, err := d.View.Strays(ctx, d.Clock.Now())
	for _, s := range strays {
		switch {
		case s.Bad:
			d.wrong(s.What, s.Fix, "%s", s.Text)
		case len(d.desks) > 0: // without any desk, that is what is said
			d.odd(s.What, s.Fix, "%s", s.Text)
		}
	}
	return err
}

// zones shows each site's wall clock, so that a wrong zone is seen.
func (d *doctor) zones() {
	for _, s := range d.Config.Sites {
		d.ok("site "+s.Name, "it is %s there (%s)", d.Clock.Now().In(d.View.Zone(s.Name)).Format("15:04 on 2006-01-02, UTC-07:00"), s.Timezone)
	}
}

func (d *doctor) configFiles() error {
	err := d.Config.CheckFiles()
	if mistakes, ok := errors.AsType[configs.Mistakes](err); ok {
		for _, m := range mistakes {
			hint := m.Hint
			m.Hint = ""
			d.wrong("configuration", hint, "%s", m)
		}
	}
	for _, note := range d.Config.Notes() {
		d.odd("configuration", "", "%s", note)
	}
	return err
}

// feed fetches and reads a calendar.
func (d *doctor) feed(ctx context.Context, f reservations.Feed) {
	what := "feed " + f.Name
	now := d.Clock.Now()
	r, err := view.Calendar{
		Feed: f, Fetcher: daemon.Fetchers(d.Config)[f.Name], Zone: d.View.Zone(f.Site), Directory: feed.NewDirectory(d.desks, d.people), Self: d.self,
		Window: reservations.Span{Start: now.Add(-f.Back), End: now.Add(f.Ahead)},
	}.Read(ctx, time.Now())
	held := d.held(ctx, f.Name)
	switch {
	case held != "":
		d.odd(what, "deskd feed show "+f.Name+", then feed accept or feed reject", "%s", held)
	case err != nil:
		d.wrong(what, "deskd check feed "+f.Name, "%v", err)
	case !r.Understood():
		d.odd(what, "deskd check feed "+f.Name, "%s; %s not understood", console.Count(r.Bookings(), "booking", "bookings"), console.Count(len(r.Problems)+len(r.Unresolved), "event was", "events were"))
	default:
		d.ok(what, "%s, all understood", console.Count(r.Bookings(), "booking", "bookings"))
	}
	d.mayBookFor(f)
	if r.Titled > 0 {
		d.odd(what, feed.SummarySetting+" of the feed would read it, by names that one person alone has", "it looks like a published room mailbox: %s nobody but by a text in SUMMARY, which Exchange makes the booker's name; %d of these are names of people that deskd knows",
			console.Count(r.Titled, "event names", "events name"), r.Known)
	}
}

// mayBookFor says of the calendar of a site that everyone who may write into it may have
// everybody logged in. Whether that is too wide only its owner knows: it is no fault.
func (d *doctor) mayBookFor(f reservations.Feed) {
	if f.Kind != reservations.KindSite {
		return
	}
	protected, may := 0, 0
	for _, p := range d.people {
		switch {
		case p.Protected:
			protected++
		case f.AllowsPerson(p):
			may++
		}
	}
	if may == 0 || may+protected < len(d.people) {
		return
	}
	d.ok("feed "+f.Name, "it may log in everybody: who writes into this calendar may have any of %s logged in (%d of %d protected); allow_people, \"@group\" among them, and the column protected narrow it",
		console.Count(may, "person", "people"), protected, len(d.people))
}

// polled says of a feed what the daemon has of it and a look at the calendar does
// not show: that it was never read, that polls fail, that bookings stay whose events
// are not understood. Before a daemon has run on the database, none of it is news.
func (d *doctor) polled(ctx context.Context) error {
	states, err := d.Store.FeedStates(ctx)
	if err != nil {
		return err
	}
	seen, err := d.Store.Seen(ctx)
	if err != nil {
		return err
	}
	for _, f := range d.Config.Feeds {
		what, now := "feed "+f.Name, d.Clock.Now()
		i := slices.IndexFunc(states, func(s reservations.FeedState) bool { return s.Name == f.Name })
		var s reservations.FeedState
		if i >= 0 {
			s = states[i]
		}
		switch {
		case s.Good.IsZero() && (i >= 0 || len(seen) > 0):
			why := ""
			if s.Failures > 0 {
				why = ": " + s.Problem
			}
			d.odd(what, "deskd serve reads it; if it cannot be read, repair it or take it out of the configuration",
				"the daemon has never read it, or not since the database was restored; walk-ups, strangers and moves wait for it%s", why)
		case s.Failures > 0:
			d.odd(what, "deskd check feed "+f.Name, "the daemon last read it at %s, and since then failed %s: %s",
				console.ShortTime(s.Good, d.View.Zone(f.Site), now), console.Count(s.Failures, "time", "times"), s.Problem)
		}
		if s.Kept > 0 {
			d.odd(what, "deskd list feeds says which events; correct them in the calendar", "%s as they were, because their events are not understood any more",
				console.Count(s.Kept, "booking stays", "bookings stay"))
		}
	}
	return nil
}

// held is what is said of a feed whose change is held, empty for all others.
func (d *doctor) held(ctx context.Context, name string) string {
	if d.Store == nil {
		return "" // there is no database yet
	}
	states, err := d.Store.FeedStates(ctx)
	for _, s := range states {
		if err == nil && s.Name == name && s.HeldSeen > 0 {
			return s.Problem
		}
	}
	return ""
}

// lastSweep tells whether a daemon runs and how fresh what it saw is.
func (d *doctor) lastSweep(ctx context.Context) error {
	seen, err := d.Store.Seen(ctx)
	if err != nil {
		return err
	}
	var newest time.Time
	for _, h := range seen {
		if h.At.After(newest) {
			newest = h.At
		}
	}
	answered := "no phone has answered yet"
	if !newest.IsZero() {
		answered = "a phone last answered at " + console.ShortTime(newest, d.View.Zone(""), d.Clock.Now())
	}
	held, err := store.Held(ctx, d.Config.Database.DSN)
	switch {
	case err != nil:
		d.odd("daemon", "", "%v", err)
	case held:
		d.ok("daemon", "it runs; %s", answered)
	default:
		d.odd("daemon", "deskd serve", "none runs on this database; %s", answered)
	}
	return d.daemons(ctx, held)
}
