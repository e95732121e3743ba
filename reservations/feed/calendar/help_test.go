package calendar

import (
	"strings"
	"testing"
	"time"

	"deskd/reservations"
)

// feeds are the calendars of the repository.
const feeds = "../../../testdata/feeds/"

// wrap makes a calendar of lines.
func wrap(lines ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n")
}

// eventLines is a good event on desk 4.12 with more lines added.
func eventLines(uid string, more ...string) string {
	lines := append([]string{"BEGIN:VEVENT", "UID:" + uid, "DTSTART:20260303T080000Z", "DTEND:20260303T090000Z",
		"LOCATION:4.12", "ORGANIZER:mailto:jane.doe@example.com"}, more...)
	return strings.Join(append(lines, "END:VEVENT"), "\r\n")
}

// aFeed is a good feed.
var aFeed = wrap(eventLines("a"))

func nested(n int) string {
	return strings.Repeat("BEGIN:X-BOX\r\n", n) + "X:y\r\n" + strings.TrimSuffix(strings.Repeat("END:X-BOX\r\n", n), "\r\n")
}

func berlin(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// spring is the window of the golden files; the clocks of Berlin change in it.
func spring() reservations.Span {
	return reservations.Span{Start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC)}
}
