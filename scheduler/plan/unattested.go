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
func (t twoDesks) unattested(l *line, phones []phone) {
	in := l.last()
	if l.in == 0 || in.Unattested == "" || t.allowed {
		return
	}
	for i := range phones {
		ph := &phones[i]
		if ph.on != l.in || ph.Device == in.Device {
			continue
		}
		due := ph.due()
		theirs := due != nil && reservations.SamePerson(due.Person, in.Person)
		if !theirs {
			due = &Login{}
		}
		if in.leaves(ph.Observation, *due, theirs) {
			l.endsOr(hold(in.Login, CauseElsewhere, in.unbelieved(ph.Observation)))
			return
		}
	}
}

// endsOr makes a line a hold, but for a session that is over, which ends all the same.
func (l *line) endsOr(h chain) {
	if out := l.chain[0]; out.Op == OpLogout && out.Cause != CauseStranger {
		h = l.chain[:1]
	}
	l.becomes(h)
}

// attestedFirst holds the logins for bookings that nobody stands for while one of the same
// person goes out, or runs, on another desk for a booking of theirs: it would take the first
// session, and be in the way of the second.
func (t twoDesks) attestedFirst(lines []line, now time.Time) {
	isUnattested := func(l line) bool { return l.in != 0 && l.last().Unattested != "" }
	if t.allowed || !slices.ContainsFunc(lines, isUnattested) {
		return
	}
	attested := make(map[int]*Step)
	for i := range lines {
		if l := &lines[i]; l.in != 0 && !isUnattested(*l) && !l.last().Release.After(now) {
			attested[l.in] = l.last()
		}
	}
	for i := range lines {
		l := &lines[i]
		other := attested[l.in]
		if in := l.last(); isUnattested(*l) && other != nil && other.Device != in.Device && other.From.Before(in.Until) {
			l.endsOr(hold(in.Login, CauseElsewhere, fmt.Sprintf("two desks at once: %s has booked desk %s as well, and nobody stands for this booking being theirs but calendar %q",
				in.Person, other.Desk, in.Unattested)))
		}
	}
}

// unasked says why the login of l is held while nobody knows where its person is.
func (l Login) unasked(doubt string) string {
	return fmt.Sprintf("the phone system has not said where %s is logged in, and nobody stands for this booking being theirs but calendar %q, "+
		"into which others may write: it is asked again (%s)", l.Person, l.Unattested, doubt)
}
