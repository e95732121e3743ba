package ical

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vcalendar makes a calendar of lines.
func vcalendar(lines ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n")
}

// anEvent is a good event with more lines added.
func anEvent(uid string, more ...string) string {
	lines := append([]string{"BEGIN:VEVENT", "UID:" + uid, "DTSTART:20260303T080000Z", "DTEND:20260303T090000Z"}, more...)
	return strings.Join(append(lines, "END:VEVENT"), "\r\n")
}

// addCalendars adds the calendars of the repository.
func addCalendars(f *testing.F) {
	const folder = "../../../testdata/feeds/"
	files, _ := filepath.Glob(folder + "*.ics")
	more, _ := filepath.Glob(folder + "*/*.ics")
	for _, file := range slices.Concat(files, more) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}
