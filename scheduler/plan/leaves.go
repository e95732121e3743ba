package plan

import "time"

// Leaves is what is known of a device once a has ended there, which showed before.
func (a Attempt) Leaves(before Observation) Observation {
	h := before
	h.Device = a.Device
	switch {
	case a.Outcome == Unknown:
		h.Known = false
	case a.Outcome != Done:
	case a.Op == OpLogin:
		h = Observation{Desk: h.Desk, Device: a.Device, Person: a.Person, Exists: true, Known: true,
			Ours: true, Reservation: a.Reservation, Since: a.Ended, At: a.Ended}
	default:
		h = Observation{Desk: h.Desk, Device: a.Device, Exists: true, Known: true, Since: a.Ended, At: a.Ended}
	}
	return h
}

// GiveUp is a with nobody left to ask for its outcome, at now because of why.
func (a Attempt) GiveUp(why string, now time.Time) Attempt {
	a.Outcome, a.Error, a.Ended = Abandoned, why, now
	return a
}
