package web

import (
	"fmt"
	"time"
)

// moment is an instant for people and, in an attribute, for programs.
type moment struct {
	Text string
	ISO  string // RFC 3339 with the offset, empty for no instant
}

// clock shows t on zone's wall clock: the time alone today, with the weekday
// and date on other days, with the year in other years.
func clock(t, now time.Time, zone *time.Location) moment {
	t, now = t.In(zone), now.In(zone)
	layout := "15:04"
	switch {
	case t.Year() != now.Year():
		layout = "2 Jan 2006 15:04"
	case t.YearDay() != now.YearDay():
		layout = "Mon 2 Jan 15:04"
	}
	return moment{t.Format(layout), t.Format(time.RFC3339)}
}

// ago shows how long before now t was. An instant after now, from a clock that
// was set back, was just now.
func ago(t, now time.Time) moment {
	if t.IsZero() {
		return moment{Text: "never"}
	}
	text := "just now"
	if d := now.Sub(t); d >= 5*time.Second {
		text = length(d) + " ago"
	}
	return moment{text, t.UTC().Format(time.RFC3339)}
}

// length says d in its largest sensible unit, rounded down.
func length(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}

// count says n of what one and many name: "1 needs a look", "2 need a look".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
