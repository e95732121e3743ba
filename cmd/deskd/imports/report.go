package imports

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store"
)

// Report is what came of a file.
type Report struct {
	DryRun    bool      `json:"dry_run"`
	Added     int       `json:"added"`
	Updated   int       `json:"updated"`
	Unchanged int       `json:"unchanged"`
	LeftOut   int       `json:"left_out"`
	Problems  []Problem `json:"problems"`
	Notes     []Problem `json:"notes"`
	Changes   []Change  `json:"changes"`
	Effects   []string  `json:"effects,omitempty"` // on phones, with a dry run
	// Protected are those of all People whom no calendar has logged in; of an import
	// of people.
	Protected int `json:"protected,omitempty"`
	People    int `json:"people,omitempty"`
}

// Problem is what is wrong with one line or many.
type Problem struct {
	Lines []int  `json:"lines"`
	Text  string `json:"text"`
}

// Change is what a line changes.
type Change struct {
	Line    int                 `json:"line"`
	Item    string              `json:"item"`
	Added   bool                `json:"added"`
	Columns map[string]WasAndIs `json:"columns"`
	// Differs are Columns in their order.
	Differs []store.ColumnChange `json:"-"`
}

// WasAndIs is a column of a row before an import and after it.
type WasAndIs struct {
	Was string `json:"was"`
	Is  string `json:"is"`
}

// outcome is what came of the rows of a kind, each of which stands on a line of the file.
type outcome struct {
	store.Imported
	kind string
	line func(row int) int
}

// report words what cannot be used, in the order of the file, and what came of the rest.
func (i *Importer) report(ctx context.Context, done outcome, now time.Time) (Report, error) {
	r := Report{
		DryRun: i.DryRun, Added: done.Added, Updated: done.Updated, Unchanged: done.Unchanged, LeftOut: len(i.bad),
		Problems: together(i.bad), Notes: together(i.notes), Changes: []Change{},
	}
	var err error
	if done.kind == "people" {
		if r.Protected, r.People, err = i.protected(ctx, done.Imported); err != nil {
			return r, err
		}
	}
	if r.Changes, err = i.changes(ctx, done, now); err != nil {
		return r, err
	}
	if i.DryRun {
		r.Effects, err = i.effects(ctx, done.Imported, now)
	}
	return r, err
}

// aboutRow is what the words of a complaint begin with: the row it is about.
var aboutRow = regexp.MustCompile(`^(?:desk|person|phone|reservation of desk) "(?:[^"\\]|\\.)*"(?: at [^ ]+Z)?: `)

// together makes one problem of those that say the same of different rows, in
// the order of the file: one wrong name may stand in a thousand lines.
func together(all []complaint) []Problem {
	slices.SortStableFunc(all, func(a, b complaint) int { return cmp.Compare(a.line, b.line) })
	problems, byText := []Problem{}, make(map[string]int)
	for _, c := range all {
		full := c.err.Error()
		text := aboutRow.ReplaceAllString(full, "")
		if n, ok := byText[text]; ok {
			problems[n].Lines = append(problems[n].Lines, c.line)
			problems[n].Text = text
			continue
		}
		byText[text] = len(problems)
		problems = append(problems, Problem{[]int{c.line}, full})
	}
	for n, p := range problems {
		if len(p.Lines) > 1 {
			problems[n].Text = fmt.Sprintf("%s (%d lines: %s)", p.Text, len(p.Lines), someLines(p.Lines))
		}
	}
	return problems
}

// someLines names the first few lines.
func someLines(lines []int) string {
	const few = 5
	var texts []string
	for _, n := range lines[:min(len(lines), few)] {
		texts = append(texts, fmt.Sprint(n))
	}
	if len(lines) > few {
		texts = append(texts, "…")
	}
	return strings.Join(texts, ", ")
}

// changes words what the rows change, with the times of the desk's site.
func (i *Importer) changes(ctx context.Context, done outcome, now time.Time) ([]Change, error) {
	zones, err := i.View.DeskZones(ctx)
	all := make([]Change, 0, len(done.Changes))
	for _, c := range done.Changes {
		change := Change{Line: done.line(c.Row), Added: c.Added, Columns: make(map[string]WasAndIs), Differs: c.Columns}
		switch is := c.New.(type) {
		case reservations.Desk:
			change.Item = is.ID
		case reservations.Person:
			change.Item = is.ID
		case reservations.Reservation:
			change.Item = fmt.Sprintf("desk %s at %s", is.Desk, console.ZonedTime(is.Start, zones(is.Desk), now))
			for n, d := range change.Differs {
				change.Differs[n].Was = console.LocalTimes(d.Was, zones(is.Desk), now)
				change.Differs[n].Is = console.LocalTimes(d.Is, zones(is.Desk), now)
			}
		}
		for _, d := range change.Differs {
			change.Columns[d.Column] = WasAndIs{d.Was, d.Is}
		}
		all = append(all, change)
	}
	return all, err
}

// effects says who would be logged out now: whose session is that of a booking
// now and would not be afterwards, and who may lose a booking because its calendar
// knows the desk or the person by something that goes.
func (i *Importer) effects(ctx context.Context, done store.Imported, now time.Time) ([]string, error) {
	if len(i.Config.Clusters) == 0 || done.Updated == 0 {
		return nil, nil
	}
	p := daemon.Policy(i.Config, i.Config.Clusters[0]) // what is asked of it is the same for all
	before, err := i.world(ctx, p, now)
	if err != nil {
		return nil, err
	}
	seen, err := i.Store.Seen(ctx)
	if err != nil {
		return nil, err
	}
	on := make(map[string]string, len(seen))
	for _, h := range seen {
		on[h.Device] = h.Person
	}
	zones, err := i.View.DeskZones(ctx)
	if err != nil {
		return nil, err
	}
	o := outlook{before: before, done: done, zones: zones, now: now, told: make(map[string]bool)}
	texts := append(o.loggedOut(p, on), o.unnamed()...)
	slices.Sort(texts)
	return texts, nil
}

