package feed

import (
	"slices"
	"strings"
	"testing"
)

// A problem says title and organizer of its event, and nothing of a private one or
// of one that may be.
func TestProblemsNameTheirEvents(t *testing.T) {
	const texts = "SUMMARY:Stand-up\nORGANIZER;CN=Zed:mailto:zed@example.com\nLOCATION:4.99"
	for _, tc := range []struct{ Name, event, want string }{
		{"a desk nobody knows", texts, `u "Stand-up" by Zed`},
		{"without a name", "SUMMARY:Stand-up\nORGANIZER:mailto:zed@example.com\nLOCATION:4.99", `u "Stand-up" by zed@example.com`},
		{"not read", texts + "\nDURATION:soon", `u "Stand-up" by Zed`},
		{"a rule that is not read", texts + "\nRRULE:FREQ=WEEKLY;INTERVAL=0", `u "Stand-up" by Zed`},
		{"private", texts + "\nCLASS:PRIVATE", "u"},
		{"confidential and not read", texts + "\nCLASS:CONFIDENTIAL\nDURATION:soon", "u"},
		{"private, and a rule that is not read", texts + "\nCLASS:PRIVATE\nRRULE:FREQ=WEEKLY;INTERVAL=0", "u"},
		{"not read to its end", texts + "\nDURATION\nCLASS:PRIVATE", "u"},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			lines := slices.Concat([]string{"BEGIN:VEVENT", "UID:u", "DTSTART:20260303T080000Z"}, strings.Split(tc.event, "\n"), []string{"END:VEVENT"})
			if !strings.Contains(tc.event, "DURATION") {
				lines = slices.Insert(lines, 3, "DURATION:PT1H")
			}
			r, err := readText(wrap(lines...), testOptions(t, "x"))
			if err != nil {
				t.Fatal(err)
			}
			problems := slices.Concat(r.Problems, r.Unresolved)
			if len(problems) != 1 || problems[0].Event() != tc.want {
				t.Errorf("%+v, want %q", problems, tc.want)
			}
		})
	}
}

// While it is unknown which event was lost, its entry says what it holds.
func TestProblemsSayWhatTheyHold(t *testing.T) {
	const both = "LOCATION:4.11\nORGANIZER:mailto:jane.doe@example.com"
	for _, tc := range []struct{ Name, event, want string }{
		{"its UID can be seen", "UID:u\nDTSTART:nine", ""},
		{"its start can be seen", "DTSTART:20260303T080000Z\nDTEND:ten", ""},
		{"its end can be seen", "DTSTART:nine\nDTEND:20260303T080000Z", ""},
		{"desk and person", "DTSTART:nine\n" + both, "of its desk stays"},
		{"nothing", "DTSTART:nine", "every booking stays"},
		{"a line without a colon", "DTSTART nine\n" + both, "of its desk stays"},
		{"a line that may be the desk", "DTSTART:nine\n" + both + "\nRESOURCES 4.12", "every booking stays"},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			r, err := readText(wrap(slices.Concat([]string{"BEGIN:VEVENT"}, strings.Split(tc.event, "\n"), []string{"END:VEVENT"})...), testOptions(t, "x"))
			if err != nil || len(r.Problems) != 1 {
				t.Fatalf("%+v, error %v", r, err)
			}
			if hint := r.Problems[0].Hint; !strings.Contains(hint, tc.want) || tc.want == "" && hint != "" {
				t.Errorf("%q, want %q", hint, tc.want)
			}
		})
	}
}
