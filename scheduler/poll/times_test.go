package poll

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/reservations/feed/fetch"
)

// Every feed is polled once in each of its periods, at the same place of it.
func TestPollTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.IntRange(1, 100_000).Draw(t, "seconds")) * time.Second
		p := TimesOf(reservations.Feed{Name: rapid.String().Draw(t, "name"), Every: every})
		now := time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "now"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns"))
		next := p.Next(now)
		if gap := next.Sub(now); gap <= 0 || gap > every {
			t.Fatalf("%v after %v, every %v", gap, now, every)
		}
		if next.Nanosecond() != 0 || p.Next(next) != next.Add(every) || p.Next(next.Add(-1)) != next {
			t.Fatalf("%v is followed by %v, every %v", next, p.Next(next), every)
		}
	})
}

func TestPollTimesDiffer(t *testing.T) {
	at := make(map[time.Time]bool)
	for n := range 40 {
		at[TimesOf(reservations.Feed{Name: fmt.Sprintf("floor %d", n), Every: 5 * time.Minute}).Next(time.Unix(0, 0))] = true
	}
	if len(at) < 30 {
		t.Errorf("40 feeds are polled at %d times", len(at))
	}
}

func TestRestFor(t *testing.T) {
	const every = 5 * time.Minute
	status := func(code int, after time.Duration) error {
		return fmt.Errorf("fetch: %w", &fetch.StatusError{Code: code, RetryAfter: after})
	}
	for _, tc := range []struct {
		name     string
		err      error
		failures int
		want     time.Duration
	}{
		{"well", nil, 0, 0},
		{"another error", errors.New("reset"), 9, 0},
		{"another status", status(500, 0), 9, 0},
		{"says how long", status(500, 20*time.Minute), 1, 20 * time.Minute},
		{"says too long", status(503, 48*time.Hour), 1, time.Hour},
		{"busy", status(503, 0), 1, every / 2},
		{"busy again", status(429, 0), 2, every + every/2},
		{"busy, third", status(503, 0), 3, 3*every + every/2},
		{"busy and says more", status(503, 40*time.Minute), 3, 40 * time.Minute},
		{"busy and says less", status(503, time.Second), 3, 3*every + every/2},
		{"wrong password", status(401, 0), 3, 3*every + every/2},
		{"busy for ever", status(503, 0), 1000, time.Hour - every/2}, // the poll an hour later is not missed
		{"busy, an hour is said", status(503, time.Hour), 1, time.Hour},
		{"busy, more is said", status(503, time.Hour+time.Second), 1, time.Hour},
	} {
		if got := restFor(every, tc.err, tc.failures); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	if got := restFor(1<<62, status(503, 0), 60); got != 0 {
		t.Errorf("a feed that is hardly ever polled: %v", got)
	}
}

// TestRestOfWrongClock asks a server again that was to be left alone until a time
// of a clock which was set back since.
func TestRestOfWrongClock(t *testing.T) {
	var r rests
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	busy := &fetch.StatusError{Code: 503, RetryAfter: 20 * time.Minute}
	r.after(reservations.Feed{Name: "hq", Every: time.Minute}, busy, 1, now.Add(10*time.Hour))
	if r.resting("hq", now) {
		t.Error("it is left alone for ten hours")
	}
	r.after(reservations.Feed{Name: "hq", Every: time.Minute}, busy, 1, now)
	if !r.resting("hq", now.Add(19*time.Minute)) || r.resting("hq", now.Add(20*time.Minute)) {
		t.Error("it is not left alone for 20 minutes")
	}
}
