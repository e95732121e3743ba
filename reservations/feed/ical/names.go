package ical

import "strings"

// Name is a property of an event that is read. All others, and those of the components
// inside an event, are skipped, except [PropPlace].
type Name uint8

// The properties. Versions of an event are told apart by the first four, when it is by
// UID and the next eight; from PropSummary on they describe it.
const (
	PropNone Name = iota // any other
	PropSequence
	PropLastModified
	PropTimestamp
	PropStatus
	PropUID
	PropStart
	PropEnd
	PropDuration
	PropRecurrenceID
	PropRule
	PropExRule
	PropDates
	PropExDates
	PropSummary
	PropLocation
	PropOrganizer
	PropAttendee
	PropResources
	PropClass
	PropTransparency
	PropBusyStatus
	PropCreated
	PropAllDay
	// PropPlace is the NAME or CALENDAR-ADDRESS of a component inside the event that
	// describes a place or thing (RFC 9073).
	PropPlace
)

var names = [...]string{
	PropSequence: "SEQUENCE", PropLastModified: "LAST-MODIFIED", PropTimestamp: "DTSTAMP", PropStatus: "STATUS",
	PropUID: "UID", PropStart: "DTSTART", PropEnd: "DTEND", PropDuration: "DURATION", PropRecurrenceID: "RECURRENCE-ID",
	PropRule: "RRULE", PropExRule: "EXRULE", PropDates: "RDATE", PropExDates: "EXDATE",
	PropSummary: "SUMMARY", PropLocation: "LOCATION", PropOrganizer: "ORGANIZER", PropAttendee: "ATTENDEE",
	PropResources: "RESOURCES", PropClass: "CLASS", PropTransparency: "TRANSP", PropBusyStatus: "X-MICROSOFT-CDO-BUSYSTATUS", PropCreated: "CREATED", PropAllDay: "X-MICROSOFT-CDO-ALLDAYEVENT",
	PropPlace: "NAME or CALENDAR-ADDRESS",
}

// String is the name as it is written, in capitals.
func (n Name) String() string { return names[n] }

// Identifies reports whether the value says which event it is, or that it is none.
func (n Name) Identifies() bool {
	return n == PropUID || n == PropStatus || n == PropEnd || n == PropStart || n == PropRecurrenceID || n == PropRule || n == PropDates
}

// date reports whether the value is a date or time.
func (n Name) date() bool {
	switch n {
	case PropStart, PropEnd, PropRecurrenceID, PropDates, PropExDates:
		return true
	}
	return false
}

// namesOf holds the names by their length, the quickest way to skip most that are
// not read.
var namesOf = func() (of [32][]Name) {
	for n := PropSequence; n < PropPlace; n++ {
		of[len(names[n])] = append(of[len(names[n])], n)
	}
	return of
}()

// nameOf finds a name in either case.
func nameOf(text []byte) Name {
	if len(text) >= len(namesOf) {
		return PropNone
	}
	for _, n := range namesOf[len(text)] {
		if have := names[n]; (have[0]^text[0])&^0x20 == 0 && strings.EqualFold(have, string(text)) {
			return n
		}
	}
	return PropNone
}
