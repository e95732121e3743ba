package plan

import (
	"fmt"
	"time"

	"deskd/reservations"
)

// Plan compares the logins that should be with what the devices show and
// returns the steps that close the difference, in the order they are to be
// sent. It is pure: the same arguments give the same steps, and planning again
// on what the steps lead to gives none.
//
// The decisions, with seen and wanted per device:
//
//	seen at the device     | wanted: Jane                    | wanted: nobody
//	-----------------------+---------------------------------+---------------------------
//	nobody                 | login                           | –
//	nobody, Jane was on    | relogin: always, outage, never  | –
//	Jane                   | –                               | own: logout after grace
//	                       |                                 | else walkups: leave, end
//	Max, own, ended        | logout Max, login Jane          | logout
//	Max, came by himself,  | logout Max, login Jane          | walkups
//	     booking has ended |                                 |
//	Max, a stranger        | stranger: takeover, wait, leave | walkups
//	Max, a visitor (EMCC)  | hold                            | –
//	unknown, no such phone | hold                            | hold, if there was a session
//
// A booking that nobody stands for but a calendar takes no session that its person has
// on another desk: its login is held.
//
// A booking of a feed that is not in the configuration asks for nothing: a person
// who is logged in for it stays to its end, and nobody else is logged in or out.
// Nobody is logged in while they are on the phone of another desk they have booked,
// unless the phone system allows several sessions (multiple_login, twodesks.go).
//
// A step whose NotBefore is after now waits: the caller comes back then. The
// order is: logins by due instant, each behind the logouts that make room for
// it; then other logouts; then holds.
func Plan(in Input, p Policy, now time.Time) []Step {
	planner := NewPlanner(p)
	planner.Manage(in.Observed)
	planner.Want(in.Want)
	planner.past = known{in.History, in.Facts} // the news of the history are another planner's
	return planner.Plan(Round{Now: now, Pace: p.Pace, Service: in.Service, UnderWay: in.UnderWay, Away: in.Away})
}

// decide is the policy table for one device.
func decide(s scene, m known, p Policy, now time.Time) chain {
	switch {
	case !s.Known || !s.Exists:
		return s.blind()
	case s.current != nil && s.current.Doubt != "":
		return hold(*s.current, CauseNoPerson, s.current.Doubt)
	case s.current != nil && s.current.Orphan != "":
		return s.orphaned(*s.current, m)
	case s.current != nil && s.current.Person != "":
		return s.booked(*s.current, m, p, now)
	case s.current != nil:
		return s.occupied()
	default:
		return s.free(p, now)
	}
}

// once turns c into a hold until then if it would undo or repeat what was done at
// an instant that is still to come: the clock was set back since. A login on a
// phone that shows nobody undoes nothing, and takes nothing from anybody.
func (s scene) once(c chain, m known, now time.Time) chain {
	if s.Person == "" {
		return c
	}
	for _, step := range c {
		at := m.ahead(step.Login, now)
		if step.Op == OpHold || at.IsZero() {
			continue
		}
		l, _ := s.subject()
		c = hold(l, CauseClock, fmt.Sprintf("the clock was set back: deskd has logged %s in or out here at %s, which is still to come",
			step.Person, at.UTC().Format(time.RFC3339)))
		c[0].NotBefore = at
		return c
	}
	return c
}

// blind holds a device whose state is not known, if there is anything to do
// there. Doubt never logs anybody out, and never in.
func (s scene) blind() chain {
	l, booked := s.subject()
	if !booked && !s.Ours {
		return nil
	}
	if s.Known && s.Observation.Doubt != "" {
		return hold(l, CauseNoDevice, s.Observation.Doubt)
	}
	if s.Known {
		return hold(l, CauseNoDevice, "the phone system does not know this device: check the desk's device name and the phone")
	}
	why := "the phone system has not said who is on this device"
	if s.Observation.Doubt != "" {
		why += ": " + s.Observation.Doubt
	}
	return hold(l, CauseUnknown, why)
}

// booked decides for a device whose desk is l's now.
func (s scene) booked(l Login, m known, p Policy, now time.Time) chain {
	if s.Person != "" && reservations.SamePerson(s.Person, l.Person) {
		return nil
	}
	served, _ := m.Served(l)
	// To ten seconds: a booking of just that length must not miss by its own login.
	if l.Through.Sub(now).Round(Rounding) < p.MinLeft {
		if s.Ours && s.Person != "" {
			return chain{s.logout(l, CauseEnd, fmt.Sprintf("%s's booking has ended", s.Person))}
		}
		if served || m.Tried(l.Reservation) {
			return nil // the reason is recorded already
		}
		return hold(l, CauseTooLate, fmt.Sprintf("less than %s of the booking is left", p.MinLeft))
	}
	in := login(l, p, CauseStart, begins(l, now))
	if s.Person == "" {
		return s.empty(in, m, p, now)
	}
	if s.Ours || s.Reservation != "" {
		return chain{s.logout(l, CauseHandover, fmt.Sprintf("%s's booking has ended and %s's starts", s.Person, l.Person)), in}
	}
	return s.stranger(in, p)
}

// begins says how far a booking is at now whose login is due.
func begins(l Login, now time.Time) string {
	if l.From.Add(StartingFor).After(now) {
		return "the booking starts"
	}
	return "the booking has started"
}

