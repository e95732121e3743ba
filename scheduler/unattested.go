package scheduler

import (
	"fmt"

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
// (code 25): with Auto Logout the first session ends by itself. Where the configuration
// says that several are allowed (multiple_login), a second one takes nothing. A phone
// that is no desk is seen by nobody; there the phone system's own setting decides.

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
	return fmt.Sprintf("%s is logged in on desk %s, and nobody stands for this booking being theirs but calendar %q, into which others may write: "+
		"log out there, or say what the calendar's server attests (trust)", l.Person, h.Desk, l.Unattested)
}

// unattested holds the login of c if it is nobody's word that would take a session.
func (t twoDesks) unattested(c chain, scenes []scene) chain {
	in := *c.last()
	if in.Op != OpLogin || in.Unattested == "" || t.allowed {
		return c
	}
	for _, s := range scenes {
		if s.Device == in.Device || !s.Known || s.Person == "" || !reservations.SamePerson(s.Person, in.Person) {
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
