package scheduler

import (
	"fmt"
	"time"

	"deskd/reservations"
)

// One person may have several desks at one time. A phone system may allow several
// sessions, refuse the second (code 25, see elsewhere), or end the first when the
// second begins (Auto Logout), which nothing tells beforehand. Four logins at once
// would throw each other out there, and six be sent before it settles. So the
// logins of one person go out one by one, each when the one before it was seen on
// its phone, and stop when a session turns out to have ended by the next one:
//
//	several allowed   D1, 2 s, D2, 2 s, D3 …
//	first one ended   D1, 2 s, D2: D1 is seen empty; D1 and D3 are held
//
// A booking that begins later than the one served is logged in all the same: where
// somebody is going next counts more than where they are.

// onDesk is a session of deskd's that serves a booking now, or is there for the
// next one already.
type onDesk struct {
	Have
	from time.Time // of that booking
}

// twoDesks is what is known of people who are logged in, by person.
type twoDesks struct {
	on    map[string][]onDesk
	ended map[string]bool // a session of theirs has ended while another goes on
}

// serving finds the sessions that serve bookings in the scenes.
func serving(scenes []scene, m Memory) twoDesks {
	t := twoDesks{make(map[string][]onDesk), make(map[string]bool)}
	for _, s := range scenes {
		l := s.due()
		if l != nil && s.Known && s.Ours && s.Person != "" && reservations.SamePerson(s.Person, l.Person) {
			t.on[l.personKey()] = append(t.on[l.personKey()], onDesk{s.Have, l.From})
		}
	}
	for _, s := range scenes {
		l := s.due()
		if l == nil || !s.Known || !s.Exists || s.Person != "" || len(t.on[l.personKey()]) == 0 {
			continue
		}
		if done, _ := m.Served(*l); done {
			t.ended[l.personKey()] = true
		}
	}
	return t
}

// due is the booking that a scene's phone serves, or is made ready for.
func (s scene) due() *Login {
	if s.current != nil {
		return s.current
	}
	return s.next
}

// first holds the login of c if its person is on another desk for a booking that
// began no earlier, and their sessions end each other.
func (t twoDesks) first(c chain) chain {
	in := c.last()
	if in.Op != OpLogin || !t.ended[in.personKey()] {
		return c
	}
	for _, o := range t.on[in.personKey()] {
		if o.Device != in.Device && !o.from.Before(in.From) {
			return hold(in.Login, CauseElsewhere, fmt.Sprintf("%s has desk %s at the same time and is logged in there", in.Person, o.Desk))
		}
	}
	return c
}

// oneByOne lets the login of a person who has just been logged in on another desk
// wait until that was seen.
func (t twoDesks) oneByOne(chains []chain) {
	for _, c := range chains {
		in := c.last()
		if in.Op != OpLogin {
			continue
		}
		for _, o := range t.on[in.personKey()] {
			if o.Device != in.Device && !o.At.After(o.Since) {
				in.NotBefore = latest(in.NotBefore, o.Since.Add(lookAfter))
			}
		}
	}
}
