package plan

import (
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
	StaleFor = 65 * time.Second // a minute, and the time that a question takes
	showsIn  = 30 * time.Second // an effect that comes after its confirmation
)

// LookAfter is how soon a login or logout is verified by a look.
const LookAfter = 2 * time.Second

// doubtEvery is the time between two looks at a phone in doubt. Nodes that are all
// behind show a session as late as it began and for as long as it lasted: who logs
// out by hand within seconds is not to be logged in again (relogin: never) because
// no look met their session.
const doubtEvery = 5 * time.Second

// DoubtLook is the first look at a phone in doubt after now, and the zero time when
// there is none any more: what the last one shows is believed.
func (a Attempt) DoubtLook(now time.Time) time.Time {
	for after := LookAfter; ; after = min(after+doubtEvery, StaleFor) {
		switch at := a.Confirmed().Add(after); {
		case at.After(now):
			return at
		case after == StaleFor:
			return time.Time{}
		}
	}
}

// Proofs are the newest logins and logouts that the phone system has confirmed, by
// device: by its answer, or because a look showed them.
type Proofs map[string]Proof

// Proof is a success, and whether something has shown since that it may have had no effect.
type Proof struct {
	Attempt
	Refuted bool // a logout, and a login behind it was refused because a person is on the phone
}

// doubtedFor is how long what contradicts p counts as older.
func (p Proof) doubtedFor() time.Duration {
	if p.Refuted {
		return showsIn
	}
	return StaleFor
}

// Note takes in an attempt that has ended, in the order of the journal.
func (p Proofs) Note(a Attempt) {
	switch was := p[a.Device]; {
	case a.Op == OpHold || a.Cause == CauseProbe:
	case a.Outcome == Done:
		p[a.Device] = Proof{Attempt: a}
	case a.Outcome == NoEffect && was.ID == a.ID:
		delete(p, a.Device)
	}
}

// EndElsewhere forgets what was confirmed of a's person on another device: where the
// phone system allows one session, the login a has ended that one, and an answer that
// says so is not from the past.
func (p Proofs) EndElsewhere(a Attempt, device string) {
	if last := p[device]; device != a.Device && last.Op == OpLogin && last.ID < a.ID && reservations.SamePerson(last.Person, a.Person) {
		delete(p, device)
	}
}

// Of is a copy of what is known of one device.
func (p Proofs) Of(device string) Proofs {
	last, ok := p[device]
	if !ok {
		return nil
	}
	return Proofs{device: last}
}

// Refute notes that a person is on a device after its logout: a login was refused
// for that.
func (p Proofs) Refute(device string) {
	if a := p[device]; a.Op == OpLogout {
		a.Refuted = true
		p[device] = a
	}
}

// Contradicts reports whether h says otherwise than the last success at its
// device, to a question that was put so soon after it that a node which is behind
// may have answered.
func (p Proofs) Contradicts(h Observation, asked time.Time) bool {
	a, ok := p[h.Device]
	return ok && h.Known && h.Exists && asked.Before(a.Confirmed().Add(a.doubtedFor())) && !a.ShownBy(h)
}

// Confirmed is when the success of a was known: by its answer, or by the look that
// took the place of one. A look that may have been from the past does not verify:
// then it is when a was given up.
func (a Attempt) Confirmed() time.Time {
	if a.Error == "" || a.Code != 0 || a.Verified.IsZero() {
		return a.Ended
	}
	return a.Verified
}

// ShownBy reports whether h shows the effect of a.
func (a Attempt) ShownBy(h Observation) bool {
	if a.Op == OpLogin {
		return h.Person != "" && reservations.SamePerson(h.Person, a.Person)
	}
	return h.Person == ""
}

// Presumption ends the error of a success that is presumed. A success without an
// answer is known by a look, and that may be from the past: who
// was logged in for seconds when the logout was cut off shows as nobody, as before the
// login. It is presumed then, until a look that cannot be older than the request:
//
//	10:00:00  login jane: success
//	10:00:06  logout jane: no answer
//	10:00:18  question: nobody                presumed: the logout
//	10:00:46  question: jane                  doubt, as of any success
//	10:01:21  question: jane, still           the logout had no effect: once more
const Presumption = "; presumed: the phone system may have shown what was before"

// Presumed reports whether the success of a is.
func (a Attempt) Presumed() bool {
	return a.Outcome == Done && a.Verified.IsZero() && strings.HasSuffix(a.Error, Presumption)
}

// Shift moves what is known of the last successes with a clock that has jumped.
func (p Proofs) Shift(by time.Duration) {
	if by == 0 {
		return
	}
	for device, a := range p {
		a.Attempt = a.Attempt.Shifted(by)
		p[device] = a
	}
}

// Shifted is a as if it had ended that much later.
func (a Attempt) Shifted(by time.Duration) Attempt {
	a.Ended = a.Ended.Add(by)
	if !a.Verified.IsZero() {
		a.Verified = a.Verified.Add(by)
	}
	return a
}
