package main

import (
	"regexp"
	"time"
)

// instantInText is a point in time as errors, reasons and the log spell it: RFC 3339
// in UTC. Outside text, which is quoted, stays what it is.
var instantInText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// localTimes words the instants of a text for somebody at the site of zone:
// their wall clock, and which one that is.
func localTimes(text string, zone *time.Location, now time.Time) string {
	return instantInText.ReplaceAllStringFunc(text, func(found string) string {
		t, err := time.Parse(time.RFC3339, found)
		if err != nil {
			return found // the 31st of February: or quoted
		}
		return zonedTime(t, zone, now)
	})
}

// zonedTime is [shortTime] with the zone's abbreviation.
func zonedTime(t time.Time, zone *time.Location, now time.Time) string {
	return shortTime(t, zone, now) + t.In(zone).Format(" MST")
}

// localError is an error whose instants are worded for somebody at a site.
type localError struct {
	error
	text string
}

func localErr(err error, zone *time.Location, now time.Time) error {
	return localError{err, localTimes(err.Error(), zone, now)}
}

func (e localError) Error() string { return e.text }
func (e localError) Unwrap() error { return e.error }
