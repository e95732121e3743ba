package guard

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"deskd/scheduler/plan"
)

// TestStays plays sightings of sessions. A line is "SECOND DEVICE what": "in N"
// begins a session of N units, "on", "off" and "other" are what a look shows,
// "out" is deskd's own logout.
func TestStays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, script     string
		doubtful, proven bool
	}{
		{"two sessions end at their N-th second", "0 D1 in 185, 2 D1 on, 180 D1 on, 190 D1 off, 191 D1 in 182, 368 D1 on, 378 D1 off", true, false},
		{"on two desks, of different length", "0 D1 in 185, 0 D2 in 65, 60 D2 on, 70 D2 off, 180 D1 on, 190 D1 off", true, false},
		{"the phone system ends them up to a minute late", "0 D1 in 100, 95 D1 on, 105 D1 on, 160 D1 off, 161 D1 in 100, 256 D1 on, 266 D1 on, 320 D1 off", true, false},
		{"late, and not looked at in between", "0 D1 in 100, 95 D1 on, 150 D1 off, 151 D1 in 100, 246 D1 on, 300 D1 off", true, false},
		{"one alone is no proof", "0 D1 in 185, 180 D1 on, 190 D1 off", false, false},
		{"all phones lost at that second are one observation", "0 D1 in 185, 0 D2 in 185, 1 D3 in 185, 180 D1 on, 180 D2 on, 181 D3 on, 190 D1 off, 190 D2 off, 191 D3 off", false, false},
		{"all phones lost at another second", "0 D1 in 185, 10 D2 in 100, 60 D1 off, 60 D2 off, 70 D1 in 170, 70 D2 in 90, 130 D1 off, 130 D2 off", false, false},
		{"a person logs out a little early", "0 D1 in 185, 150 D1 on, 170 D1 off, 200 D1 in 180, 300 D1 on, 360 D1 off", false, false},
		{"a person logs out later", "0 D1 in 185, 180 D1 on, 190 D1 on, 245 D1 on", false, true},
		{"not looked at in time: nobody can tell", "0 D1 in 185, 2 D1 on, 190 D1 off, 200 D1 in 180, 202 D1 on, 385 D1 off", false, false},
		{"gone long after: nobody can tell", "0 D1 in 185, 180 D1 on, 400 D1 off, 410 D1 in 185, 590 D1 on, 800 D1 off", false, false},
		{"deskd logs out at that second", "0 D1 in 185, 180 D1 on, 184 D1 out, 190 D1 off, 200 D1 in 180, 375 D1 on, 379 D1 out, 385 D1 off", false, false},
		{"another person takes the phone over", "0 D1 in 185, 180 D1 on, 190 D1 other, 200 D1 in 180, 375 D1 on, 385 D1 other", false, false},
		{"one that outlasts outweighs those that do not", "0 D1 in 185, 180 D1 on, 190 D1 off, 0 D2 in 400, 191 D1 in 182, 368 D1 on, 378 D1 off, 395 D2 on, 405 D2 on, 460 D2 on", false, true},
		{"and ends the watch", "0 D2 in 20, 80 D2 on, 81 D1 in 185, 261 D1 on, 271 D1 off, 272 D1 in 182, 449 D1 on, 459 D1 off", false, true},
		{"sessions without a length are not watched", "0 D1 in 0, 5 D1 on, 6 D1 off, 70 D1 in -1, 71 D1 on, 72 D1 off", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var s stays
			for line := range strings.SplitSeq(c.script, ", ") {
				playStay(&s, strings.Fields(line))
			}
			if s.doubtful() != c.doubtful || s.proven != c.proven {
				t.Errorf("doubtful %v, proven %v; want %v, %v (short %v)", s.doubtful(), s.proven, c.doubtful, c.proven, s.short)
			}
		})
	}
}

func playStay(s *stays, f []string) {
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			panic(err)
		}
		return n
	}
	now := time.Date(2026, 3, 2, 9, 0, number(f[0]), 0, time.UTC)
	h := plan.Observation{Device: f[1], Exists: true, Known: true}
	switch f[2] {
	case "in":
		s.begin(plan.Attempt{Step: plan.Step{Login: plan.Login{Device: f[1], Person: "jane"}}, Ended: now}, number(f[3]))
	case "out":
		s.forget(f[1])
	case "on":
		h.Person = "Jane"
		s.see(h, now)
	case "other":
		h.Person = "max"
		s.see(h, now)
	default:
		s.see(h, now)
	}
}

// The looks come right before the N-th second, right after it, and when no
// phone system's timer can be later.
func TestStaysLooks(t *testing.T) {
	t.Parallel()
	var s stays
	playStay(&s, []string{"0", "D1", "in", "185"})
	at := func(second int) time.Time { return time.Date(2026, 3, 2, 9, 0, second, 0, time.UTC) }
	h := plan.Observation{Device: "D1", Person: "jane", Exists: true, Known: true}
	for _, c := range []struct{ now, look int }{{2, 180}, {30, 180}, {180, 190}, {190, 245}, {191, 245}} {
		if got := s.see(h, at(c.now)); !got.Equal(at(c.look)) {
			t.Errorf("seen after %d s: the next look is at %v, want %v", c.now, got, at(c.look))
		}
	}
	if got := s.see(h, at(245)); !got.IsZero() {
		t.Errorf("it has outlasted, and is looked at again at %v", got)
	}
}
