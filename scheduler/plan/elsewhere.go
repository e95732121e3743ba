package plan

import (
	"fmt"
	"time"

	"deskd/reservations"
)

// sight is what is known around a login that was refused because its person is
// logged in on other devices.
type sight struct {
	on      []string               // those devices, as the phone system said
	seen    map[string]Observation // those of them that are managed; the others are nobody's business
	current map[string]Login       // the booking that runs, by device
	// own are the person's bookings that run, or begin no later than that of the
	// login. Two that begin together would else take turns until then.
	own map[string]Login
	// due are all bookings of theirs that are not over.
	due map[string]Login
}

// around is what is known around a login whose person is on other devices.
func (p *Planner) around(login Step, on []string, now time.Time) sight {
	s := sight{on, make(map[string]Observation, len(on)), make(map[string]Login), make(map[string]Login), make(map[string]Login)}
	for _, device := range on {
		if i, managed := p.index[device]; managed {
			s.seen[device] = p.phones[i].Observation
		}
	}
	for _, l := range p.want {
		if !l.Until.After(now) {
			continue
		}
		if !l.From.After(now) {
			s.current[l.Device] = l
		}
		if _, first := s.due[l.Device]; !first && l.PersonKey() == login.PersonKey() {
			s.due[l.Device] = l
		}
		// A booking of a feed that is not configured keeps nobody from another one.
		if l.Orphan == "" && l.PersonKey() == login.PersonKey() && !l.From.After(reservations.Latest(now, login.From)) {
			s.own[l.Device] = l
		}
	}
	return s
}

// elsewhere answers a login refused for a session on other devices: the
// logouts that move the person here with the login behind them, or a hold that
// says why not. A session is ended only if deskd began it, or if it is on a
// managed desk nobody has booked, and then only for a booking that is known to be
// the person's; of two bookings of one person at one time,
// the one that is logged in stays.
func relocate(in Step, s sight, p Policy, now time.Time) chain {
	refuse := func(why string) chain { return hold(in.Login, CauseElsewhere, why) }
	if p.Elsewhere == ElsewhereRefuse {
		return refuse(fmt.Sprintf("%s is logged in elsewhere (elsewhere: refuse)", in.Person))
	}
	var steps chain
	for _, device := range s.on {
		if device == in.Device {
			continue
		}
		h, managed := s.seen[device]
		booking, booked := s.current[device]
		own, theirs := s.own[device]
		switch {
		case !managed:
			return refuse(fmt.Sprintf("%s is logged in on %s, which is no desk of deskd's: log out there", in.Person, device))
		case !h.Known:
			return refuse(fmt.Sprintf("%s is logged in on desk %s, which has not answered since", in.Person, h.Desk))
		case !reservations.SamePerson(h.Person, in.Person) && in.Unattested != "":
			return refuse(fmt.Sprintf("the phone system says that %s is logged in on desk %s, which shows %s: no session is taken for this booking, because nobody stands for it being theirs but calendar %q, into which others may write",
				in.Person, h.Desk, OrNobody(h.Person), in.Unattested))
		case !reservations.SamePerson(h.Person, in.Person):
			continue // gone since; who is there now does not matter
		case h.Visitor:
			return refuse(fmt.Sprintf("%s is logged in on desk %s from another cluster, which deskd does not end", in.Person, h.Desk))
		case theirs && !(h.Ours && own.Unattested != "" && in.Unattested == ""):
			return refuse(fmt.Sprintf("%s has desk %s at the same time and is logged in there", in.Person, own.Desk))
		case h.spares(in.Login):
			return refuse(fmt.Sprintf("%s was on desk %s when the database was restored or taken over, and may have it booked", in.Person, h.Desk))
		case booked && !h.Ours:
			return refuse(fmt.Sprintf("%s is logged in on desk %s, which is another person's now", in.Person, booking.Desk))
		}
		due, any := s.due[device]
		if in.leaves(h, due, any) {
			return refuse(in.unbelieved(h))
		}
		steps = append(steps, Step{
			Op:    OpLogout,
			Login: Login{Desk: h.Desk, Device: device, Person: in.Person, Reservation: h.Reservation},
			Cause: CauseElsewhere, Why: fmt.Sprintf("%s is logged in here, and desk %s is booked (elsewhere: move)", in.Person, in.Desk),
			Due: in.Due, NotBefore: reservations.Latest(now, in.NotBefore),
		})
	}
	return append(steps, in)
}
