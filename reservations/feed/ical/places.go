package ical

import (
	"slices"
	"strings"
)

// inPlace reports whether the property called word, of the component opened
// last, is the name or address of a place or thing the event needs. RFC 9073
// describes those by components of their own: VRESOURCE (7.3) and VLOCATION
// (7.2), each with a NAME, inside the event or inside one of its PARTICIPANTs
// (7.1), which may have a CALENDAR-ADDRESS. open are the components open inside
// the event, outermost first.
func inPlace(open []string, word []byte) bool {
	last := len(open) - 1
	switch open[last] {
	case "VRESOURCE", "VLOCATION":
		if !strings.EqualFold(string(word), "NAME") {
			return false
		}
	case "PARTICIPANT":
		if !strings.EqualFold(string(word), "CALENDAR-ADDRESS") {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(open[:last], func(c string) bool { return c != "PARTICIPANT" })
}
