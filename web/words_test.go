package web

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	berlin := zoneOf(t, "Europe/Berlin")
	for _, c := range []struct{ at, want, iso string }{
		{"2026-03-02T08:05:00Z", "09:05", "2026-03-02T09:05:00+01:00"},
		{"2026-03-01T23:00:00Z", "00:00", "2026-03-02T00:00:00+01:00"},           // midnight there, yesterday in UTC
		{"2026-03-01T22:59:59Z", "Sun 1 Mar 23:59", "2026-03-01T23:59:59+01:00"}, // a second before
		{"2026-03-29T01:30:00Z", "Sun 29 Mar 03:30", "2026-03-29T03:30:00+02:00"},
		{"2026-12-31T23:30:00Z", "1 Jan 2027 00:30", "2027-01-01T00:30:00+01:00"},
		{"2025-03-02T08:00:00Z", "2 Mar 2025 09:00", "2025-03-02T09:00:00+01:00"}, // the same day of another year
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := clock(at, noon, berlin); got != (moment{c.want, c.iso}) {
			t.Errorf("clock(%s) = %q, want %q %q", c.at, got, c.want, c.iso)
		}
	}
}

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour:                    "just now", // a clock that was set back
		4 * time.Second:               "just now",
		59*time.Second + 1e8:          "59 s ago",
		time.Minute:                   "1 min ago",
		time.Hour - 1:                 "59 min ago",
		47*time.Hour + 59*time.Minute: "47 h ago",
		48 * time.Hour:                "2 days ago",
	} {
		if got := ago(noon.Add(-d), noon); got.Text != want || got.ISO == "" {
			t.Errorf("ago(%s) = %q, want %q", d, got, want)
		}
	}
	if got := ago(time.Time{}, noon); got != (moment{Text: "never"}) {
		t.Errorf("ago(zero) = %q", got)
	}
}
