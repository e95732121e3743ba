package calls

import (
	"testing"
	"time"

	"deskd/scheduler/plan"
)

var one = time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)

func logout(cause plan.Cause, due time.Time) plan.Step {
	return plan.Step{Op: plan.OpLogout, Cause: cause, Due: due, NotBefore: due, Login: plan.Login{Device: "SEP1", Person: "Jane", Reservation: "r"}}
}

func nothing(string) (plan.Attempt, bool) { return plan.Attempt{}, false }

// heldSince is a hold that the journal has, begun by a logout that was due then.
func heldSince(due time.Time, reservation string) Hold {
	s := logout(plan.CauseCall, due)
	s.Op, s.Person, s.Reservation = plan.OpHold, "JANE", reservation
	return func(string) (plan.Attempt, bool) { return plan.Attempt{Step: s}, true }
}

// What becomes of a logout that was due at one, by what the phone has said, and when.
func TestBlocks(t *testing.T) {
	at := func(after time.Duration, active bool, problem string) Look {
		return Look{At: one.Add(after), Active: active, Problem: problem}
	}
	for name, c := range map[string]struct {
		step  plan.Step
		look  Look
		hold  Hold
		after time.Duration
		want  string
	}{
		"not asked yet":        {step: logout(plan.CauseEnd, one), want: "dropped"},
		"in a call":            {step: logout(plan.CauseEnd, one), look: at(0, true, ""), want: "held until 13:10:00"},
		"at a handover":        {step: logout(plan.CauseHandover, one), look: at(0, true, ""), want: "held until 13:10:00"},
		"no call":              {step: logout(plan.CauseEnd, one), look: at(0, false, ""), want: "goes"},
		"no answer":            {step: logout(plan.CauseEnd, one), look: at(0, true, "web access off"), want: "goes"},
		"asked long ago":       {step: logout(plan.CauseEnd, one), look: at(-21*time.Second, false, ""), want: "dropped"},
		"asked a while ago":    {step: logout(plan.CauseEnd, one), look: at(-20*time.Second, true, ""), want: "held until 13:10:00"},
		"of a stranger":        {step: logout(plan.CauseStranger, one), look: at(0, true, ""), want: "goes"},
		"that moves someone":   {step: logout(plan.CauseElsewhere, one), look: at(0, true, ""), want: "goes"},
		"not due yet":          {step: logout(plan.CauseEnd, one.Add(time.Second)), want: "goes"},
		"held before":          {step: logout(plan.CauseEnd, one.Add(9*time.Minute)), look: at(9*time.Minute, true, ""), hold: heldSince(one, "r"), after: 9 * time.Minute, want: "held until 13:10:00"},
		"held, asked again":    {step: logout(plan.CauseEnd, one.Add(9*time.Minute)), hold: heldSince(one, "r"), after: 9 * time.Minute, want: "held until 13:10:00"},
		"held for another":     {step: logout(plan.CauseEnd, one), look: at(0, true, ""), hold: heldSince(one.Add(-time.Hour), "s"), want: "held until 13:10:00"},
		"held for long enough": {step: logout(plan.CauseEnd, one.Add(10*time.Minute)), look: at(10*time.Minute, true, ""), hold: heldSince(one, "r"), after: 10 * time.Minute, want: "goes"},
	} {
		t.Run(name, func(t *testing.T) {
			g := &Guard{Wait: 10 * time.Minute, Look: func(string, time.Time) Look { return c.look }}
			hold := c.hold
			if hold == nil {
				hold = nothing
			}
			if got := became(g.Blocks([]plan.Step{c.step}, hold, one.Add(c.after)), c.step); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if (*Guard)(nil).Blocks([]plan.Step{logout(plan.CauseEnd, one)}, nothing, one) != nil {
		t.Error("without a guard something waits")
	}
}

// became says what blocks leave of a logout, and of the login behind it.
func became(blocks []plan.Block, s plan.Step) string {
	next := plan.Step{Op: plan.OpLogin, Login: plan.Login{Device: s.Device, Person: "max"}}
	left := plan.Subtract([]plan.Step{s, next}, blocks)
	switch {
	case len(left) == 2:
		return "goes"
	case len(left) == 0:
		return "dropped"
	}
	return "held until " + left[0].NotBefore.Format(time.TimeOnly)
}

// A logout that was let go does not wait for a call that begins then.
func TestGone(t *testing.T) {
	look := Look{At: one}
	g := &Guard{Wait: 10 * time.Minute, Look: func(string, time.Time) Look { return look }}
	step := logout(plan.CauseEnd, one)
	g.Blocks([]plan.Step{step}, nothing, one)
	look.Active = true
	if len(g.Blocks([]plan.Step{step}, nothing, one.Add(time.Second))) > 0 {
		t.Error("it waits")
	}
	look.At, step = one.Add(time.Hour), logout(plan.CauseEnd, one.Add(time.Hour)) // another session of the same booking, say
	if len(g.Blocks([]plan.Step{step}, nothing, one.Add(time.Hour))) == 0 {
		t.Error("what is long over is remembered")
	}
}

// Who looks on asks no phone: a logout waits that is held by the journal, until its bound.
func TestLookingOn(t *testing.T) {
	g := &Guard{Wait: 10 * time.Minute}
	step := logout(plan.CauseEnd, one)
	for after, want := range map[time.Duration]string{0: "held until 13:10:00", 9 * time.Minute: "held until 13:10:00", 10 * time.Minute: "goes"} {
		if got := became(g.Blocks([]plan.Step{step}, heldSince(one, "r"), one.Add(after)), step); got != want {
			t.Errorf("after %s: got %q, want %q", after, got, want)
		}
	}
	if got := became(g.Blocks([]plan.Step{step}, nothing, one), step); got != "goes" {
		t.Errorf("nothing is held: got %q", got)
	}
}
