package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// By is what each line of a report is of.
type By string

// What there are lines of.
const (
	BySite  By = "site"
	ByFloor By = "floor"
	ByZone  By = "zone"
	ByDesk  By = "desk"
)

// All are what there can be lines of, the widest first.
var All = []By{BySite, ByFloor, ByZone, ByDesk}

// MostDays are the days of a report: a quarter of a year.
const MostDays = 92

// Asked is what is to be reported.
type Asked struct {
	Site, Floor string    // '' are all
	First, Last time.Time // midnights of the days in UTC, both of them counted
	By          By        // '' is [BySite]
	Weekdays    bool      // a line for each weekday
}

// Check reports the first thing that makes a unusable.
func (a Asked) Check() error {
	switch {
	case a.By != "" && !slices.Contains(All, a.By):
		return fmt.Errorf("by: %q is none of site, floor, zone and desk", a.By)
	case a.Last.Before(a.First):
		return fmt.Errorf("to: %s is before %s", a.Last.Format(time.DateOnly), a.First.Format(time.DateOnly))
	case !a.Last.Before(a.First.AddDate(0, 0, MostDays)):
		return fmt.Errorf("to: a report is of at most %d days", MostDays)
	}
	return nil
}

// days are the first and the last.
func (a Asked) days() (first, last string) {
	return a.First.Format(time.DateOnly), a.Last.Format(time.DateOnly)
}

// Place is where a desk is, and what a line is of: what is beside the question is ”.
type Place struct{ Site, Floor, Zone, Desk string }

// of is the part of p that a line is of.
func (a Asked) of(p Place) Place {
	switch a.By {
	case ByDesk:
		return p
	case ByFloor:
		return Place{Site: p.Site, Floor: p.Floor}
	case ByZone:
		return Place{Site: p.Site, Zone: p.Zone}
	case BySite:
	}
	return Place{Site: p.Site}
}

// weekday is that of a day like 2026-03-02, ” where lines are of all of them.
func (a Asked) weekday(day string) Weekday {
	if !a.Weekdays {
		return ""
	}
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return "" // it is one: this package has written it
	}
	return weekdays[date.Weekday()]
}

// Weekday is a day of the week as the configuration calls it: mon.
type Weekday string

var weekdays = [7]Weekday{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Number is its place in the week, which begins on Monday with 1; 0 of none.
func (w Weekday) Number() int {
	i := slices.Index(weekdays[:], w)
	if i == 0 {
		return 7
	}
	return max(i, 0)
}

// Since says from which day on something is known, as the answer has it.
type Since struct {
	// Details is the first day of which bookings are known one by one: of those before, retention
	// has left counts of sites alone. '' is all days.
	Details string
	// Presence is the first day whose bookings have their names still, unless a person was erased:
	// with the names goes who has come.
	Presence string
	// Logins is the first day of which the journal is kept; '' where there is none.
	Logins string
}

// String says it in sentences.
func (s Since) String() string {
	var told []string
	if s.Details != "" {
		told = append(told, "Bookings are known one by one since "+s.Details+": of the days before only sites have counts.")
	}
	told = append(told, "Who has come is known since "+s.Presence+".")
	if s.Logins == "" {
		return strings.Join(append(told, "No login is known."), " ")
	}
	return strings.Join(append(told, "Logins are known since "+s.Logins+"."), " ")
}
