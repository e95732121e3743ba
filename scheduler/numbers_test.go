package scheduler

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler/plan"
)

// The numbers that docs/faults.md and docs/brakes.md promise hold to the last
// moment, and no longer.

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
	at := instant("09:00")
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

// Sessions count as vanished together within ten minutes.
func TestVanishedTogether(t *testing.T) {
	at := instant("09:00")
	for apart, want := range map[time.Duration]int{10 * time.Minute: 5, 10*time.Minute + 1: 0} {
		r := NewReconciler(Setup{})
		for n := range 5 {
			r.vanished[fmt.Sprintf("SEP%012d", n+1)] = vanished{at: at}
		}
		if r.noteOutage(at.Add(apart)); len(r.lost) != want {
			t.Errorf("%v later %d count as lost", apart, len(r.lost))
		}
	}
}

// A login that seemed lost is deskd's own for five minutes.
func TestLoginComesLate(t *testing.T) {
	at := instant("09:00")
	r := NewReconciler(Setup{})
	login := plan.Attempt{ID: 1, Step: plan.Step{Op: plan.OpLogin, Login: plan.Login{Through: at.Add(time.Hour)}}, Began: at, Ended: at}
	logout := plan.Attempt{ID: 2, Step: plan.Step{Op: plan.OpLogout}, Began: at, Ended: at}
	for after, want := range map[time.Duration]bool{5*time.Minute - 1: true, 5 * time.Minute: false} {
		if got := r.mayBeLate(login, at.Add(after)); got != want {
			t.Errorf("a login of %v ago: %v", after, got)
		}
		if got := r.awaitsProof(logout, at.Add(after)); got != want {
			t.Errorf("a logout of %v ago: %v", after, got)
		}
	}
}

// What counts as a session that ended at its N-th second, and what as one end.
func TestEndsAtItsSecond(t *testing.T) {
	at := instant("09:00")
	for _, c := range []struct {
		seen, gone time.Duration // before and after the N-th second
		want       bool
	}{
		{10 * time.Second, 0, true},
		{10*time.Second + 1, 0, false},
		{0, -5 * time.Second, true},
		{0, -5*time.Second - 1, false},
		{0, 65 * time.Second, true},
		{0, 65*time.Second + 1, false},
	} {
		if got := (stay{end: at, seen: at.Add(-c.seen)}).endedAt(at.Add(c.gone)); got != c.want {
			t.Errorf("seen %v before and gone %v after: %v", c.seen, c.gone, got)
		}
	}
	for apart, want := range map[time.Duration]bool{time.Minute - 1: false, time.Minute: true} {
		var s stays
		s.note(at)
		if s.note(at.Add(apart)); s.doubtful() != want {
			t.Errorf("two that end %v apart: %v", apart, !want)
		}
	}
	for past, want := range map[time.Duration]bool{time.Minute - 1: false, time.Minute: true} {
		s := stays{watched: map[string]stay{"D1": {person: "jane", end: at}}}
		if s.see(plan.Have{Device: "D1", Person: "jane"}, at.Add(past)); s.proven != want {
			t.Errorf("one that lasts %v longer: %v", past, s.proven)
		}
	}
}