// outlook is what an import that is not carried out would do to the sessions that run.
type outlook struct {
	before plan.World
	done   store.Imported
	zones  func(desk string) *time.Location
	now    time.Time
	told   map[string]bool // reservations that were spoken of
}

// loggedOut says whose session is that of a booking now and would not be
// afterwards. On is who was last seen on each device.
func (o outlook) loggedOut(p plan.Policy, on map[string]string) (texts []string) {
	stay := sessions(changed(o.before, o.done), p, o.now)
	for key, l := range sessions(o.before, p, o.now) {
		if _, stays := stay[key]; stays || !reservations.SamePerson(on[l.Device], l.Person) {
			continue
		}
		o.told[l.Reservation] = true
		texts = append(texts, fmt.Sprintf("would be logged out now: %s from desk %s (%s), booked until %s", l.Person, l.Desk, l.Device, console.ZonedTime(l.Until, o.zones(l.Desk), o.now)))
	}
	return texts
}

// world is what the bookings say now.
func (i *Importer) world(ctx context.Context, p plan.Policy, now time.Time) (w plan.World, err error) {
	if w.Desks, err = i.Store.Desks(ctx); err != nil {
		return w, err
	}
	people, err := i.Store.People(ctx)
	if err != nil {
		return w, err
	}
	w.People = make(map[string]reservations.Person, len(people))
	for _, p := range people {
		w.People[reservations.PersonKey(p.ID)] = p
	}
	booked, err := i.Store.Reservations(ctx, p.Window(now))
	w.Calendar, w.Feeds = reservations.NewCalendar(booked), i.View.FeedsByName()
	return w, err
}

// changed is the world after an import.
func changed(w plan.World, done store.Imported) plan.World {
	after := plan.World{People: make(map[string]reservations.Person, len(w.People)), Feeds: w.Feeds}
	for key, p := range w.People {
		after.People[key] = p
	}
	desks, booked := make(map[string]reservations.Desk), make(map[string]reservations.Reservation)
	for _, c := range done.Changes {
		switch is := c.New.(type) {
		case reservations.Desk:
			desks[is.ID] = is
		case reservations.Person:
			after.People[reservations.PersonKey(is.ID)] = is
		case reservations.Reservation:
			booked[is.ID] = is
		}
	}
	for _, d := range w.Desks {
		if new, ok := desks[d.ID]; ok {
			d = new
		}
		after.Desks = append(after.Desks, d)
	}
	var all []reservations.Reservation
	for _, r := range w.Calendar.All() {
		if new, ok := booked[r.ID]; ok {
			r = new
		}
		all = append(all, r)
	}
	after.Calendar = reservations.NewCalendar(all)
	return after
}

// sessions are the logins of bookings that run now.
func sessions(w plan.World, p plan.Policy, now time.Time) map[string]plan.Login {
	clusters := make(map[string]string, len(w.Desks))
	for _, d := range w.Desks {
		clusters[d.ID] = d.Cluster
	}
	all := make(map[string]plan.Login)
	for _, l := range plan.Wanted(w, p, now) {
		if l.Person != "" && !l.From.After(now) && l.Until.After(now) {
			all[strings.Join([]string{clusters[l.Desk], l.Device, reservations.PersonKey(l.Person)}, "\n")] = l
		}
	}
	return all
}

// unnamed says which bookings of calendars run now on desks, or of people, that
// are no longer called something they are called now.
func (o outlook) unnamed() []string {
	desks, people := make(map[string]string), make(map[string]string)
	for _, c := range o.done.Changes {
		for _, d := range c.Columns {
			lost := lostNames(d)
			switch is := c.New.(type) {
			case reservations.Desk:
				desks[is.ID] += lost
			case reservations.Person:
				people[reservations.PersonKey(is.ID)] += lost
			}
		}
	}
	var texts []string
	for _, r := range o.before.Calendar.All() {
		feed, ok := strings.CutPrefix(r.Source, reservations.FeedSource(""))
		lost := desks[r.Desk] + people[reservations.PersonKey(r.Person)]
		if _, polled := o.before.Feeds[feed]; !polled {
			continue // nobody reads the calendar, and what it has booked stays
		}
		if !ok || lost == "" || o.told[r.ID] || r.Person == "" || !r.Contains(o.now) {
			continue
		}
		texts = append(texts, fmt.Sprintf("may be logged out now: %s from desk %s, booked until %s by calendar %q, if it calls them%s",
			r.Person, r.Desk, console.ZonedTime(r.End, o.zones(r.Desk), o.now), feed, strings.TrimPrefix(lost, " or")))
	}
	return texts
}

// lostNames are the names that go with the change of a column, as the end of a
// sentence.
func lostNames(d store.ColumnChange) string {
	if d.Column != "mail" && d.Column != "aliases" && d.Column != "name" {
		return ""
	}
	lost, stay := "", strings.Split(d.Is, ";")
	for name := range strings.SplitSeq(d.Was, ";") {
		if name != "" && !slices.Contains(stay, name) {
			lost += fmt.Sprintf(" or %q", name)
		}
	}
	return lost
}
