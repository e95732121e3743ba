package guard

import (
	"fmt"
	"testing"
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
	refused := Refusals{Opened: at, Refused: at}
	if until := refused.Until(at.Add(time.Second)); !until.Equal(at.Add(15 * time.Minute)) {
		t.Errorf("refused: until %v", until)
	}
	for _, c := range []struct {
		tries int
		after time.Duration
		waits bool
	}{{1, 0, false}, {2, 0, true}, {2, 10*time.Minute - 1, true}, {2, 10 * time.Minute, false}} {
		until := Refusals{Tries: c.tries, Tried: at}.Until(at.Add(c.after))
		if !until.IsZero() != c.waits || c.waits && !until.Equal(at.Add(10*time.Minute)) {
			t.Errorf("%d lost, %v ago: until %v", c.tries, c.after, until)
		}
	}
}

// Sessions count as vanished together within ten minutes.
func TestVanishedTogether(t *testing.T) {
	at := instant("09:00")
	for apart, want := range map[time.Duration]int{10 * time.Minute: 5, 10*time.Minute + 1: 0} {
		o := NewOutage()
		for n := range 5 {
			o.vanished[fmt.Sprintf("SEP%012d", n+1)] = vanished{at: at}
		}
		if o.Note(0, at.Add(apart)); len(o.Lost) != want {
			t.Errorf("%v later %d count as lost", apart, len(o.Lost))
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
		if s.see(plan.Observation{Device: "D1", Person: "jane"}, at.Add(past)); s.proven != want {
			t.Errorf("one that lasts %v longer: %v", past, s.proven)
		}
	}
}
