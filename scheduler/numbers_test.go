package scheduler

import (
	"testing"
	"testing/synctest"
	"time"

	"deskd/reservations"
)

// The numbers that docs/faults.md and docs/brakes.md promise hold to the last
// moment, and no longer.

func TestEndsTogether(t *testing.T) {
	at := hm("09:00")
	for apart, want := range map[time.Duration]int{10 * time.Minute: 2, 10*time.Minute + 1: 1} {
		if got := together([]time.Time{at, at.Add(apart)}); got != want {
			t.Errorf("changes %v apart: %d together", apart, got)
		}
	}
	if until := walkupEnd(Have{Device: "D1", Person: "jane"}, nil, at).Until; !until.Equal(at.Add(24 * time.Hour)) {
		t.Errorf("a walk-up stays until %v", until)
	}
}

func TestManyGone(t *testing.T) {
	for _, c := range []struct {
		gone, all int
		want      bool
	}{{4, 4, false}, {5, 5, true}, {5, 20, true}, {5, 21, false}, {6, 24, true}} {
		if got := many(c.gone, c.all); got != c.want {
			t.Errorf("%d of %d: %v", c.gone, c.all, got)
		}
	}
}

func TestQuestionsToHalted(t *testing.T) {
	at := hm("09:00")
	refused := Standing{Opened: at, Refused: at}
	if until := refused.Until(at.Add(time.Second)); !until.Equal(at.Add(15 * time.Minute)) {
		t.Errorf("refused: until %v", until)
	}
	for _, c := range []struct {
		tries int
		after time.Duration
		waits bool
	}{{1, 0, false}, {2, 0, true}, {2, 10*time.Minute - 1, true}, {2, 10 * time.Minute, false}} {
		until := Standing{Tries: c.tries, Tried: at}.Until(at.Add(c.after))
		if !until.IsZero() != c.waits || c.waits && !until.Equal(at.Add(10*time.Minute)) {
			t.Errorf("%d lost, %v ago: until %v", c.tries, c.after, until)
		}
	}
}

func TestAnswersFromThePastAge(t *testing.T) {
	at := hm("09:00")
	h := Have{Device: "D1", Person: "max", Known: true, Exists: true}
	for name, c := range map[string]struct {
		proof
		age time.Duration
	}{
		"a login":           {proof{Attempt: Attempt{Step: Step{Op: OpLogin, Login: Login{Device: "D1", Person: "jane"}}, Outcome: Done, Ended: at}}, 65 * time.Second},
		"a logout":          {proof{Attempt: Attempt{Step: Step{Op: OpLogout, Login: Login{Device: "D1"}}, Outcome: Done, Ended: at}}, 65 * time.Second},
		"a logout, refuted": {proof{Attempt: Attempt{Step: Step{Op: OpLogout, Login: Login{Device: "D1"}}, Outcome: Done, Ended: at}, refuted: true}, 30 * time.Second},
	} {
		p := proofs{"D1": c.proof}
		if !p.contradicts(h, at.Add(c.age-1)) || p.contradicts(h, at.Add(c.age)) {
			t.Errorf("%s is not doubted for %v", name, c.age)
		}
	}
}

func TestJumpIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var moved time.Duration
		r := NewReconciler(Setup{Clock: MovedClock(func() time.Duration { return moved })})
		r.jump.look(r.Clock)
		for by, want := range map[time.Duration]bool{15*time.Second - 1: false, 15 * time.Second: true, 1 - 15*time.Second: false, -15 * time.Second: true} {
			if moved = by; r.hasJumped() != want {
				t.Errorf("a jump by %v: %v", by, !want)
			}
		}
	})
	for left, want := range map[time.Duration]bool{5*time.Minute - 1: true, 5 * time.Minute: false} {
		if got := (FormerClock{By: left}).isBack(-time.Hour); got != want {
			t.Errorf("back but for %v: %v", left, got)
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
