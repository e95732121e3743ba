package poll

import (
	"testing"
	"time"

	"deskd/reservations"
)

// What is current by the wall clock alone counts up to two days before the trusted one.
func TestFeedsReachOverBothClocks(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for behind, early := range map[time.Duration]time.Time{48 * time.Hour: at, 48*time.Hour + 1: at.Add(48*time.Hour + 1)} {
		f := Poller{Trusted: func(now time.Time) time.Time { return now.Add(behind) }}
		if got := f.early(at); !got.Equal(early) {
			t.Errorf("%v behind the trusted clock: current from %v", behind, got)
		}
	}
}

func TestAgeOfFeeds(t *testing.T) {
	for every, want := range map[time.Duration]time.Duration{5 * time.Minute: time.Hour, 20 * time.Minute: time.Hour, 21 * time.Minute: 63 * time.Minute} {
		if got := agedAfter(reservations.Feed{Every: every}); got != want {
			t.Errorf("polled every %v: as old after %v", every, got)
		}
	}
}

// A held change is let through once it was said in three polls, over half an hour.
func TestHeldChangeRipens(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	drop := reservations.Reservation{ID: "r1"}
	add := reservations.Reservation{Desk: "D1", Person: "jane", Span: reservations.Span{Start: at, End: at.Add(time.Hour)}}
	kept := reservations.Change{Drop: []reservations.Reservation{drop}, Add: []reservations.Reservation{add}}
	for _, c := range []struct {
		polls    int
		last     time.Duration // after the first
		rejected bool
		waits    int
	}{
		{3, 30*time.Minute - 1, false, 2},
		{3, 30 * time.Minute, false, 0},
		{2, 30 * time.Minute, false, 2},
		{2, 10 * time.Hour, false, 2},
		{9, 30*time.Minute - 1, false, 2},
		{9, 10 * time.Hour, true, 2},
	} {
		var held reservations.Held
		for range c.polls - 1 {
			ripen(&held, kept, at, c.rejected)
		}
		left := ripen(&held, kept, at.Add(c.last), c.rejected)
		if n := len(left.Drop) + len(left.Add); n != c.waits {
			t.Errorf("%d polls over %v, rejected %v: %d wait", c.polls, c.last, c.rejected, n)
		}
	}
}

// A feed is out of date after three polls in vain, or three of its periods.
func TestFeedIsOutOfDate(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		failures int
		age      time.Duration
		want     bool
	}{{2, 0, false}, {3, 0, true}, {1, 15 * time.Minute, false}, {1, 15*time.Minute + 1, true}, {0, 15*time.Minute + 1, false}} {
		s := reservations.FeedState{Failures: c.failures, Good: at, Checked: at.Add(c.age)}
		if got := moodOf(s, 5*time.Minute).stale; got != c.want {
			t.Errorf("%d failures, read %v ago: out of date %v", c.failures, c.age, got)
		}
	}
}
