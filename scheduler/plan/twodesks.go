package plan

import (
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
)

// One person may have several desks at one time, and sit at one of them. A phone
// system may allow several sessions, refuse the second (code 25), or end the first
// when the second begins (Auto Logout); no answer of it tells which, before it is
// too late for a person who is speaking on the first phone. So the configuration says
// it, and what it does not say is read as one session:
//
//	multiple_login   D1 jane 09:00 to 12:00, D2 jane 10:00 to 11:00
//	---------------  ---------------------------------------------------------------
//	not-allowed,     D2 is held, with the reason, while she is seen on D1 and that
//	auto-logout      booking runs. It is logged in when D1's booking has ended, or
//	                 when D1's phone is not hers: she has logged out there, a person
//	                 else is on it, or her login there came to nothing
//	allowed          both, one after the other
//
// Where the configuration says allowed and the phone system ends the first session
// all the same, they do not take turns: see [onDesk.outdoes].

// onDesk is a person seen on the phone of a desk that they have booked.
type onDesk struct {
	Observation
	from, until time.Time // of that booking
	unattested  bool      // nobody stands for that being theirs
}

// yields reports whether the session on o is left for l.
func (o onDesk) yields(l Login) bool { return o.Ours && o.unattested && l.Unattested == "" }

// overlaps reports whether the booking on o runs, or begins no later than that of l,
// and goes on when that begins.
func (o onDesk) overlaps(l Login, now time.Time) bool {
	return !o.from.After(reservations.Latest(now, l.From)) && o.until.After(l.From)
}

// twoDesks is who was seen on the phones of desks they have booked, by person.
type twoDesks struct {
	on      map[int][]onDesk // by the person's number; of those who are to be logged in
	lost    map[string]bool  // devices whose sessions have vanished together
	allowed bool             // several sessions of one person
}

// serving finds the people who are on the phones of desks they have booked: for a
// booking that runs, no matter who began the session, and for one that begins soon
// where deskd has logged them in for it. What was seen last counts while the phone
// is not known: that a person is gone is not assumed.
func (p *Planner) serving(lines []line) twoDesks {
	t := twoDesks{make(map[int][]onDesk), p.past.Lost, p.policy.MultipleLogin == MultipleAllowed}
	arrives := make(map[int]bool, len(lines))
	for i := range lines {
		if in := lines[i].in; in != 0 {
			arrives[in] = true
		}
	}
	for i := range p.phones {
		if len(arrives) == 0 {
			break
		}
		if ph := &p.phones[i]; ph.serves && arrives[ph.on] {
			l := ph.due()
			t.on[ph.on] = append(t.on[ph.on], onDesk{ph.Observation, l.From, l.Until, l.Unattested != ""})
		}
	}
	return t
}

// first holds the login of c if its person is on another desk of theirs, and one
// session of theirs would end the other. An own session that was to make room for
// the login ends all the same.
func (t twoDesks) first(l *line, now time.Time) {
	in := l.last()
	if l.in == 0 || in.Release.After(now) {
		return
	}
	for _, o := range t.on[l.in] {
		if o.Device == in.Device || !o.overlaps(in.Login, now) || o.yields(in.Login) || t.allowed && !o.outdoes(l.phone.scene, *in) {
			continue
		}
		if out := &l.chain[0]; out.Op == OpLogout && out.Cause == CauseHandover {
			out.Cause, out.Why = CauseEnd, fmt.Sprintf("%s's booking has ended", l.phone.Person)
			l.becomes(l.chain[:1])
		} else {
			l.becomes(hold(in.Login, CauseElsewhere, t.why(*in, o)))
		}
		return
	}
}

// why says why the login in waits for a session on o.
func (t twoDesks) why(in Step, o onDesk) string {
	switch {
	case t.allowed:
		return fmt.Sprintf("two desks at once: %s is logged in on desk %s, and this session ended when that one began, although multiple_login is allowed: see the phone system's Multiple Login Behavior", in.Person, o.Desk)
	case !o.Known:
		return fmt.Sprintf("two desks at once: %s has desk %s until %s and was last seen there; its phone is not known now", in.Person, o.Desk, o.until.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("two desks at once: %s has desk %s until %s and is logged in there (multiple_login: one session at a time)", in.Person, o.Desk, o.until.UTC().Format(time.RFC3339))
}

// outdoes reports whether the session on o seems to have ended the one that in is to
// repair: that one was seen gone no later than a node that is behind shows it.
func (o onDesk) outdoes(s scene, in Step) bool {
	gone := s.Since.Sub(o.Since)
	return in.Cause == CauseVanished && o.Ours && gone >= 0 && gone <= StaleFor+LookAfter
}

// goesOn lets the login of a person who has logged out by hand at one desk of theirs
// go behind the one at another that is due as well: that is where they went.
// Sessions that were lost in an outage are put back first.
func (t twoDesks) goesOn(lines []line, now time.Time) {
	if t.allowed {
		return
	}
	vanished := func(l *line) bool { return l.in != 0 && l.last().Cause == CauseVanished }
	if !slices.ContainsFunc(lines, func(l line) bool { return vanished(&l) }) {
		return
	}
	due := make(map[int]*Step) // person → a login that is due and begins a booking
	for i := range lines {
		l := &lines[i]
		if in := l.last(); l.in != 0 && !vanished(l) && !in.From.After(now) && !l.waits[len(l.chain)-1].until.After(now) {
			due[l.in] = in
		}
	}
	for i := range lines {
		l := &lines[i]
		if other := due[l.in]; vanished(l) && other != nil && !t.lost[l.last().Device] {
			l.last().Due = reservations.Latest(l.last().Due, other.Due.Add(time.Second))
		}
	}
}

// oneByOne lets the login of a person who has just been logged in on another desk
// wait until that was seen.
func (t twoDesks) oneByOne(lines []line) {
	for i := range lines {
		in := lines[i].last()
		for _, o := range t.on[lines[i].in] {
			if o.Device != in.Device && !o.At.After(o.Since) {
				in.NotBefore = reservations.Latest(in.NotBefore, o.Since.Add(LookAfter))
			}
		}
	}
}
