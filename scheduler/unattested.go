package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/reservations"
)

// Most calendar servers take ORGANIZER as they get it: who can write one event into a
// calendar of the house can book a desk for anybody, and a login there ends, or asks
// for the end of, the session that person has elsewhere. So a booking that nobody
// stands for (see [reservations.Feed.Attests]) takes no session:
//
//	the person is seen on another desk          the login
//	logged in by hand                           is held
//	by deskd, for a booking that is attested    is held
//	by deskd, for one that began earlier        is held
//	by deskd, for another one, or one over      goes out
//
// And a session of deskd's that nobody stands for gives way to a booking that is known
// to be the person's: else an event that begins a minute before it would keep them
// from their own desk.
//
// What is seen decides before a login goes out, not only what the phone system refuses
// (code 25): with Auto Logout the first session ends by itself. What was seen last
// counts while a phone is not known. And what is seen may be as old as the last sweep,
// so that right before such a login the phone system is asked where its person is
// (userDevicesQuery): one question for each. A session that deskd has not seen holds
// the login as a refusal would, also one on a phone that is no desk; so does a question
// without an answer, for half a minute. Where the configuration says that several
// sessions are allowed (multiple_login), a second one takes nothing, and nothing is asked.

// leaves reports whether the session h, of the person of l, is left to them although l
// wants them elsewhere. Due is the booking they have there, if any.
func (l Login) leaves(h Have, due Login, any bool) bool {
	switch {
	case l.Unattested == "":
		return false
	case !h.Ours:
		return true
	}
	return any && (due.Unattested == "" || !due.From.After(l.From))
}

// unbelieved says why the login of l is held for the session h.
func (l Login) unbelieved(h Have) string {
	is := "is logged in on desk " + h.Desk
	if !h.Known {
		is = fmt.Sprintf("was last seen on desk %s, whose phone is not known now", h.Desk)
	}
	return fmt.Sprintf("%s %s, and nobody stands for this booking being theirs but calendar %q, into which others may write: "+
		"log out there, or say what the calendar's server attests (trust)", l.Person, is, l.Unattested)
}

// unattested holds the login of c if it is nobody's word that would take a session.
func (t twoDesks) unattested(c chain, scenes []scene) chain {
	in := *c.last()
	if in.Op != OpLogin || in.Unattested == "" || t.allowed {
		return c
	}
	for _, s := range scenes {
		if s.Device == in.Device || s.Person == "" || !reservations.SamePerson(s.Person, in.Person) {
			continue
		}
		due := s.due()
		theirs := due != nil && reservations.SamePerson(due.Person, in.Person)
		if !theirs {
			due = &Login{}
		}
		if !in.leaves(s.Have, *due, theirs) {
			continue
		}
		if c[0].Op == OpLogout && c[0].Cause != CauseStranger {
			return c[:1] // a session that is over ends all the same
		}
		return hold(in.Login, CauseElsewhere, in.unbelieved(s.Have))
	}
	return c
}

// away is where a person is on whose account a login was refused, or not sent.
type away struct {
	Away
	at time.Time // when that was asked; zero when it is still to be
}

// doubtsPerRound is how many of those doubts a round asks about: one after the other.
const doubtsPerRound = 20

// again is when it is asked anew.
func (a away) again() time.Time {
	if a.Doubt != "" {
		return a.at.Add(lookAgain)
	}
	return a.at.Add(whereEvery)
}

// unasked says why the login of l is held while nobody knows where its person is.
func (l Login) unasked(doubt string) string {
	return fmt.Sprintf("the phone system has not said where %s is logged in, and nobody stands for this booking being theirs but calendar %q, "+
		"into which others may write: it is asked again (%s)", l.Person, l.Unattested, doubt)
}

// weighs are the phones on which the person of s is known to have a session of deskd's
// that the plan has weighed s against; nil when s is a step that takes no session.
func (r *Reconciler) weighs(s Step) map[string]bool {
	if s.Op != OpLogin || s.Unattested == "" || r.Policy.MultipleLogin == MultipleAllowed {
		return nil
	}
	on := map[string]bool{s.Device: true}
	for device, h := range r.seen {
		if h.Ours && reservations.SamePerson(h.Person, s.Person) {
			on[device] = true
		}
	}
	return on
}

// elsewhereNow asks where the person of j is, if nobody stands for the booking being
// theirs. It returns nil when they have no session but those that j was weighed
// against. The error concerns all requests to the cluster.
func (r *Reconciler) elsewhereNow(ctx context.Context, j job) (*away, error) {
	if j.weighs == nil {
		return nil, nil
	}
	on, err := r.Access.Where(ctx, j.Person)
	switch {
	case halts(err), errors.Is(err, ErrNotSent):
		return nil, err
	case err != nil:
		return &away{Away: Away{Doubt: err.Error()}}, nil //nolint:nilerr // it says nothing about other requests
	}
	for _, device := range on {
		if !j.weighs[device] {
			return &away{Away: Away{On: on}}, nil
		}
	}
	return nil, nil
}

// noteAway notes where a person is, and has those phones looked at.
func (r *Reconciler) noteAway(person string, a away, now time.Time) {
	a.at = now
	r.away[person] = a
	for _, device := range a.On {
		if _, managed := r.seen[device]; managed {
			r.lookAt(device, now)
		}
	}
}

// takeUnsent takes in why nothing was sent.
func (r *Reconciler) takeUnsent(ctx context.Context, s sent) {
	switch now := r.now(); {
	case s.away != nil:
		r.noteAway(s.job.personKey(), *s.away, now)
	case s.stale && s.stops():
		r.quiet(ctx, s.answer, now)
	case s.stale: // one of the two answers may be from the past: no third one at once
		r.unsure[s.job.Device] = now.Add(lookAfter)
		r.lookAt(s.job.Device, r.unsure[s.job.Device])
	case errors.Is(s.answer, ErrPaused):
		r.read = time.Time{}
	}
}
