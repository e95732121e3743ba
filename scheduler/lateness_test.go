package scheduler

import (
	"testing"
	"time"

	"deskd/scheduler/plan"
)

// TestLateness counts from the start, or from when the booking was known as it is.
func TestLateness(t *testing.T) {
	for name, tc := range map[string]struct {
		from, known, began string
		want               time.Duration
	}{
		"booked in time":                 {"09:00", "08:00", "09:00", 5 * time.Second},
		"early":                          {"09:00", "08:00", "08:59", 0},
		"entered late":                   {"09:00", "10:00", "10:00:02", 7 * time.Second},
		"moved to another desk late":     {"09:00", "11:30", "11:30:01", 6 * time.Second},
		"an outage since the start":      {"09:00", "08:00", "09:10", 10*time.Minute + 5*time.Second},
		"an outage since it was entered": {"09:00", "09:20", "09:30", 10*time.Minute + 5*time.Second},
		"entered by a clock ahead":       {"09:00", "12:00", "09:30", 5 * time.Second},
		"entered at no known time":       {"09:00", "", "09:01", 65 * time.Second},
	} {
		a := plan.Attempt{Step: plan.Step{Op: plan.OpLogin, Login: plan.Login{From: instant(tc.from)}}, Outcome: plan.Done, Began: instant(tc.began), Ended: instant(tc.began).Add(5 * time.Second)}
		if tc.known != "" {
			a.Known = instant(tc.known)
		}
		if got, ok := a.Lateness(); !ok || got != tc.want {
			t.Errorf("%s: %v %v, want %v", name, got, ok, tc.want)
		}
	}
}
