package scheduler

import (
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// noteProof takes in an attempt that has ended, and what it says of other devices.
func (r *Reconciler) noteProof(a plan.Attempt) {
	r.proofs.Note(a)
	r.endElsewhere(a)
}

// endElsewhere takes in what an attempt says of other devices than its own.
func (r *Reconciler) endElsewhere(a plan.Attempt) {
	if a.Op == plan.OpLogin && a.Outcome == plan.Done && r.Policy.MultipleLogin != plan.MultipleAllowed {
		r.proofs.EndElsewhere(a)
	}
}

// stale reports whether an answer is in doubt. One that shows what an attempt of
// unknown outcome was to bring about is not, nor one that shows a login which was
// thought lost: unless that person was on the phone since, and the answer may show
// them then.
func (r *Reconciler) stale(h plan.Have, asked time.Time) bool {
	if !r.proofs.Contradicts(h, asked) {
		return false
	}
	for _, a := range r.open[h.Device] {
		if a.ShownBy(h) {
			return false
		}
	}
	late, ok := r.late[h.Device]
	return !ok || !late.ShownBy(h) || r.history.ServedSince(late)
}

// mayShowPast reports whether h, which shows the effect of an attempt of unknown
// outcome, may be an answer from before the last success: that contradicts it.
func (r *Reconciler) mayShowPast(h plan.Have, a plan.Attempt, asked time.Time) bool {
	return r.proofs[h.Device].ID < a.ID && r.proofs.Contradicts(h, asked)
}

// doubtAnswer sets the next look at a device whose answer is in doubt, and returns
// what stays known of it.
func (r *Reconciler) doubtAnswer(h plan.Have, now time.Time) plan.Have {
	a, known := r.proofs[h.Device], r.seen[h.Device]
	if _, again := r.doubted[h.Device]; !again {
		r.Log.Info("phone shows who was there before: asked again", "cluster", r.Cluster, "desk", known.Desk, "phone", h.Device,
			"step", a.Op, "person", a.Person, "shows", plan.OrNobody(h.Person))
	}
	r.doubted[h.Device] = h
	if at := a.DoubtLook(now); !at.IsZero() {
		r.lookAt(h.Device, at)
	}
	if !a.ShownBy(known) {
		known = after(a.Attempt, known)
	}
	if known.Known = len(r.open[h.Device]) == 0; known.Known {
		known.At = now
		known.Doubt = fmt.Sprintf("in doubt: asked after that %s, the phone system shows %s; it may answer from the past, and is asked again for a minute",
			a.Op, plan.OrNobody(h.Person))
	}
	return known
}

// settleDoubt forgets the doubt about a device that has given an answer which
// counts. One that shows the success after all says how far a node is behind.
func (r *Reconciler) settleDoubt(h plan.Have, now time.Time) {
	_, doubted := r.doubted[h.Device]
	delete(r.doubted, h.Device)
	if a := r.proofs[h.Device]; doubted && a.ShownBy(h) && now.Sub(r.saidStale) >= saidEvery {
		r.saidStale = now
		r.Log.Warn("phone system answers from the past: one of its nodes is behind", "cluster", r.Cluster,
			"phone", h.Device, "behind", now.Sub(a.Confirmed()).Round(time.Second))
	}
}

// mustWait reports whether s has to wait until the doubt about its device is over:
// a logout names the phone, and would end whoever is on it. A login ends nobody,
// and a logout of nobody does nothing. A login that was refused is not repeated.
func (r *Reconciler) mustWait(s plan.Step) bool {
	shown, doubted := r.doubted[s.Device]
	if s.Op == plan.OpLogin {
		return doubted && r.proofs[s.Device].Refuted || r.doubtsSession(s)
	}
	return doubted && shown.Person != "" || r.now().Before(r.unsure[s.Device])
}

// doubtsSession reports whether the person of a login is, in doubt, on another
// desk: the login before may have ended that session.
func (r *Reconciler) doubtsSession(s plan.Step) bool {
	for device := range r.doubted {
		if h := r.seen[device]; device != s.Device && h.Ours && reservations.SamePerson(h.Person, s.Person) {
			return true
		}
	}
	return false
}

// recallProof takes in from the journal what the phone system has confirmed, and
// what a look has still to show: a process may have died before. What is known
// already stays. What is too old to be contradicted by a node that is behind is left
// out, and what went before it. Known is when it was confirmed, by the clock of now.
func (r *Reconciler) recallProof(a plan.Attempt, known, now time.Time) {
	if r.proofs[a.Device].ID >= a.ID {
		r.endElsewhere(a) // what went before on other devices has been read again
		return
	}
	r.noteProof(a.Shifted(reservations.Earliest(known, now).Sub(a.Confirmed())))
	if r.proofs[a.Device].ID == a.ID && (!now.Before(known.Add(plan.StaleFor)) || known.After(now.Add(doubted))) {
		delete(r.proofs, a.Device)
	}
	if a.Op == plan.OpLogin && a.Outcome == plan.Refused && a.Class == plan.ClassOccupied {
		if _, late := r.late[a.Device]; !late {
			r.proofs.Refute(a.Device)
		}
	}
	if a.Outcome != plan.Done || a.Op == plan.OpHold || a.Cause == plan.CauseProbe {
		return
	}
	delete(r.unproved, a.Device)
	if a.Verified.IsZero() && r.awaitsProof(a, now) {
		r.unproved[a.Device] = a
		r.lookAt(a.Device, now)
	}
}
