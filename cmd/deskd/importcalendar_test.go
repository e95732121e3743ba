package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// A calendar is imported as it is now: what names a desk and a person is booked, the rest
// is told with its line, and a file imported again changes nothing.
func TestImportCalendar(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	next := time.Now().UTC().AddDate(0, 0, 1).Format("20060102")
	event := func(uid string, lines ...string) string {
		return strings.Join(append(append([]string{"BEGIN:VEVENT", "UID:" + uid}, lines...), "END:VEVENT\r\n"), "\r\n")
	}
	times := func(from, to string) string {
		return fmt.Sprintf("DTSTART:%sT%s00Z\r\nDTEND:%[1]sT%[3]s00Z", next, from, to)
	}
	w.write("team.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"+
		event("a", times("0800", "1000"), "LOCATION:D1", "ORGANIZER:mailto:user0001", "RRULE:FREQ=DAILY;COUNT=3")+
		event("b", times("0900", "1100"), "LOCATION:D1", "ORGANIZER:mailto:three@example.com")+
		event("c", times("0900", "1100"), "LOCATION:D2", "ORGANIZER:mailto:nobody@example.com")+
		event("d", times("1200", "1300"), "LOCATION:D9", "ORGANIZER:mailto:user0001")+
		"END:VCALENDAR\r\n")
	said := w.run("import", "calendar", w.path("team.ics"), "--dry-run", "--site", "berlin")
	w.contains(said, 1, "desk D1 at ", "new, person user0001", "calendar would be imported: 3 added, 0 updated, 0 unchanged, 3 left out")
	for _, line := range []string{"team.ics:11: ", "team.ics:18: ", "team.ics:25: "} {
		if !strings.Contains(said.errs, line) {
			t.Errorf("nothing about %sin\n%s", line, said.errs)
		}
	}
	w.expect(w.run("list", "reservations"), result{0, "no reservations\n", ""})
	w.contains(w.run("import", "calendar", w.path("team.ics"), "--site", "berlin"), 1, "calendar imported: 3 added")
	w.contains(w.run("import", "calendar", w.path("team.ics"), "--site", "berlin"), 1, "calendar imported: 0 added, 0 updated, 3 unchanged, 3 left out")
	w.contains(w.run("list", "reservations", "--from", "today", "--to", "+10d", "-o", "json"), 0, `"person": "user0001"`, `"source": "import"`)

	for _, wrong := range [][]string{
		{"import", "calendar", "team.ics", "--site", "rome"}, {"import", "calendar", "team.ics", "--desk", "D99"},
		{"import", "calendar", "team.ics", "--person", "nobody"}, {"import", "desks", "desks.csv", "--desk", "D1"},
		{"import", "calendar", "team.ics", "--encoding", "utf-16"}, {"import", "calendar", "team.ics", "--from", "tomorrow", "--to", "yesterday"},
		{"import", "calendar", "team.ics", "--person", "user0001", "--by-title"},
	} {
		wrong[2] = w.path(wrong[2])
		if got := w.run(wrong...); got.code != 2 {
			t.Errorf("%v: %+v", wrong, got)
		}
	}
	w.write("table.ics", "desk,person\n")
	w.contains(w.run("import", "calendar", w.path("table.ics"), "--site", "berlin"), 2, "table.ics", "the file is not a calendar")
	if err := os.Truncate(w.path("team.ics"), 200); err != nil {
		t.Fatal(err)
	}
	w.contains(w.run("import", "calendar", w.path("team.ics"), "--site", "berlin"), 2, "cut off")
}
