package plan

import "time"

// scene is one device: what it shows, and the bookings around now.
type scene struct {
	Observation
	ended, current, next *Login
}

func sceneOf(want []Login, h Observation, now time.Time) scene {
	s := scene{Observation: h}
	for i := range want {
		l := &want[i]
		switch {
		case !l.Until.After(now):
			s.ended = l
		case !l.From.After(now):
			if s.current == nil {
				s.current = l
			}
		case s.next == nil:
			s.next = l
		}
	}
	return s
}

// subject is the booking a hold is about: the current one, or the next.
func (s scene) subject() (Login, bool) {
	for _, l := range []*Login{s.current, s.next} {
		if l != nil {
			return *l, true
		}
	}
	return Login{Desk: s.Desk, Device: s.Device, Person: s.Person, Reservation: s.Reservation}, false
}

// due is the booking that a scene's phone serves, or is made ready for.
func (s scene) due() *Login {
	if s.current != nil {
		return s.current
	}
	return s.next
}
