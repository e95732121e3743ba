package scheduler

import (
	"fmt"
	"strings"
	"time"

	"deskd/reservations"
)

// The nodes of a cluster copy their database to each other, and behind a load
// balancer a question may meet one that is behind: its answer is older than a
// success of seconds ago, and shows who was on the phone before. To act on it
// would end the session that deskd has just begun, for a logout names the phone
// only. So an answer that contradicts a success is doubt for as long as a node may
// be behind; what the success says stays known, and the phone is asked again:
//
//	10:00:00  login jane: success             believed: jane
//	10:00:02  question: max, who was before   doubt; asked again every 5 s
//	10:00:37  question: jane                  as believed, and verified
//	or
//	10:01:05  question: max, still            not from the past: the login had no effect
//
// A success without effect looks the same for that long. The two cannot be told
// apart sooner: to log in once more would, but restarts the phone of a login that
// merely shows late. A login that is refused because the phone is taken does tell
// that a logout had no effect, or has it later: that is waited for half a minute.
const (
	staleFor = 65 * time.Second // a minute, and the time that a question takes
	showsIn  = 30 * time.Second // an effect that comes after its confirmation
)

// lookAfter is how soon a login or logout is verified by a look.
const lookAfter = 2 * time.Second

// doubtEvery is the time between two looks at a phone in doubt. Nodes that are all
// behind show a session as late as it began and for as long as it lasted: who logs
// out by hand within seconds is not to be logged in again (relogin: never) because
// no look met their session.
const doubtEvery = 5 * time.Second

// doubtLook is the first look at a phone in doubt after now, and the zero time when
// there is none any more: what the last one shows is believed.
func (a Attempt) doubtLook(now time.Time) time.Time {
	for after := lookAfter; ; after = min(after+doubtEvery, staleFor) {
		switch at := a.confirmed().Add(after); {
		case at.After(now):
			return at
		case after == staleFor:
			return time.Time{}
		}
	}
}

// proofs are the newest logins and logouts that the phone system has confirmed, by
// device: by its answer, or because a look showed them.
type proofs map[string]proof

type proof struct {
	Attempt
	refuted bool // a logout, and a login behind it was refused because somebody is on the phone
}

// doubtedFor is how long what contradicts p counts as older.
func (p proof) doubtedFor() time.Duration {
	if p.refuted {
		return showsIn
	}
	return staleFor
}

// note takes in an attempt that has ended, in the order of the journal.
func (p proofs) note(a Attempt) {
	switch was := p[a.Device]; {
	case a.Op == OpHold || a.Cause == CauseProbe:
	case a.Outcome == Done:
		p[a.Device] = proof{Attempt: a}
	case a.Outcome == NoEffect && was.ID == a.ID:
		delete(p, a.Device)
	}
}

// endElsewhere forgets what was confirmed of a's person on other devices: where the
// phone system allows one session, the login a has ended those, and an answer that
// says so is not from the past.
func (p proofs) endElsewhere(a Attempt) {
	for device, last := range p {
		if device != a.Device && last.Op == OpLogin && last.ID < a.ID && reservations.SamePerson(last.Person, a.Person) {
			delete(p, device)
		}
	}
}

// noteProof takes in an attempt that has ended, and what it says of other devices.
func (r *Reconciler) noteProof(a Attempt) {
	r.proofs.note(a)
	r.endElsewhere(a)
}

// endElsewhere takes in what an attempt says of other devices than its own.
func (r *Reconciler) endElsewhere(a Attempt) {
	if a.Op == OpLogin && a.Outcome == Done && r.Policy.MultipleLogin != MultipleAllowed {
		r.proofs.endElsewhere(a)
	}
}

// of is a copy of what is known of one device.
func (p proofs) of(device string) proofs {
	last, ok := p[device]
	if !ok {
		return nil
	}
	return proofs{device: last}
}

// refute notes that somebody is on a device after its logout: a login was refused
// for that.
func (p proofs) refute(device string) {
	if a := p[device]; a.Op == OpLogout {
		a.refuted = true
		p[device] = a
	}
}

// contradicts reports whether h says otherwise than the last success at its
// device, to a question that was put so soon after it that a node which is behind
// may have answered.
func (p proofs) contradicts(h Have, asked time.Time) bool {
	a, ok := p[h.Device]
	return ok && h.Known && h.Exists && asked.Before(a.confirmed().Add(a.doubtedFor())) && !a.shownBy(h)
}

// confirmed is when the success of a was known: by its answer, or by the look that
// took the place of one. A look that may have been from the past does not verify:
// then it is when a was given up.
func (a Attempt) confirmed() time.Time {
	if a.Error == "" || a.Code != 0 || a.Verified.IsZero() {
		return a.Ended
	}
	return a.Verified
}

// shownBy reports whether h shows the effect of a.
func (a Attempt) shownBy(h Have) bool {
	if a.Op == OpLogin {
		return h.Person != "" && reservations.SamePerson(h.Person, a.Person)
	}
	return h.Person == ""
}

