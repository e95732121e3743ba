package scheduler

import (
	"context"
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
//	of whoever is to have that phone  |                   |

// readBefore loads the bookings around the instants by the former clocks.
func (r *Reconciler) readBefore(ctx context.Context, now time.Time) error {
	r.jump.worlds = nil
	for _, f := range r.jump.Former {
		booked, err := r.Book.Reservations(ctx, r.Policy.Window(f.then(now)))
		if err != nil {
			return fmt.Errorf("read reservations: %w", err)
		}
		r.jump.worlds = append(r.jump.worlds, reservations.NewCalendar(booked))
	}
	return nil
}

// doubt holds back what would not go out by the clocks from before the jumps that
// are not believed yet.
func (r *Reconciler) doubt(steps []plan.Step, now time.Time) []plan.Step {
	r.noteOverstay(now)
	for i, f := range r.jump.Former {
		if f.Mild || i >= len(r.jump.worlds) {
			continue
		}
		world := r.world
		world.Calendar = r.jump.worlds[i]
		want := r.wanted(world, f.then(now))
		b := beforeJump{FormerClock: f, want: want, sure: r.sure(want, f.then(now))}
		if !r.jump.until.IsZero() && i == len(r.jump.Former)-1 {
			steps = b.wait(steps, r.jump.until)
			continue
		}
		steps = b.hold(steps, r.seen, r.history, now)
	}
	return steps
}

// sure are the steps that would go out at an instant by another clock. That deeds
// are still to come by it says nothing.
func (r *Reconciler) sure(want []plan.Login, then time.Time) map[plan.Target]bool {
	facts := r.facts()
	facts.Otherwhen = true
	sure := make(map[plan.Target]bool)
	for _, s := range r.compareBy(facts, want, then) {
		if s.Op != plan.OpHold && !s.NotBefore.After(then) {
			sure[aimOf(s)] = true
		}
	}
	return sure
}

// aimOf is what a step is aimed at. A logout ends whoever is there, for whichever
// booking.
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

func (b beforeJump) String() string {
	by := b.By.Abs().Round(time.Second)
	switch {
	case b.Witness && b.By < 0:
		return fmt.Sprintf("the clock is %s behind the phone system's", by)
	case b.Witness:
		return fmt.Sprintf("the clock is %s ahead of the phone system's", by)
	case b.Start && b.By < 0:
		return fmt.Sprintf("the clock is %s behind when deskd last ran", by)
	case b.Start:
		return fmt.Sprintf("the clock is %s past when deskd last ran", by)
	case b.By < 0:
		return fmt.Sprintf("the clock went back by %s", by)
	}
	return fmt.Sprintf("the clock went ahead by %s", by)
}

// wait lets the steps wait until then that are due only by the jump.
func (b beforeJump) wait(steps []plan.Step, until time.Time) []plan.Step {
	for i, s := range steps {
		if s.Op != plan.OpHold && !b.sure[aimOf(s)] {
			steps[i].NotBefore = reservations.Latest(s.NotBefore, until)
			steps[i].Why += fmt.Sprintf("; %v: what is due only by that waits until %s", b, until.UTC().Format(time.RFC3339))
		}
	}
	return steps
}

// hold turns the logouts that are due only by the jump into holds, of those who
// were on their phones before it. The login of whoever is to have such a phone
// waits with it, and so does one that moves a person away from it.
func (b beforeJump) hold(steps []plan.Step, seen map[string]plan.Have, m plan.History, now time.Time) []plan.Step {
	keep := newStaying()
	kept := make([]plan.Step, 0, len(steps))
	for _, s := range steps {
		if s.Op == plan.OpLogout && !s.NotBefore.After(now) && !b.sure[aimOf(s)] && b.concerns(seen[s.Device], m) {
			keep.there(s)
			s.Op, s.Cause, s.NotBefore = plan.OpHold, plan.CauseClock, b.over(s.Device, now)
			s.Why += fmt.Sprintf("; %v, and by the time before that it is not so: they stay until both agree, or until %s",
				b, b.At.Add(believed).UTC().Format(time.RFC3339))
		} else if keep.blocks(s) {
			continue
		}
		kept = append(kept, s)
	}
	return kept
}

// concerns reports whether who is on a phone was there before the jump.
func (b beforeJump) concerns(h plan.Have, m plan.History) bool {
	if !h.Ours {
		at := b.At
		if b.Start {
			at = at.Add(doubtedIn) // nobody was looked at before the first sweep
		}
		return h.Since.Before(at)
	}
	s, known := m.Session(plan.Login{Device: h.Device, Person: h.Person})
	return !known || s.Attempt <= b.After
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

// noteOverstay takes the clock for wrong, after a start, when phones show sessions
// that had ended by themselves if it were right.
func (r *Reconciler) noteOverstay(now time.Time) {
	for i := range r.jump.Former {
		f := &r.jump.Former[i]
		if !f.Start || f.Disproved || i < len(r.jump.Former)-1 { // or it has jumped since
			continue
		}
		h, end := r.overstays(*f, now)
		if end.IsZero() {
			continue
		}
		if f.Mild {
			r.read = time.Time{}
			r.Log.Warn("clock is not where deskd last saw it: who is on a phone stays until both times agree, or for a day",
				"cluster", r.Cluster, "by", f.By.Round(time.Second), "phone", h.Device, "ended", end)
		}
		f.Mild, f.Disproved, r.jump.unkept = false, true, true
		r.publishClock()
	}
}

// overstays finds a phone with a session of before f that had ended by itself at the
// instant it returns, if now is right; the zero time when there is none.
func (r *Reconciler) overstays(f FormerClock, now time.Time) (plan.Have, time.Time) {
	for _, h := range r.seen {
		if !h.Known || !h.Ours || h.Person == "" || !(beforeJump{FormerClock: f}).concerns(h, r.history) {
			continue
		}
		if end := r.endsItself(h); !end.IsZero() && now.After(end.Add(outlasts)) {
			return h, end
		}
	}
	return plan.Have{}, time.Time{}
}

// clockDoubt says in words why the clock is in doubt, and what a plan holds for it;
// empty while it is believed.
func (r *Reconciler) clockDoubt(planned []plan.Step) string {
	i := len(r.jump.Former) - 1
	for i >= 0 && r.jump.Former[i].Mild {
		i--
	}
	switch {
	case i < 0:
		return ""
	case !r.jump.until.IsZero():
		return r.waitText()
	}
	held := 0
	for _, s := range planned {
		if s.Op == plan.OpHold && s.Cause == plan.CauseClock {
			held++
		}
	}
	b := beforeJump{FormerClock: r.jump.Former[i]}
	return fmt.Sprintf("%v: who was on a phone before stays until both times agree, or until %s; now that concerns %d",
		b, b.At.Add(believed).UTC().Format(time.RFC3339), held)
}

// waitText says what waits after a jump that was noticed a moment ago.
func (r *Reconciler) waitText() string {
	return fmt.Sprintf("%v: what is due only by that waits until %s",
		beforeJump{FormerClock: r.jump.Former[len(r.jump.Former)-1]}, r.jump.until.UTC().Format(time.RFC3339))
}

// noteClock says which phones wait for the clock, and when none does any more.
func (r *Reconciler) noteClock(planned []plan.Step) {
	var held []plan.Step
	for _, s := range planned {
		if s.Op == plan.OpHold && s.Cause == plan.CauseClock {
			held = append(held, s)
		}
	}
	before := r.jump.waits
	r.jump.waits = ""
	switch {
	case !r.jump.until.IsZero():
		r.jump.waits = r.waitText()
	case len(held) > 0:
		r.jump.waits = fmt.Sprintf("phones that wait for the clock: %d, the first on desk %s: %s", len(held), held[0].Desk, held[0].Why)
	}
	switch was, is := before != "", r.jump.waits != ""; {
	case is && !was && r.jump.until.IsZero():
		r.Log.Error("phones wait for the clock: set it right, or let it stay", "cluster", r.Cluster, "phones", len(held), "err", held[0].Why)
	case was && !is:
		r.Log.Info("no phone waits for the clock", "cluster", r.Cluster)
	}
}
