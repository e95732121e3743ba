package scheduler

import (
	"time"

	"deskd/scheduler/plan"
)

// How long ago an attempt was is asked to tell what a phone shows from what deskd
// has done there: who appears within minutes of a login that seemed lost is deskd's
// own, and who appears hours later has come by themselves. By a clock that was set
// back, an attempt of this morning is one of a moment ago. So its age counts by the
// clock it was begun by, and what has no date is old: nobody's session becomes
// deskd's for an age that is only assumed.

// hasPassed reports whether an instant of the time that a was begun in has passed.
func (r *Reconciler) hasPassed(at time.Time, a plan.Attempt, now time.Time) bool {
	if r.jump.misdates(a.ID) {
		return true
	}
	passed, by := !now.Before(at), false
	for _, f := range r.jump.Former { // oldest first: the first is the clock of then
		switch {
		case f.Mild || a.ID > f.After:
		case f.Start && !f.Witness: // how long deskd was off, neither clock tells
			passed = passed || !f.then(now).Before(at)
			by = true
		case !by:
			passed, by = !f.then(now).Before(at), true
		}
	}
	return passed || !by && a.Began.After(now.Add(doubted))
}

// misdates reports whether an attempt was begun by a clock that was put right since.
func (c Clocks) misdates(attempt int64) bool { return plan.IsMisdated(c.Misdated, attempt) }

// mayBeLate reports whether a login without effect may still have it at now.
func (r *Reconciler) mayBeLate(a plan.Attempt, now time.Time) bool {
	return a.Op == plan.OpLogin && !r.hasPassed(a.Began.Add(plan.LateFor), a, now) && !r.hasPassed(a.SessionEnd(), a, now)
}

// awaitsProof reports whether what a phone shows at now still tells if a, which
// was confirmed, had its effect: a login as long as its session lasts, and a
// logout for a few minutes. Whoever shows later may have come by themselves.
func (r *Reconciler) awaitsProof(a plan.Attempt, now time.Time) bool {
	if a.Op == plan.OpLogin {
		return !r.hasPassed(a.SessionEnd(), a, now)
	}
	return !r.hasPassed(a.Ended.Add(plan.LateFor), a, now)
}