// empty decides for a booked desk with nobody on the phone.
func (s scene) empty(in Step, m known, p Policy, now time.Time) chain {
	served, expires := m.Served(in.Login)
	switch {
	case p.Stranger == StrangerLeave && m.GivenUp(in.Login, now):
		return hold(in.Login, CauseStranger, "the desk was left to a stranger at the booking's start (stranger: leave)")
	case !served:
		return chain{in}
	case !now.Before(expires):
		in.Cause, in.Why = CauseExpired, "the session's own time was over before the booking"
		return chain{in}
	case m.Units != "":
		return hold(in.Login, CauseUnit, m.Units)
	case p.Relogin == ReloginAlways, p.Relogin == ReloginOutage && m.Lost[in.Device]:
		in.Cause, in.Why = CauseVanished, fmt.Sprintf("logged in for this booking, but nobody is on the phone (relogin: %s)", p.Relogin)
		return chain{in}
	default:
		return hold(in.Login, CauseVanished, fmt.Sprintf("logged in for this booking, and nobody is on the phone any more (relogin: %s)", p.Relogin))
	}
}

// stranger decides for a booked desk with another person's session that deskd
// did not begin.
func (s scene) stranger(in Step, p Policy) chain {
	in.Cause = CauseStranger
	if s.Visitor {
		return s.visited(in.Login)
	}
	who := fmt.Sprintf("%s is on the phone without a booking of this desk (stranger: %s)", s.Person, p.Stranger)
	if s.spares(in.Login) {
		return hold(in.Login, CauseStranger, fmt.Sprintf("%s was on the phone when the database was restored or taken over: a booking that begins later ends that", s.Person))
	}
	if p.Stranger != StrangerTakeover {
		return hold(in.Login, CauseStranger, who)
	}
	in.Why += "; " + who
	in.NotBefore, in.Release = in.From, in.From // never before the booking is theirs
	return chain{s.logout(in.Login, CauseStranger, who), in}
}

// orphaned decides for a desk whose booking l is of a feed that is not in the
// configuration, and that nobody reads any more. Its calendar may have cancelled
// the booking long ago, so that nobody is logged in by it; nor is anybody logged
// out by it whom deskd has logged in for it before.
func (s scene) orphaned(l Login, m known) chain {
	if s.Ours && s.Person != "" {
		if served, _ := m.Served(l); served && reservations.SamePerson(s.Person, l.Person) {
			return nil
		}
		return chain{s.logout(l, CauseEnd, fmt.Sprintf("%s's booking has ended", s.Person))}
	}
	return hold(l, CauseNoFeed, fmt.Sprintf("the booking is of feed %q, which is not in the configuration: deskd feed rename or deskd feed drop says what becomes of it", l.Orphan))
}

// occupied decides for a desk that is taken by a person a feed did not name:
// the one on the phone may be that person, so only own sessions end.
func (s scene) occupied() chain {
	if s.Person == "" || !s.Ours {
		return nil
	}
	return chain{s.logout(*s.current, CauseEnd, fmt.Sprintf("%s's booking has ended", s.Person))}
}

// free decides for a desk without a running booking.
func (s scene) free(p Policy, now time.Time) chain {
	var in chain
	if s.next != nil && s.next.Person != "" && s.next.Doubt == "" && s.next.Orphan == "" && s.next.Through.Sub(s.next.From) >= p.MinLeft {
		in = chain{login(*s.next, p, CauseStart, "the booking starts")}
	}
	switch {
	case s.Person == "":
		return in
	case s.Visitor:
		return s.visiting(p)
	case s.next != nil && s.next.Orphan == "" && reservations.SamePerson(s.Person, s.next.Person):
		return nil // stays for the next booking, or came early by themselves
	case s.Ours:
		return append(chain{s.end(p)}, in...)
	case p.Walkups == WalkupsEnd && !s.Spared:
		why := fmt.Sprintf("%s is on the phone of a desk nobody has booked (walkups: end)", s.Person)
		return append(chain{s.logout(Login{Until: now}, CauseWalkup, why)}, in...)
	default:
		return nil // a walk-up may stay until the next booking really starts
	}
}

// end is the logout of an own session on a free desk: after the grace, or in
// time for the next person.
func (s scene) end(p Policy) Step {
	out := s.logout(Login{}, CauseEnd, fmt.Sprintf("%s's booking has ended", s.Person))
	if s.ended != nil && reservations.SamePerson(s.ended.Person, s.Person) {
		out.Reservation = s.ended.Reservation
		out.NotBefore = s.ended.Until.Add(p.Grace)
		out.Due = out.NotBefore
	}
	return out
}

// login is the step that begins l, due when the phone has just the time to be
// ready at the booking's start.
func login(l Login, p Policy, c Cause, why string) Step {
	return Step{Op: OpLogin, Login: l, Cause: c, Why: why, Due: l.From.Add(-p.Ready), NotBefore: l.Release}
}

// logout is the step that ends the session on s's device at once: see [chain.atOnce].
// For is the booking that wants the desk, or the zero Login.
func (s scene) logout(forBooking Login, c Cause, why string) Step {
	l := Login{Desk: s.Desk, Device: s.Device, Person: s.Person, Reservation: s.Reservation, Until: forBooking.Until}
	return Step{Op: OpLogout, Login: l, Cause: c, Why: why}
}
