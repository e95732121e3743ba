package console

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"deskd/reservations"
)

// zonedForms are the instants people type with their offset, beside RFC 3339.
var zonedForms = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"}

// ReadTime reads a time as people write it. It is a span: empty for an instant,
// from the first moment to the end for a whole day. What has no offset is local
// in zone; a time of day without a date is today's there, in every verb.
func ReadTime(text string, zone *time.Location, now time.Time) (reservations.Span, error) {
	text = strings.TrimSpace(text)
	for _, form := range zonedForms {
		if t, err := time.Parse(form, text); err == nil {
			return instantSpan(t, text)
		}
	}
	if strings.EqualFold(text, "now") {
		return instantSpan(now, text)
	}
	if t, ok := awayFrom(text, zone, now); ok {
		return instantSpan(t, text)
	}
	day, clock, whole, ok := cutDay(text, now.In(zone))
	switch {
	case !ok && noSuchDay(text) != "":
		return reservations.Span{}, fmt.Errorf("time %q: there is no day %s in the calendar", text, noSuchDay(text))
	case !ok:
		return reservations.Span{}, fmt.Errorf("time %q: expected 2026-03-02T09:00:00Z, or in the zone %s 2026-03-02 09:00, 2026-03-02, 09:00, today, tomorrow, yesterday, or -2h", text, zone)
	case whole:
		return wholeDay(day, zone)
	case clock == 24*time.Hour:
		span, err := wholeDay(day, zone)
		return reservations.Span{Start: span.End, End: span.End}, err
	}
	t, err := localTime(day.Add(clock), zone)
	if err != nil {
		return reservations.Span{}, err
	}
	return instantSpan(t, text)
}

// awayFrom reads a distance from now, as in -2h or +7d. Days are those of the
// calendar in zone.
func awayFrom(text string, zone *time.Location, now time.Time) (time.Time, bool) {
	if !strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "+") {
		return now, false
	}
	if days, err := strconv.Atoi(strings.TrimSuffix(text, "d")); err == nil && strings.HasSuffix(text, "d") {
		return now.In(zone).AddDate(0, 0, days), true
	}
	d, err := time.ParseDuration(text)
	return now.Add(d), err == nil
}

// instantSpan is a span of no length, within the years that the database orders.
func instantSpan(t time.Time, text string) (reservations.Span, error) {
	t = t.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return reservations.Span{}, fmt.Errorf("time %q: the year is not from 1 to 9999", text)
	}
	return reservations.Span{Start: t, End: t}, nil
}

var (
	dayWords   = map[string]int{"yesterday": -1, "today": 0, "tomorrow": 1}
	dayForms   = []string{time.DateOnly, "2.1.2006"}
	clockForms = []string{"15:04", "15:04:05"}
	dayAndTime = regexp.MustCompile(`^(\S+?)(?:\s+|[Tt])(\d.*)$`)
)

// cutDay splits a local time into its day, as midnight in UTC, and the time of
// that day. Whole says that there is no time of day.
func cutDay(text string, now time.Time) (day time.Time, clock time.Duration, whole, ok bool) {
	if day, ok = readDay(text, now); ok {
		return day, 0, true, true
	}
	date, rest := "today", text
	if parts := dayAndTime.FindStringSubmatch(text); parts != nil {
		date, rest = parts[1], parts[2]
	}
	if day, ok = readDay(date, now); !ok {
		return day, 0, false, false
	}
	if rest == "24:00" || rest == "24:00:00" {
		return day, 24 * time.Hour, false, true
	}
	for _, form := range clockForms {
		if t, err := time.Parse(form, rest); err == nil {
			return day, t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)), false, true
		}
	}
	return day, 0, false, false
}

// dayLike is what is written as a day, whether there is one or not.
var dayLike = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})\b|^(\d{1,2})\.(\d{1,2})\.(\d{4})\b`)

// noSuchDay is the day that text begins with, if the calendar does not have it.
func noSuchDay(text string) string {
	parts := dayLike.FindStringSubmatch(text)
	if parts == nil {
		return ""
	}
	year, month, day := parts[1], parts[2], parts[3]
	if year == "" {
		year, month, day = parts[6], parts[5], parts[4]
	}
	if _, err := time.Parse("2006-1-2", year+"-"+month+"-"+day); err == nil {
		return ""
	}
	return parts[0]
}

func readDay(text string, now time.Time) (time.Time, bool) {
	if days, ok := dayWords[strings.ToLower(text)]; ok {
		y, m, d := now.Date()
		return time.Date(y, m, d+days, 0, 0, 0, 0, time.UTC), true
	}
	for _, form := range dayForms {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// wholeDay is from the first moment of a day in zone to the first of the next.
// A day that a zone skips, at the date line, is an error.
func wholeDay(day time.Time, zone *time.Location) (reservations.Span, error) {
	span := reservations.Span{Start: firstMoment(day, zone), End: firstMoment(day.AddDate(0, 0, 1), zone)}.UTC()
	if span.Empty() {
		return span, fmt.Errorf("day %s does not exist in the zone %s", day.Format(time.DateOnly), zone)
	}
	return span, nil
}

// firstMoment is when clocks in zone first show the date of day: its midnight,
// or where that is skipped, the moment at which clocks go forward.
func firstMoment(day time.Time, zone *time.Location) time.Time {
	if t, err := localTime(day, zone); err == nil {
		return t
	}
	y, m, d := day.Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	from, to := t.ZoneBounds()
	if t.Format(time.DateOnly) < day.Format(time.DateOnly) {
		return to
	}
	return from
}

// localTime is the instant at which clocks in zone show what wall shows in UTC.
// One that the change to summer time skips is an error; of two, at the change
// back, the first is meant, as in calendars (RFC 5545 3.3.5).
func localTime(wall time.Time, zone *time.Location) (time.Time, error) {
	y, m, d := wall.Date()
	t := time.Date(y, m, d, wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	if t.Format(time.DateTime) != wall.Format(time.DateTime) {
		return t, fmt.Errorf("time %q does not exist in the zone %s: clocks go forward there", wall.Format(time.DateTime), zone)
	}
	if change, _ := t.ZoneBounds(); !change.IsZero() {
		_, before := change.Add(-time.Second).Zone()
		if first := wall.Add(-time.Duration(before) * time.Second); first.Before(change) {
			t = first
		}
	}
	return t.UTC(), nil
}
