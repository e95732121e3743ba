package calendar

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations/feed/ical"
)

func TestFeedsRefused(t *testing.T) {
	good := string(wrap(eventLines("a")))
	for _, tc := range []struct {
		Name, in string
		want     error
	}{
		{"nothing", "", ical.ErrEmpty},
		{"blanks", " \r\n\r\n", ical.ErrEmpty},
		{"bom alone", "\ufeff", ical.ErrEmpty},
		{"page", "\n<!DOCTYPE html><html>", ical.ErrHTML},
		{"xml", "<?xml version=\"1.0\"?>", ical.ErrHTML},
		{"json", `{"error":"login"}`, ical.ErrJSON},
		{"json list", "[]", ical.ErrJSON},
		{"text", "Please log in", ical.ErrNotCalendar},
		{"utf-16", "\xff\xfeB\x00E\x00", ical.ErrNotCalendar},
		{"card", "BEGIN:VCARD\r\nEND:VCARD\r\n", ical.ErrNotCalendar},
		{"cut in the opening", "BEGIN:VCAL", ical.ErrTruncated},
		{"cut", good[:len(good)-20], ical.ErrTruncated},
		{"cut in the closing", strings.TrimSuffix(good, "R\r\n"), ical.ErrTruncated},
		{"cut, then whole", good[:len(good)-20] + "\r\n" + good, ical.ErrTruncated},
		{"whole, then a page", good + "<html><body>502 Bad Gateway</body></html>", ical.ErrHTML},
		{"whole, then JSON", good + `{"error":"login"}`, ical.ErrJSON},
		{"whole, then cut", good + good[:len(good)-20], ical.ErrTruncated},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			r, err := Occurrences([]byte(tc.in), spring(), berlin(t))
			if !errors.Is(err, tc.want) || len(r.Occurrences) > 0 {
				t.Errorf("%d occurrences, error %v; want none and %v", len(r.Occurrences), err, tc.want)
			}
		})
	}
}

// A feed that was cut off anywhere must never pass for a complete one.
func TestEveryPrefixIsRefused(t *testing.T) {
	files, _ := filepath.Glob(feeds + "*.ics")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Count(data, []byte("BEGIN:VCALENDAR")) > 1 {
			continue // cut between its calendars it is two feeds, and both are whole
		}
		whole := len(bytes.TrimRight(data, " \r\n"))
		step := 1
		if testing.Short() {
			step = 13 // one prefix in thirteen stands for all
		}
		for n := 0; n < whole; n += step {
			if _, err := Occurrences(data[:n], spring(), berlin(t)); err == nil {
				t.Fatalf("%s: the first %d of %d bytes pass for a feed", file, n, whole)
			}
		}
		if _, err := Occurrences(data[:whole], spring(), berlin(t)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}

// What one event does wrong must not cost its neighbours.
func TestBadEventCostsItself(t *testing.T) {
	for _, tc := range []struct{ Name, event, problem string }{
		{"date", eventLines("x", "DTSTART:20260231T080000Z"), "not a day of the calendar"},
		{"duration", eventLines("x", "DURATION:1 hour"), "not a duration"},
		{"rule", eventLines("x", "RRULE:FREQ=DAILY;BYEASTER=400"), "BYEASTER is not supported"},
		{"period", eventLines("x", "RDATE:20260304T080000Z/later"), `RDATE: "later"`},
		{"exdate", eventLines("x", "EXDATE:never"), `EXDATE: "never"`},
		{"instance", eventLines("x", "RECURRENCE-ID:then"), `RECURRENCE-ID: "then"`},
		{"zone", strings.Replace(eventLines("x"), "DTSTART:20260303T080000Z", "DTSTART;TZID=Local:20260303T080000", 1), "TZID=Local"},
		{"two starts", eventLines("x", "DTSTART:20260304T080000Z"), "DTSTART: the event has another one, which says something else"},
		{"long line", eventLines("x", "SUMMARY:"+strings.Repeat("a", 64<<10)), "SUMMARY is longer than 65536 bytes"},
		{"long folded line", eventLines("x", "SUMMARY:a"+strings.Repeat("\r\n "+strings.Repeat("b", 1000), 70)), "longer than 65536"},
		{"parameters", eventLines("x", "ATTENDEE"+strings.Repeat(";A=b", 65)+":1"), "more than 64 parameters"},
		{"properties", eventLines("x", strings.TrimSuffix(strings.Repeat("COMMENT:x\r\nATTENDEE:"+strings.Repeat("a", 1000)+"\r\n", 1100), "\r\n")), "longer than 1048576 bytes"},
		{"nesting", eventLines("x", nested(20)), "nested deeper than 8"},
		{"not closed alarm", eventLines("x", "BEGIN:VALARM"), "END:VEVENT before END:VALARM"},
		{"not closed event", strings.TrimSuffix(eventLines("x"), "END:VEVENT") + "COMMENT:", "before END:VEVENT"},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			r, err := Occurrences(wrap(eventLines("before"), tc.event, eventLines("after")), spring(), berlin(t))
			if err != nil {
				t.Fatal(err)
			}
			var uids []string
			for _, o := range r.Occurrences {
				uids = append(uids, o.UID)
			}
			if diff := cmp.Diff([]string{"after", "before"}, uids); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].What, tc.problem) || r.Problems[0].UID != "x" || r.Problems[0].Line < 8 {
				t.Errorf("problems %+v, want one of event x with %q", r.Problems, tc.problem)
			}
		})
	}
}

// What belongs to an alarm is not the event's.
func TestAlarmsAreNotRead(t *testing.T) {
	r, err := Occurrences(wrap(eventLines("x", "BEGIN:VALARM", "UID:alarm", "DTSTART:20200101T000000Z", "SUMMARY:Ring", "END:VALARM")), spring(), berlin(t))
	if err != nil || len(r.Occurrences) != 1 || r.Occurrences[0].UID != "x" || r.Occurrences[0].Summary != "" {
		t.Errorf("got %+v, error %v", r, err)
	}
}

// Millions of open components neither overflow a stack nor hide the end.
func TestDeepNestingIsFlat(t *testing.T) {
	data := wrap(eventLines("before"), strings.TrimSuffix(strings.Repeat("BEGIN:X\n", 500_000-10), "\n"))
	r, err := Occurrences(data, spring(), berlin(t))
	if err != nil || len(r.Occurrences) != 1 {
		t.Errorf("%d occurrences, error %v", len(r.Occurrences), err)
	}
}

// What an event says twice in the same words it says once; a NUL in a UID, which
// would get as far as the database, costs the event; a STATUS that no event can
// have is told, and the event counts.
func TestOddEvents(t *testing.T) {
	nul := strings.Replace(eventLines("x"), "UID:x", "UID:x\x00y", 1)
	r, err := Occurrences(wrap(eventLines("twice", "DTSTART:20260303T080000Z"), nul, eventLines("odd", "STATUS:MAYBE"), eventLines("busy", "STATUS:BUSY")), spring(), berlin(t))
	if err != nil {
		t.Fatal(err)
	}
	var uids []string
	for _, o := range r.Occurrences {
		uids = append(uids, o.UID)
	}
	if diff := cmp.Diff([]string{"busy", "odd", "twice"}, uids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].What, "UID: it holds a NUL") || r.Problems[0].Line == 0 {
		t.Errorf("problems %+v", r.Problems)
	}
	if len(r.Notes) != 1 || r.Notes[0].UID != "odd" || !strings.Contains(r.Notes[0].What, `STATUS is "MAYBE"`) {
		t.Errorf("notes %+v", r.Notes)
	}
}
