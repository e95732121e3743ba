package feed

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
)

// The events of several organizers that share a UID change, move or cancel nothing of
// each other's, however they are put together; those of one do.
func TestOrganizersKeepToTheirOwn(t *testing.T) {
	const (
		series  = "v jane 9 12 RRULE:FREQ=DAILY;COUNT=2 SEQUENCE:1"
		booking = "v jane 9 12 SEQUENCE:1"
	)
	both := []string{"jdoe 09:00-12:00", "jdoe 09:00-12:00"}
	one := both[:1]
	for _, c := range []struct {
		Name   string
		events []string
		booked []string
		told   bool // that several organizers have the UID
	}{
		{"a higher SEQUENCE", []string{booking, "v max 9 12 SEQUENCE:7"}, one, true},
		{"… before it", []string{"v max 13 14 SEQUENCE:7", booking}, []string{"jdoe 09:00-12:00", "mmuster 13:00-14:00"}, true},
		{"… on another desk", []string{booking, "v@4.11 max 9 12 SEQUENCE:7"}, []string{"jdoe 09:00-12:00", "mmuster 09:00-12:00"}, true},
		{"a cancellation", []string{booking, "v max 9 12 SEQUENCE:7 STATUS:CANCELLED"}, one, true},
		{"… of nobody", []string{booking, "v - 9 12 SEQUENCE:7 STATUS:CANCELLED"}, one, true},
		{"… of nobody, behind another event", []string{series, "w@4.11 max 9 12", "v - 9 12 SEQUENCE:7 STATUS:CANCELLED RECURRENCE-ID:20260303T090000Z"}, append([]string{"mmuster 09:00-12:00"}, both...), true},
		{"a change of an instance", []string{series, "v max 15 16 SEQUENCE:7 RECURRENCE-ID:20260303T090000Z"}, append(slices.Clone(both), "mmuster 15:00-16:00"), true},
		{"a cancelled instance", []string{series, "v max 9 12 SEQUENCE:7 STATUS:CANCELLED RECURRENCE-ID:20260304T090000Z"}, both, true},
		{"all that follow", []string{series, "v max 15 16 RECURRENCE-ID;RANGE=THISANDFUTURE:20260303T090000Z"}, append(slices.Clone(both), "mmuster 15:00-16:00"), true},
		{"the organizer's other address", []string{booking, "v jane.doe 13 14 SEQUENCE:7"}, []string{"jdoe 13:00-14:00"}, false},
		{"their own change", []string{series, "v jane 15 16 SEQUENCE:7 RECURRENCE-ID:20260303T090000Z"}, []string{"jdoe 15:00-16:00", "jdoe 09:00-12:00"}, false},
		{"their own cancellation", []string{booking, "v jane 9 12 SEQUENCE:7 STATUS:CANCELLED"}, nil, false},
		{"a tool with one UID", []string{"v jane 9 12", "v max 12 13"}, []string{"jdoe 09:00-12:00", "mmuster 12:00-13:00"}, false},
	} {
		t.Run(c.Name, func(t *testing.T) {
			r := newReadings(t)
			if !strings.HasPrefix(c.Name, "th") && c.Name != "a tool with one UID" {
				r.read(Options{}, c.events[slices.IndexFunc(c.events, func(e string) bool { return strings.HasPrefix(e, "v jane") })])
			}
			booked, told := r.read(Options{}, c.events...)
			less := cmp.Transformer("sorted", func(s []string) []string { return slices.Sorted(slices.Values(s)) })
			if diff := cmp.Diff(append([]string{}, c.booked...), append([]string{}, booked...), less); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if text := strings.Join(told, "\n"); strings.Contains(text, "several organizers") != c.told {
				t.Errorf("told: %s", text)
			}
		})
	}
}

// Of two calendars in one file whose events have no ORGANIZER, none takes, moves or
// cancels what the other books for another person; what is one person's are versions.
func TestCalendarsKeepToTheirOwn(t *testing.T) {
	event := func(lines ...string) string {
		return "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:v\r\nDTSTART:20260303T090000Z\r\nDTEND:20260303T120000Z\r\nLOCATION:4.12\r\n" +
			strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	}
	const jane, max = "ATTENDEE:mailto:jane@example.com", "ATTENDEE:mailto:max@example.com"
	for _, c := range []struct {
		Name, other string
		booked      string
	}{
		{"a higher SEQUENCE", event(max, "SEQUENCE:7"), "jdoe 09:00-12:00"},
		{"… at another time", strings.Replace(event(max, "SEQUENCE:7"), "T120000Z", "T100000Z", 1), "jdoe 09:00-12:00"},
		{"… at another desk", strings.Replace(event(max, "SEQUENCE:7"), "4.12", "4.11", 1), "jdoe 09:00-12:00, mmuster 09:00-12:00"},
		{"a cancellation", event(max, "SEQUENCE:7", "STATUS:CANCELLED"), "jdoe 09:00-12:00"},
		{"a cancelled instance", event(max, "SEQUENCE:7", "STATUS:CANCELLED", "RECURRENCE-ID:20260303T090000Z"), "jdoe 09:00-12:00"},
		{"their own", strings.Replace(event(jane, "SEQUENCE:7"), "T120000Z", "T100000Z", 1), "jdoe 09:00-10:00"},
		{"their own cancellation", event(jane, "SEQUENCE:7", "STATUS:CANCELLED"), ""},
		{"a cancellation that names nobody", event("SEQUENCE:7", "STATUS:CANCELLED"), ""},
	} {
		t.Run(c.Name, func(t *testing.T) {
			r := newReadings(t)
			o := Options{Feed: reservations.Feed{Person: reservations.Rule{From: "attendee"}}}
			r.readText(o, event(jane))
			booked, _ := r.readText(o, event(jane)+c.other)
			slices.Sort(booked)
			if got := strings.Join(booked, ", "); got != c.booked {
				t.Errorf("%q, want %q", got, c.booked)
			}
		})
	}
}

// An event that is handed over, the former one gone, is the new organizer's, on the
// same row.
func TestHandedOver(t *testing.T) {
	r := newReadings(t)
	r.read(Options{}, "v jane 9 12 SEQUENCE:1")
	row := r.rows[0]
	booked, told := r.read(Options{}, "v max 9 13 SEQUENCE:2", "a eve 9 12 1971")
	if diff := cmp.Diff([]string{"mmuster 09:00-13:00"}, booked); diff != "" || len(told) != 1 {
		t.Errorf("%s %v", diff, told)
	}
	if got := r.rows[0]; got.ID != row.ID || got.Seen != row.Seen || got.Status != reservations.Confirmed {
		t.Errorf("row %+v", got)
	}
}
