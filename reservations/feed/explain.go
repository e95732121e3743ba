package feed

import "deskd/reservations"

// Explain gives each of the bookings that go the reason for it that the calendar
// gives, in words that name no person and follow "jane's booking".
func (r Result) Explain(dropped []reservations.Reservation) {
	if len(dropped) == 0 {
		return
	}
	is := make(map[reservations.Instance]*Mapped, len(r.Mapped))
	for i := range r.Mapped {
		m := &r.Mapped[i]
		is[reservations.Instance{UID: m.UID, Occurrence: m.Recurrence}] = m
	}
	for i := range dropped {
		d := &dropped[i]
		d.Why = r.whyGone(reservations.Instance{UID: d.UID, Occurrence: d.Occurrence}, is)
	}
}

func (r Result) whyGone(of reservations.Instance, is map[reservations.Instance]*Mapped) string {
	m := is[of]
	switch {
	case of.UID == "":
		return "is in its calendar no more"
	case r.Doubt.Cancelled[of]:
		return "was cancelled in its calendar"
	case m == nil && r.Doubt.Mentions != nil && r.Doubt.Mentions(of.UID):
		return "was cancelled or moved away in its calendar"
	case m == nil:
		return "is in its calendar no more"
	case m.rival:
		return "was moved in its calendar to a time in which its desk is another booking's"
	case m.Problem.What != "":
		return "is in its calendar, and deskd may not book it any more (the list of feeds tells why)"
	case m.Desk == "":
		return "takes no desk any more: its event is marked as free, or its desk or person has declined"
	}
	return "was replaced in its calendar"
}
