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
	for _, tc := range []struct{ name, event, want string }{
		{"a desk nobody knows", texts, `u "Stand-up" by Zed`},
		{"without a name", "SUMMARY:Stand-up\nORGANIZER:mailto:zed@example.com\nLOCATION:4.99", `u "Stand-up" by zed@example.com`},
		{"not read", texts + "\nDURATION:soon", `u "Stand-up" by Zed`},
		{"a rule that is not read", texts + "\nRRULE:FREQ=WEEKLY;INTERVAL=0", `u "Stand-up" by Zed`},
		{"private", texts + "\nCLASS:PRIVATE", "u"},
		{"confidential and not read", texts + "\nCLASS:CONFIDENTIAL\nDURATION:soon", "u"},
		{"private, and a rule that is not read", texts + "\nCLASS:PRIVATE\nRRULE:FREQ=WEEKLY;INTERVAL=0", "u"},
		{"not read to its end", texts + "\nDURATION\nCLASS:PRIVATE", "u"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			lines := slices.Concat([]string{"BEGIN:VEVENT", "UID:u", "DTSTART:20260303T080000Z"}, strings.Split(tc.event, "\n"), []string{"END:VEVENT"})
			if !strings.Contains(tc.event, "DURATION") {
				lines = slices.Insert(lines, 3, "DURATION:PT1H")
			}
			r, err := Read(wrap(lines...), testOptions(t, "x"))
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
