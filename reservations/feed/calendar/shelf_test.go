package calendar

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations/feed/ical"
)

// What cannot touch the window still says what becomes of what can: each case is
// read in the order given and in the opposite one.
func TestEventsOutOfReachCount(t *testing.T) {
	const day = "DTSTART:20260303T080000Z\nDURATION:PT1H"
	const newer = "another event with this UID counts instead, of a higher SEQUENCE"
	const over = "DTSTART:20250303T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20250401T000000Z"
	for _, tc := range []struct {
		Name, events string
		want         []string
		note         string
	}{
		{"moved out of the window by a newer version", day + "\n--\nSEQUENCE:1\nDTSTART:20270303T080000Z\nDURATION:PT1H", nil, newer},
		{"moved into it by a newer version", "DTSTART:20270303T080000Z\n--\nSEQUENCE:1\n" + day, []string{"0303 09:00 1h"}, ""},
		{"cancelled by a newer version elsewhere", day + "\n--\nSEQUENCE:1\nSTATUS:CANCELLED\nDTSTART:20270303T080000Z", nil, ""},
		{"series that has ended, by a newer version", day + "\nRRULE:FREQ=DAILY;COUNT=2\n--\nSEQUENCE:1\n" + over, nil, newer},
		{"instance of an ended series, moved here", over + "\n--\nRECURRENCE-ID:20250310T080000Z\n" + day, []string{"0303 09:00 1h 20250310T080000Z"}, ""},
		{"and excluded", over + "\nEXDATE:20250310T080000Z\n--\nRECURRENCE-ID:20250310T080000Z\n" + day, nil, ""},
		{"and of a series cancelled", over + "\nSTATUS:CANCELLED\n--\nRECURRENCE-ID:20250310T080000Z\n" + day, nil, ""},
		{"and moved away again", over + "\n--\nRECURRENCE-ID:20250310T080000Z\n" + day + "\n--\nSEQUENCE:1\nRECURRENCE-ID:20250310T080000Z\nDTSTART:20270303T080000Z", nil, ""},
		{"of a single event elsewhere", "DTSTART:20270303T080000Z\n--\nRECURRENCE-ID:20260303T080000Z\n" + day, []string{"0303 09:00 1h"}, "an instance that its series does not have"},
		{"moved out of the window", day + "\nRRULE:FREQ=DAILY;COUNT=2\n--\nRECURRENCE-ID:20260303T080000Z\nDTSTART:20270303T080000Z", []string{"0304 09:00 1h"}, ""},
		{"long instance from before the window moved away", "DTSTART:20260220T080000Z\nDURATION:P12D\nRRULE:FREQ=MONTHLY;COUNT=1\n--\nRECURRENCE-ID:20260220T080000Z\nDTSTART:20250220T080000Z", nil, ""},
		{"the rest of an ended series, shifted here", over + "\n--\nRECURRENCE-ID;RANGE=THISANDFUTURE:20250331T080000Z\n" + day, []string{"0303 09:00 1h 20250331T080000Z"}, ""},
		{"an old extra date", over + "\nRDATE:20260303T080000Z", []string{"0303 09:00 1h"}, ""},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			var events []string
			for body := range strings.SplitSeq(tc.events, "\n--\n") {
				events = append(events, "BEGIN:VEVENT\nUID:u\n"+body+"\nEND:VEVENT")
			}
			for range 2 {
				r, err := Occurrences(wrap(events...), spring(), berlin(t))
				if err != nil || len(r.Problems) > 0 {
					t.Fatalf("problems %v, error %v", r.Problems, err)
				}
				got := brief(r.Occurrences, berlin(t))
				for i := range got { // an override is an instance, moved or not
					got[i] = strings.TrimSuffix(got[i], " 20260303T080000Z")
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if (tc.note == "") != (len(r.Notes) == 0) || tc.note != "" && !strings.Contains(r.Notes[0].What, tc.note) {
					t.Errorf("notes %v, want %q", r.Notes, tc.note)
				}
				slices.Reverse(events)
			}
		})
	}
}

// A shelf gives back what was put on it, across its pages and chunks.
func TestShelf(t *testing.T) {
	s := newShelf()
	const n = 3 * recordPage
	for i := range n {
		d := ical.Event{Line: i}
		d.Add(ical.PropUID, i, []byte(":"+strings.Repeat("u", i%2000)))
		d.Add(ical.PropSummary, i+1, []byte(":s"))
		s.add([]byte{byte(i % 2), byte(i / 2), byte(i >> 9)}, d.Text, record{line: int32(i)}, level(i%3))
	}
	if s.n != n+1 {
		t.Fatalf("%d records, want %d", s.n, n+1)
	}
	for i := range n {
		r := s.record(int32(i + 1))
		text := s.text(r)
		if got := r.level; int(r.line) != i || got != level(i%3) {
			t.Fatalf("record %d: line %d, level %d", i, r.line, got)
		}
		var kept []ical.Name
		for len(text) > 0 {
			var found ical.Name
			var rest []byte
			if found, _, rest, text = text.Next(); found == ical.PropUID && len(rest) != 1+i%2000 {
				t.Fatalf("record %d: UID of %d bytes", i, len(rest))
			}
			kept = append(kept, found)
		}
		if want := [][]ical.Name{nil, {ical.PropUID}, {ical.PropUID, ical.PropSummary}}[i%3]; !slices.Equal(want, kept) {
			t.Fatalf("record %d keeps %v, want %v", i, kept, want)
		}
	}
}
