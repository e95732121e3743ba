package show

import (
	"strings"
	"testing"
	"time"

	"deskd/scheduler/plan"
)

func TestSeen(t *testing.T) {
	clock := func(at time.Time) string { return at.Format(time.TimeOnly) }
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		have plan.Observation
		want string
	}{
		{plan.Observation{}, "never asked"},
		{plan.Observation{At: at, Exists: true, Person: "jdoe"}, "unknown; jdoe when it last answered, at 09:00:00"},
		{plan.Observation{At: at, Exists: true}, "unknown; nobody when it last answered, at 09:00:00"},
		{plan.Observation{At: at, Known: true}, "the phone system does not know the device, asked at 09:00:00"},
		{plan.Observation{At: at, Since: at, Known: true, Exists: true}, "nobody since 09:00:00, asked at 09:00:00"},
	} {
		if got := seen(tt.have, clock); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.have, got, tt.want)
		}
	}
}

// Doubt about a phone that counts as known is said behind who is on it.
func TestSeenTellsDoubt(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := func(at time.Time) string { return at.Format("15:04") }
	h := plan.Observation{Device: "SEP000000000001", Person: "jane", Exists: true, Known: true, Ours: true, Since: at, At: at,
		Doubt: "in doubt: asked after that login, the phone system shows nobody"}
	if got, want := seen(h, clock), "jane since 09:00 (deskd's session), asked at 09:00; "+h.Doubt; got != want {
		t.Errorf("%s, expected %s", got, want)
	}
}

// What became of a list of calls is told behind its logout.
func TestCallListIsTold(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a := plan.Attempt{ID: 7, Step: plan.Step{Op: plan.OpLogout, Why: "it is over", Login: plan.Login{Desk: "D1", Person: "jane"}}, Outcome: plan.Done, Began: at, CallList: "refused: why"}
	var b strings.Builder
	printAttempts(&b, []plan.Attempt{a}, time.UTC, at)
	if got, want := b.String(), "   09:00:00  logout jane: done (it is over); call list refused: why\n"; got != want {
		t.Errorf("explained as %q, want %q", got, want)
	}
	text, csv := (filter{}).attemptCells(a, time.UTC), (filter{csv: true}).attemptCells(a, time.UTC)
	if got := text[len(text)-1]; got != "it is over; call list refused: why" {
		t.Errorf("listed as %q", got)
	}
	if got := csv[len(csv)-2:]; got[0] != "it is over" || got[1] != "refused: why" {
		t.Errorf("as CSV %q", got)
	}
}
