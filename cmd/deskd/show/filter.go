package show

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/web/view"
)

// filter narrows a list, and says how it is shown.
type filter struct {
	view.Filter
	zone *time.Location // of the times that were typed
	now  time.Time
	csv  bool // for programs: times in full, nothing for nothing
	// broken lists only reservations that the rules are against.
	broken bool
}

// window says from when to when was listed, and in which zone times were read.
func (f filter) window() string {
	text := "From " + console.DayTime(f.From, f.zone)
	if f.Until.IsZero() {
		text += " on"
	} else {
		text += " to " + console.DayTime(f.Until, f.zone)
	}
	return text + fmt.Sprintf(". Times are read in %s.", f.zone)
}

// narrowed reads the flags that need the database and the configuration.
func (f filter) narrowed(ctx context.Context, cmd *cobra.Command, a *cli.App, kind string) (filter, error) {
	f.now = a.Clock.Now()
	if err := a.CheckSite(f.Site); err != nil {
		return f, err
	}
	var site string
	var err error
	if f.Filter, site, err = a.View.Narrow(ctx, f.Filter); err != nil {
		return f, err
	}
	f.zone = a.View.Zone(site)
	if !lists[kind].takesFlag("from") {
		return f, nil
	}
	return f.times(cmd, kind)
}

// times reads the flags that are times. Reservations are listed for a week,
// what has happened for a day.
func (f filter) times(cmd *cobra.Command, kind string) (filter, error) {
	from, fromGiven, err := cli.SpanFlag(cmd, "from", f.zone, f.now)
	if err != nil {
		return f, err
	}
	to, toGiven, err := cli.SpanFlag(cmd, "to", f.zone, f.now)
	if err != nil {
		return f, err
	}
	f.From, f.Until = from.Start, to.End
	switch past := toGiven && !to.End.After(f.now); {
	case fromGiven:
	case kind != "reservations" && past:
		f.From = f.Until.AddDate(0, 0, -1)
	case kind != "reservations":
		f.From = f.now.AddDate(0, 0, -1)
	case past:
		f.From = f.Until.AddDate(0, 0, -7)
	default:
		f.From = f.now
	}
	if !toGiven && kind == "reservations" {
		f.Until = f.From.AddDate(0, 0, 7)
	}
	if f.Until.IsZero() {
		return f, nil
	}
	return f, cli.CheckOrder(f.From, f.Until, f.zone)
}

// clock shows a time, in full for programs.
func (f filter) clock(t time.Time, zone *time.Location) string {
	switch {
	case f.csv && t.IsZero():
		return ""
	case f.csv:
		return t.In(zone).Format(time.RFC3339)
	}
	return console.ShortTime(t, zone, f.now)
}

// dash shows an empty value, as nothing for programs.
func (f filter) dash(s string) string {
	if f.csv {
		return s
	}
	return console.Dash(s)
}

// whose shows a person.
func (f filter) whose(person string, anonymised bool) string {
	if f.csv && !anonymised {
		return person
	}
	return view.Whose(person, anonymised)
}
