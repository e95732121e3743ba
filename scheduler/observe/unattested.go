package observe

import (
	"deskd/reservations"
	"deskd/scheduler/plan"
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
// Without an answer, for half a minute. Where the configuration says that several
// sessions are allowed (multiple_login), a second one takes nothing, and nothing is asked.

// KnownSessions are the phones on which the person of s is known to have a session of deskd's
// that the plan has weighed s against; nil when s is a step that takes no session.
func (p *Phones) KnownSessions(s plan.Step) map[string]bool {
	if s.Op != plan.OpLogin || s.Unattested == "" || p.Policy.MultipleLogin == plan.MultipleAllowed {
		return nil
	}
	on := map[string]bool{s.Device: true}
	for device := range p.met.of(s.Person) {
		if h := p.Seen[device]; h.Ours && reservations.SamePerson(h.Person, s.Person) {
			on[device] = true
		}
	}
	return on
}
