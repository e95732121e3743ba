package scheduler_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf16"

	"golang.org/x/tools/txtar"
)

const goodCalendar = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//EN
BEGIN:VEVENT
UID:a
DTSTART:20260302T090000Z
DTEND:20260302T170000Z
LOCATION:D1
ATTENDEE:mailto:jane@example.com
END:VEVENT
BEGIN:VEVENT
UID:b
DTSTART:20260302T100000Z
DTEND:20260302T170000Z
LOCATION:D2
ATTENDEE:mailto:max@example.com
END:VEVENT
END:VCALENDAR
`

// wrongBodies are what may come in the place of a calendar, by name.
func wrongBodies() map[string][]byte {
	whole := []byte(strings.ReplaceAll(goodCalendar, "\n", "\r\n"))
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(whole)
	z.Close()
	var wide []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + string(whole))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	all := map[string][]byte{
		"html": []byte("<!DOCTYPE html><html>Welcome</html>"), "login": []byte(`<html><input type="password"></html>`),
		"json": []byte("{}"), "xml": []byte(`<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"/>`), "table": []byte("a,b,c\n1,2,3\n"),
		"pdf": []byte("%PDF-1.7\n"), "picture": []byte("\x89PNG\r\n"), "archive": []byte("PK\x03\x04"), "text": []byte("moved"),
		"gzip": packed.Bytes(), "utf16": wide, "empty": nil, "good": whole,
	}
	for n := 1; n < len(whole)-2; n += 11 {
		all[fmt.Sprintf("cut%04d", n)] = whole[:n]
	}
	return all
}

// TestWrongFeedTouchesNoPhone lets a calendar be anything but a calendar, and
// every eleventh prefix of itself, while its bookings run and one begins: only
// that one's login is sent.
func TestWrongFeedTouchesNoPhone(t *testing.T) {
	t.Parallel()
	bodies := wrongBodies()
	day := "-- hall.ics --\n" + goodCalendar + "-- script --\n08:00 start\n09:01 on D1 jane\n09:01 count\n"
	at := time.Date(2026, 3, 2, 9, 2, 30, 0, time.UTC)
	for _, name := range slices.Sorted(maps.Keys(bodies)) {
		if name != "good" {
			day += fmt.Sprintf("%s bytes hall %s\n", at.Format(time.TimeOnly), name)
			at = at.Add(5 * time.Minute) // it is polled as often
		}
	}
	day += "16:00 on D1 jane\n16:00 on D2 max\n16:00 sent login 1\n16:00 sent logout 0\n16:00 bytes hall good\n16:30 end\n"
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newScenario(t, txtar.Parse([]byte(day)), dir)
		s.bodies, s.reasons = bodies, make(map[string]bool)
		s.play()
		if delete(s.reasons, ""); len(s.reasons) != 14 { // a prefix may be cut in its first line, or later
			t.Errorf("there are %d reasons: %v", len(s.reasons), s.reasons)
		}
		if t.Failed() {
			t.Logf("%s\n%s", s.transcript(), s.log.String())
		}
	})
}
