package console

import (
	"regexp"
	"time"
)

// instantInText is a point in time as errors, reasons and the log spell it: RFC 3339
// in UTC. Outside text, which is quoted, stays what it is.
var instantInText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// LocalTimes words the instants of a text for a reader at the site of zone:
// their wall clock, and which one that is.
func LocalTimes(text string, zone *time.Location, now time.Time) string {
	return instantInText.ReplaceAllStringFunc(text, func(found string) string {
		t, err := time.Parse(time.RFC3339, found)
		if err != nil {
			return found // the 31st of February: or quoted
		}
		return ZonedTime(t, zone, now)
	})
}

// ZonedTime is [ShortTime] with the zone's abbreviation.
func ZonedTime(t time.Time, zone *time.Location, now time.Time) string {
	return ShortTime(t, zone, now) + t.In(zone).Format(" MST")
}

// localError is an error whose instants are worded for a reader at a site.
type localError struct {
	error
	text string
}

// LocalError is err with its instants worded for a reader at the site of zone.
func LocalError(err error, zone *time.Location, now time.Time) error {
	return localError{err, LocalTimes(err.Error(), zone, now)}
}

func (e localError) Error() string { return e.text }
func (e localError) Unwrap() error { return e.error }

// ShortTime shows t in zone: the time of day, with the date if that is not now's.
func ShortTime(t time.Time, zone *time.Location, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	t = t.In(zone)
	if t.Format(time.DateOnly) == now.In(zone).Format(time.DateOnly) {
		return t.Format("15:04:05")
	}
	return t.Format("2006-01-02 15:04")
}

// DayTime shows t with its weekday and zone, so that nobody has to guess which
// day was taken: Mon 2026-03-02 09:00 CET.
func DayTime(t time.Time, zone *time.Location) string {
	form := "Mon 2006-01-02 15:04 MST"
	if t.Truncate(time.Minute) != t.Truncate(time.Second) {
		form = "Mon 2006-01-02 15:04:05 MST"
	}
	return t.In(zone).Format(form)
}
