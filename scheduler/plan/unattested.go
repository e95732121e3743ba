package plan

import (
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
)

// leaves reports whether the session h, of the person of l, is left to them although l
// wants them elsewhere. Due is the booking they have there, if any.
func (l Login) leaves(h Observation, due Login, any bool) bool {
	switch {
	case l.Unattested == "":
		return false
	case !h.Ours:
		return true
	}
	return any && (due.Unattested == "" || !due.From.After(l.From))
}

// unbelieved says why the login of l is held for the session h.
func (l Login) unbelieved(h Observation) string {
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
		if !in.leaves(s.Observation, *due, theirs) {
			continue
		}
		if c[0].Op == OpLogout && c[0].Cause != CauseStranger {
			return c[:1] // a session that is over ends all the same
		}
		return hold(in.Login, CauseElsewhere, in.unbelieved(s.Observation))
	}
	return c
}

// attestedFirst holds the logins for bookings that nobody stands for while one of the same
// person goes out, or runs, on another desk for a booking of theirs: it would take the first
// session, and be in the way of the second.
func (t twoDesks) attestedFirst(chains []chain, now time.Time) {
	isUnattested := func(c chain) bool { return c.last().Op == OpLogin && c.last().Unattested != "" }
	if t.allowed || !slices.ContainsFunc(chains, isUnattested) {
		return
	}
	attested := make(map[string]Login)
	for _, c := range chains {
		in := c.last()
		if in.Op == OpLogin && in.Unattested == "" && !in.Release.After(now) {
			attested[in.PersonKey()] = in.Login
		}
	}
	for i, c := range chains {
		in := *c.last()
		other, ok := attested[in.PersonKey()]
		if !isUnattested(c) || !ok || other.Device == in.Device || !other.From.Before(in.Until) {
			continue
		}
		if c[0].Op == OpLogout && c[0].Cause != CauseStranger {
			chains[i] = c[:1] // a session that is over ends all the same
			continue
		}
		chains[i] = hold(in.Login, CauseElsewhere, fmt.Sprintf("two desks at once: %s has booked desk %s as well, and nobody stands for this booking being theirs but calendar %q",
			in.Person, other.Desk, in.Unattested))
	}
}

// unasked says why the login of l is held while nobody knows where its person is.
func (l Login) unasked(doubt string) string {
	return fmt.Sprintf("the phone system has not said where %s is logged in, and nobody stands for this booking being theirs but calendar %q, "+
		"into which others may write: it is asked again (%s)", l.Person, l.Unattested, doubt)
}