// stale reports whether an answer is in doubt. One that shows what an attempt of
// unknown outcome was to bring about is not, nor one that shows a login which was
// thought lost: unless that person was on the phone since, and the answer may show
// them then.
func (r *Reconciler) stale(h Have, asked time.Time) bool {
	if !r.proofs.contradicts(h, asked) {
		return false
	}
	for _, a := range r.open[h.Device] {
		if a.shownBy(h) {
			return false
		}
	}
	late, ok := r.late[h.Device]
	return !ok || !late.shownBy(h) || r.memory.ServedSince(late)
}

// A success without an answer is known by a look, and that may be from the past: who
// was logged in for seconds when the logout was cut off shows as nobody, as before the
// login. It is presumed then, until a look that cannot be older than the request:
//
//	10:00:00  login jane: success
//	10:00:06  logout jane: no answer
//	10:00:18  question: nobody                presumed: the logout
//	10:00:46  question: jane                  doubt, as of any success
//	10:01:21  question: jane, still           the logout had no effect: once more
const presumption = "; presumed: the phone system may have shown what was before"

// presumed reports whether the success of a is.
func (a Attempt) presumed() bool {
	return a.Outcome == Done && a.Verified.IsZero() && strings.HasSuffix(a.Error, presumption)
}

// mayShowPast reports whether h, which shows the effect of an attempt of unknown
// outcome, may be an answer from before the last success: that contradicts it.
func (r *Reconciler) mayShowPast(h Have, a Attempt, asked time.Time) bool {
	return r.proofs[h.Device].ID < a.ID && r.proofs.contradicts(h, asked)
}

// shift moves what is known of the last successes with a clock that has jumped.
func (p proofs) shift(by time.Duration) {
	if by == 0 {
		return
	}
	for device, a := range p {
		a.Attempt = a.Attempt.shifted(by)
		p[device] = a
	}
}

// shifted is a as if it had ended that much later.
func (a Attempt) shifted(by time.Duration) Attempt {
	a.Ended = a.Ended.Add(by)
	if !a.Verified.IsZero() {
		a.Verified = a.Verified.Add(by)
	}
	return a
}

// doubtAnswer sets the next look at a device whose answer is in doubt, and returns
// what stays known of it.
func (r *Reconciler) doubtAnswer(h Have, now time.Time) Have {
	a, known := r.proofs[h.Device], r.seen[h.Device]
	if _, again := r.doubted[h.Device]; !again {
		r.Log.Info("phone shows who was there before: asked again", "cluster", r.Cluster, "desk", known.Desk, "phone", h.Device,
			"step", a.Op, "person", a.Person, "shows", orNobody(h.Person))
	}
	r.doubted[h.Device] = h
	if at := a.doubtLook(now); !at.IsZero() {
		r.lookAt(h.Device, at)
	}
	if !a.shownBy(known) {
		known = after(a.Attempt, known)
	}
	if known.Known = len(r.open[h.Device]) == 0; known.Known {
		known.At = now
		known.Doubt = fmt.Sprintf("in doubt: asked after that %s, the phone system shows %s; it may answer from the past, and is asked again for a minute",
			a.Op, orNobody(h.Person))
	}
	return known
}

// settleDoubt forgets the doubt about a device that has given an answer which
// counts. One that shows the success after all says how far a node is behind.
func (r *Reconciler) settleDoubt(h Have, now time.Time) {
	_, doubted := r.doubted[h.Device]
	delete(r.doubted, h.Device)
	if a := r.proofs[h.Device]; doubted && a.shownBy(h) && now.Sub(r.saidStale) >= saidEvery {
		r.saidStale = now
		r.Log.Warn("phone system answers from the past: one of its nodes is behind", "cluster", r.Cluster,
			"phone", h.Device, "behind", now.Sub(a.confirmed()).Round(time.Second))
	}
}

// mustWait reports whether s has to wait until the doubt about its device is over:
// a logout names the phone, and would end whoever is on it. A login ends nobody,
// and a logout of nobody does nothing. A login that was refused is not repeated.
func (r *Reconciler) mustWait(s Step) bool {
	shown, doubted := r.doubted[s.Device]
	if s.Op == OpLogin {
		return doubted && r.proofs[s.Device].refuted || r.doubtsSession(s)
	}
	return doubted && shown.Person != "" || r.now().Before(r.unsure[s.Device])
}

// doubtsSession reports whether the person of a login is, in doubt, on another
// desk: the login before may have ended that session.
func (r *Reconciler) doubtsSession(s Step) bool {
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
func (r *Reconciler) recallProof(a Attempt, known, now time.Time) {
	if r.proofs[a.Device].ID >= a.ID {
		r.endElsewhere(a) // what went before on other devices has been read again
		return
	}
	r.noteProof(a.shifted(reservations.Earliest(known, now).Sub(a.confirmed())))
	if r.proofs[a.Device].ID == a.ID && (!now.Before(known.Add(staleFor)) || known.After(now.Add(doubted))) {
		delete(r.proofs, a.Device)
	}
	if a.Op == OpLogin && a.Outcome == Refused && a.Class == ClassOccupied {
		if _, late := r.late[a.Device]; !late {
			r.proofs.refute(a.Device)
		}
	}
	if a.Outcome != Done || a.Op == OpHold || a.Cause == CauseProbe {
		return
	}
	delete(r.unproved, a.Device)
	if a.Verified.IsZero() && r.awaitsProof(a, now) {
		r.unproved[a.Device] = a
		r.lookAt(a.Device, now)
	}
}
