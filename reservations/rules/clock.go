package rules

import (
	"fmt"
	"strings"
	"time"

	"deskd/reservations"
)

const day = 24 * time.Hour

// clock is the wall clock of a place.
func (r Rules) clock() *time.Location {
	if r.Clock == nil {
		return time.UTC
	}
	return r.Clock
}

// dateOf is the day that a wall clock shows.
func dateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return Date{y, m, d}
}

// minuteOf is what a wall clock shows, in minutes after midnight.
func minuteOf(t time.Time, zone *time.Location) int {
	t = t.In(zone)
	return t.Hour()*60 + t.Minute()
}

// Plus is the date so many days later.
func (d Date) Plus(days int) Date {
	return dateOf(time.Date(d.Year, d.Month, d.Day+days, 0, 0, 0, 0, time.UTC), time.UTC)
}

// Before reports whether d is an earlier day than o.
func (d Date) Before(o Date) bool { return d.number() < o.number() }

// number counts days.
func (d Date) number() int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / int64(day/time.Second)
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()
}

func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// at is the instant at which a wall clock shows so many minutes after the midnight of d:
// the first of two, and where the clock skips it, the instant of the skip.
func at(d Date, minute int, zone *time.Location) time.Time {
	wall := time.Date(d.Year, d.Month, d.Day, 0, minute, 0, 0, time.UTC)
	// No zone is more than a day away from UTC: the offsets before and after are those
	// around wall.
	early, late := wall.Add(-day), wall.Add(day)
	_, before := early.In(zone).Zone()
	_, after := late.In(zone).Zone()
	first := wall.Add(-time.Duration(before) * time.Second)
	if _, offset := first.In(zone).Zone(); offset == before {
		return first.In(zone)
	}
	second := wall.Add(-time.Duration(after) * time.Second)
	if _, offset := second.In(zone).Zone(); offset == after {
		return second.In(zone)
	}
	skip, _ := first.In(zone).ZoneBounds()
	return skip
}

// startOf is the first instant of a day.
func startOf(d Date, zone *time.Location) time.Time { return at(d, 0, zone) }

// WholeDays reports whether a span is days of a wall clock: it begins and ends when one
// begins.
func WholeDays(s reservations.Span, zone *time.Location) bool {
	return !s.Empty() && beginsDay(s.Start, zone) && beginsDay(s.End, zone)
}

func beginsDay(t time.Time, zone *time.Location) bool { return startOf(dateOf(t, zone), zone).Equal(t) }

// days are the first and the last day that a span touches.
func days(s reservations.Span, zone *time.Location) (first, last Date) {
	return dateOf(s.Start, zone), dateOf(s.End.Add(-time.Nanosecond), zone)
}

// length is how long a booking is: one of whole days as many days of 24 hours, though
// clocks may have changed.
func length(s reservations.Span, zone *time.Location) time.Duration {
	if !WholeDays(s, zone) {
		return s.Duration()
	}
	return time.Duration(dateOf(s.End, zone).number()-dateOf(s.Start, zone).number()) * day
}

// clockText is a time of day as people write it.
func clockText(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

func (h Hours) String() string { return clockText(h.From) + "-" + clockText(h.To) }

// durationValue words a length of time, ” for none.
func durationValue(d time.Duration) string {
	if d == 0 {
		return ""
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// instant words an instant for a sentence.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }
