package show

import (
	"slices"
	"strings"
	"testing"
	"time"

	told "deskd/scheduler/notices"
	"deskd/store/notices"
)

// What was told on a phone is told again in words, with its outcome and the reason.
func TestNoticesAreListed(t *testing.T) {
	at := time.Date(2026, 3, 2, 12, 45, 0, 0, time.UTC)
	n := notices.Told{
		Kind: told.BeforeEnd, Cluster: "main", Desk: "D1", Device: "SEP1", Reservation: "r", About: at.Add(15 * time.Minute), Ahead: 15 * time.Minute,
		Due: at, Began: at, Ended: at, Outcome: told.NotSent, Problem: "why",
	}
	moved, next, open := n, n, n
	moved.Kind, moved.Other, moved.Outcome, moved.Problem = told.Moved, "D2", told.Absent, ""
	next.Kind, next.Outcome, next.Problem = told.Next, told.SomeoneElse, ""
	open.Outcome, open.Problem = "", ""
	var b strings.Builder
	printNotices(&b, []notices.Told{n, moved, next, open}, time.UTC, at)
	want := "   12:45:00  ends at 13:00:00, in 15m: not sent (why)\n   12:45:00  moved to desk D2: nobody there\n" +
		"   12:45:00  the next person waits since 13:00:00: someone else there\n   12:45:00  ends at 13:00:00, in 15m: is told\n"
	if got := b.String(); got != want {
		t.Errorf("explained as\n%swant\n%s", got, want)
	}
	f := filter{now: at}
	if got := f.noticeCells(n, time.UTC); !slices.Equal(got[1:], []string{"D1", "ends at 13:00:00, in 15m", "r", "not sent", "why"}) {
		t.Errorf("listed as %q", got)
	}
	f.csv = true
	if got := f.noticeCells(n, time.UTC); len(got) != 11 || !slices.Equal(got[1:6], []string{"main", "D1", "SEP1", "before_end", "r"}) || !slices.Equal(got[9:], []string{"not sent", "why"}) {
		t.Errorf("as CSV %q", got)
	}
}
