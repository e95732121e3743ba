package clock

import (
	"time"

	"deskd/scheduler/plan"
)

// How long ago an attempt was is asked to tell what a phone shows from what deskd
// has done there: who appears within minutes of a login that seemed lost is deskd's
// own, and who appears hours later has come by themselves. By a clock that was set
// back, an attempt of this morning is one of a moment ago. So its age counts by the
// clock it was begun by, and what has no date is old: no session becomes
// deskd's for an age that is only assumed.

// HasPassed reports whether an instant of the time that a was begun in has passed.
func (c Clocks) HasPassed(at time.Time, a plan.Attempt, now time.Time) bool {
	if c.misdates(a.ID) {
		return true
	}
	passed, by := !now.Before(at), false
	for _, f := range c.Former { // oldest first: the first is the clock of then
		switch {
		case f.Mild || a.ID > f.After:
		case f.Start && !f.Witness: // how long deskd was off, neither clock tells
			passed = passed || !f.then(now).Before(at)
			by = true
		case !by:
			passed, by = !f.then(now).Before(at), true
		}
	}
	return passed || !by && a.Began.After(now.Add(Doubted))
}

// misdates reports whether an attempt was begun by a clock that was put right since.
func (c Clocks) misdates(attempt int64) bool { return plan.IsMisdated(c.Misdated, attempt) }

// MayBeLate reports whether a login without effect may still have it at now.
func (c Clocks) MayBeLate(a plan.Attempt, now time.Time) bool {
	return a.Op == plan.OpLogin && !c.HasPassed(a.Began.Add(plan.LateFor), a, now) && !c.HasPassed(a.SessionEnd(), a, now)
}

// AwaitsProof reports whether what a phone shows at now still tells if a, which
// was confirmed, had its effect: a login as long as its session lasts, and a
// logout for a few minutes. A person who shows later may have come by themselves.
func (c Clocks) AwaitsProof(a plan.Attempt, now time.Time) bool {
	if a.Op == plan.OpLogin {
		return !c.HasPassed(a.SessionEnd(), a, now)
	}
	return !c.HasPassed(a.Ended.Add(plan.LateFor), a, now)
}
