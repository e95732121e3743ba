package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/console"
)

// listFilter narrows a list, and says how it is shown.
type listFilter struct {
	desk, person, site, floor string
	desks                     map[string]bool // those at the site and on the floor; nil is all
	since, until              time.Time
	zone                      *time.Location // of the times that were typed
	now                       time.Time
	all                       bool
	limit                     int
	csv                       bool // for programs: times in full, nothing for nothing
}

// unknown is why nothing was found, if a desk or person is known nowhere.
// History names desks and people that have gone, so that only an empty list asks.
func (f listFilter) unknown(ctx context.Context, a *app) error {
	if f.desk != "" {
		if _, err := a.store.Desk(ctx, f.desk); err != nil {
			return err
		}
	}
	if f.person != "" {
		if _, err := a.store.Person(ctx, f.person); err != nil {
			return err
		}
	}
	return nil
}

// window says from when to when was listed, and in which zone times were read.
func (f listFilter) window() string {
	text := "From " + console.DayTime(f.since, f.zone)
	if f.until.IsZero() {
		text += " on"
	} else {
		text += " to " + console.DayTime(f.until, f.zone)
	}
	return text + fmt.Sprintf(". Times are read in %s.", f.zone)
}

// narrowed reads the flags that need the database and the configuration.
func (f listFilter) narrowed(ctx context.Context, cmd *cobra.Command, a *app, kind string) (listFilter, error) {
	f.now = a.clock.Now()
	if err := f.findDesks(ctx, a); err != nil {
		return f, err
	}
	if f.person != "" {
		if p, err := a.store.Person(ctx, f.person); err == nil { // else history may know them
			f.person = p.ID
		}
	}
	if !lists[kind].takesFlag("from") {
		return f, nil
	}
	return f.times(cmd, kind)
}

// findDesks finds the desks at the site and on the floor, and the zone of typed
// times.
func (f *listFilter) findDesks(ctx context.Context, a *app) error {
	if err := a.checkSite(f.site); err != nil {
		return err
	}
	f.zone = a.zone(f.site)
	if f.desk == "" && f.site == "" && f.floor == "" {
		return nil
	}
	desks, err := a.store.Desks(ctx)
	if err != nil {
		return err
	}
	var floors []string
	f.desks = make(map[string]bool)
	for _, d := range desks {
		if f.site == "" && d.ID == f.desk {
			f.zone = a.zone(d.Site)
		}
		if f.site != "" && d.Site != f.site {
			continue
		}
		floors = append(floors, d.Floor)
		if f.floor == "" || strings.EqualFold(d.Floor, f.floor) {
			f.desks[d.ID] = true
		}
	}
	if f.floor != "" && len(f.desks) == 0 {
		return fmt.Errorf("no desk is on floor %q%s", f.floor, meant(f.floor, floors))
	}
	if f.site == "" && f.floor == "" {
		f.desks = nil
	}
	return nil
}

// keeps reports whether what is of this desk is asked for.
func (f listFilter) keeps(desk string) bool {
	return (f.desk == "" || desk == f.desk) && (f.desks == nil || f.desks[desk])
}

// times reads the flags that are times. Reservations are listed for a week,
// what has happened for a day.
func (f listFilter) times(cmd *cobra.Command, kind string) (listFilter, error) {
	from, fromGiven, err := spanFlag(cmd, "from", f.zone, f.now)
	if err != nil {
		return f, err
	}
	to, toGiven, err := spanFlag(cmd, "to", f.zone, f.now)
	if err != nil {
		return f, err
	}
	f.since, f.until = from.Start, to.End
	switch past := toGiven && !to.End.After(f.now); {
	case fromGiven:
	case kind != "reservations" && past:
		f.since = f.until.AddDate(0, 0, -1)
	case kind != "reservations":
		f.since = f.now.AddDate(0, 0, -1)
	case past:
		f.since = f.until.AddDate(0, 0, -7)
	default:
		f.since = f.now
	}
	if !toGiven && kind == "reservations" {
		f.until = f.since.AddDate(0, 0, 7)
	}
	if f.until.IsZero() {
		return f, nil
	}
	return f, checkOrder(f.since, f.until, f.zone)
}

// clock shows a time, in full for programs.
func (f listFilter) clock(t time.Time, zone *time.Location) string {
	switch {
	case f.csv && t.IsZero():
		return ""
	case f.csv:
		return t.In(zone).Format(time.RFC3339)
	}
	return console.ShortTime(t, zone, f.now)
}

// dash shows an empty value, as nothing for programs.
func (f listFilter) dash(s string) string {
	if f.csv {
		return s
	}
	return console.Dash(s)
}

// whose shows a person.
func (f listFilter) whose(person string, anonymised bool) string {
	if f.csv && !anonymised {
		return person
	}
	return whose(person, anonymised)
}
