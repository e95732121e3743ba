package clock

import (
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// What waits while the clock is in doubt. With now by the wall clock and then by
// the one before its jump:
//
//	step                              | for two minutes   | for a day, or until the clock is back
//	----------------------------------+-------------------+--------------------------------------
//	due by both                       | goes out          | goes out
//	login on an empty phone           | if due by both    | goes out
//	logout of a session begun since   | if due by both    | goes out
//	any other logout, and the login   | if due by both    | held, until both agree
//	of the person who is to have that |                   |
//	phone                             |                   |

// Replan plans what there would be to do at an instant by another clock, with the
// bookings around it: the logins that should be, and the steps to them.
type Replan func(bookings reservations.Calendar, then time.Time) (want []plan.Login, steps []plan.Step)

// Seen is what the phones show, by device, and what deskd has done there.
type Seen struct {
	Phones  map[string]plan.Observation
	History plan.History
}

// Blocks returns what would not go out, of a plan for now, by the clocks from before the
// jumps that are not believed yet.
func (t *Trust) Blocks(steps []plan.Step, seen Seen, by Replan, now time.Time) []plan.Block {
	var blocks []plan.Block
	for i, f := range t.Former {
		if f.Mild || i >= len(t.formerBookings) {
			continue
		}
		want, then := by(t.formerBookings[i], f.then(now))
		b := beforeJump{FormerClock: f, want: want, sure: sure(then, f.then(now))}
		if !t.until.IsZero() && i == len(t.Former)-1 {
			blocks = append(blocks, b.wait(steps, t.until)...)
		} else {
			blocks = append(blocks, b.hold(steps, seen, now)...)
		}
	}
	return blocks
}

// sure are the steps among those of another clock that would go out by it.
func sure(steps []plan.Step, then time.Time) map[plan.Target]bool {
	sure := make(map[plan.Target]bool)
	for _, s := range steps {
		if s.Op != plan.OpHold && !s.NotBefore.After(then) {
			sure[aimOf(s)] = true
		}
	}
	return sure
}

// aimOf is what a step is aimed at. A logout ends the session that is there, for
// whichever booking.
func aimOf(s plan.Step) plan.Target {
	t := plan.TargetOf(s)
	if s.Op == plan.OpLogout {
		t.Reservation = ""
	}
	return t
}

// beforeJump is what is wanted by a clock from before a jump.
type beforeJump struct {
	FormerClock
	want []plan.Login
	sure map[plan.Target]bool
}

// String says how the wall clock differs from f.
func (f FormerClock) String() string {
	by := f.By.Abs().Round(time.Second)
	switch {
	case f.Witness && f.By < 0:
		return fmt.Sprintf("the clock is %s behind the phone system's", by)
	case f.Witness:
		return fmt.Sprintf("the clock is %s ahead of the phone system's", by)
	case f.Start && f.By < 0:
		return fmt.Sprintf("the clock is %s behind when deskd last ran", by)
	case f.Start:
		return fmt.Sprintf("the clock is %s past when deskd last ran", by)
	case f.By < 0:
		return fmt.Sprintf("the clock went back by %s", by)
	}
	return fmt.Sprintf("the clock went ahead by %s", by)
}

// block is the clock's block of one step.
func (b beforeJump) block(s plan.Step, effect plan.Effect) plan.Block {
	return plan.Block{
		Scope: plan.Scope{Device: s.Device, Person: s.PersonKey(), Op: s.Op, Desk: s.Desk},
		Kind:  plan.KindClock, Effect: effect, Cause: plan.CauseClock, Since: b.At,
	}
}

// wait lets the steps wait until then that are due only by the jump.
func (b beforeJump) wait(steps []plan.Step, until time.Time) []plan.Block {
	var blocks []plan.Block
	for _, s := range steps {
		if s.Op != plan.OpHold && !b.sure[aimOf(s)] {
			block := b.block(s, plan.Delays)
			block.Until = until
			block.Text = fmt.Sprintf("%v: what is due only by that waits until %s", b, until.UTC().Format(time.RFC3339))
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// hold holds the logouts that are due only by the jump, of those who were on their
// phones before it.
func (b beforeJump) hold(steps []plan.Step, seen Seen, now time.Time) []plan.Block {
	var blocks []plan.Block
	for _, s := range steps {
		if s.Op == plan.OpLogout && !s.NotBefore.After(now) && !b.sure[aimOf(s)] && b.concerns(seen.Phones[s.Device], seen.History) {
			block := b.block(s, plan.Holds)
			block.Until = b.over(s.Device, now)
			block.Text = fmt.Sprintf("%v, and by the time before that it is not so: they stay until both agree, or until %s",
				b, b.At.Add(believed).UTC().Format(time.RFC3339))
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// concerns reports whether who is on a phone was there before the jump.
func (f FormerClock) concerns(h plan.Observation, m plan.History) bool {
	if !h.Ours {
		at := f.At
		if f.Start {
			at = at.Add(doubtedIn) // nobody was looked at before the first sweep
		}
		return h.Since.Before(at)
	}
	s, known := m.Session(plan.Login{Device: h.Device, Person: h.Person})
	return !known || s.Attempt <= f.After
}

// over is when the booking ends that a device has by the clock before the jump,
// by the wall clock.
func (b beforeJump) over(device string, now time.Time) time.Time {
	then := b.then(now)
	for _, l := range b.want {
		if l.Device == device && !l.From.After(then) && l.Until.After(then) {
			return reservations.Earliest(l.Until.Add(b.By), b.At.Add(believed))
		}
	}
	return now.Add(doubtedIn)
}

// Disprove takes the clock for wrong, after a start, when phones show sessions
// that had ended by themselves if it were right, and reports whether it is in doubt
// only now. EndsItself is when the own session seen on a phone ends by itself, the zero
// time where that is not known.
func (t *Trust) Disprove(seen Seen, endsItself func(plan.Observation) time.Time) bool {
	n := len(t.Former)
	if n == 0 || !t.Former[n-1].Start || t.Former[n-1].Disproved { // or it has jumped since
		return false
	}
	f := &t.Former[n-1]
	h, end := t.overstays(seen, endsItself)
	if end.IsZero() {
		return false
	}
	was := f.Mild
	if was {
		t.log.Warn("clock is not where deskd last saw it: who is on a phone stays until both times agree, or for a day",
			"by", f.By.Round(time.Second), "phone", h.Device, "ended", end)
	}
	f.Mild, f.Disproved, t.unsaved = false, true, true
	t.publish()
	return was
}

// overstays finds a phone with a session of before the last jump that had ended by
// itself at the instant it returns, if the wall clock is right; the zero time when there
// is none.
func (t *Trust) overstays(seen Seen, endsItself func(plan.Observation) time.Time) (plan.Observation, time.Time) {
	f, now := t.Former[len(t.Former)-1], t.Looked()
	for _, h := range seen.Phones {
		if !h.Known || !h.Ours || h.Person == "" || !f.concerns(h, seen.History) {
			continue
		}
		if end := endsItself(h); !end.IsZero() && now.After(end.Add(outlasts)) {
			return h, end
		}
	}
	return plan.Observation{}, time.Time{}
}

// Doubt says in words why the clock is in doubt, and what a plan holds for it; empty
// while it is believed.
func (t *Trust) Doubt(planned []plan.Step) string {
	i := len(t.Former) - 1
	for i >= 0 && t.Former[i].Mild {
		i--
	}
	switch {
	case i < 0:
		return ""
	case !t.until.IsZero():
		return t.waitText()
	}
	f := t.Former[i]
	return fmt.Sprintf("%v: who was on a phone before stays until both times agree, or until %s; now that concerns %d",
		f, f.At.Add(believed).UTC().Format(time.RFC3339), len(holds(planned)))
}

// waitText says what waits after a jump that was noticed a moment ago.
func (t *Trust) waitText() string {
	return fmt.Sprintf("%v: what is due only by that waits until %s", t.Former[len(t.Former)-1], t.until.UTC().Format(time.RFC3339))
}

// States returns how the cluster stands because of the clock: one block for the wait
// after a jump, or one for each phone that a plan holds for the clock.
func (t *Trust) States(planned []plan.Step) []plan.Block {
	if !t.until.IsZero() {
		return []plan.Block{{Kind: plan.KindClock, Said: true, Since: t.Former[len(t.Former)-1].At, Until: t.until, Text: t.waitText()}}
	}
	var blocks []plan.Block
	for _, s := range holds(planned) {
		blocks = append(blocks, plan.Block{Scope: plan.Scope{Desk: s.Desk, Device: s.Device}, Kind: plan.KindClock, Until: s.NotBefore, Text: s.Why})
	}
	return blocks
}

// holds are the steps of a plan that wait for the clock.
func holds(planned []plan.Step) []plan.Step {
	var held []plan.Step
	for _, s := range planned {
		if s.Op == plan.OpHold && s.Cause == plan.CauseClock {
			held = append(held, s)
		}
	}
	return held
}
