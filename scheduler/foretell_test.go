package scheduler

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskd/scheduler/plan/forecast"
)

// The log is told when late phones are foreseen, with what would suffice, and when they are
// no more; not each time.
func TestForetell(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	f := newForesight()
	for _, w := range []forecast.Wave{
		{Bookings: 9}, {Bookings: 9, Late: 2, Most: 90 * time.Second, Enough: &forecast.Enough{PerMinute: 30}}, {Bookings: 9, Late: 3}, {Bookings: 8}, {Bookings: 8}, {Late: 1, Bookings: 1},
	} {
		f.tell(log, w)
	}
	got := regexp.MustCompile(`(?m)^time=\S+ `).ReplaceAllString(out.String(), "")
	want := strings.Join([]string{
		`level=WARN msg="phones will be late" phones=2 of=9 by=1m30s enough="max_per_minute: 30 would suffice."`,
		`level=INFO msg="no more phones will be late"`,
		`level=WARN msg="phones will be late" phones=1 of=1 by=0s`, "",
	}, "\n")
	if got != want {
		t.Errorf("the log says\n%swant\n%s", got, want)
	}
}
