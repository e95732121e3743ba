package plan

import (
	"time"

	"deskd/reservations"
)

// DeskState is how a desk stands, in one word.
type DeskState string

// The states of a desk. Those of [DeskState.Trouble] need attention.
const (
	DeskFree     DeskState = "free"      // not booked, nobody on the phone
	DeskReady    DeskState = "ready"     // booked, and the right person is on the phone
	DeskStarting DeskState = "starting"  // the booking has just begun, the login is under way: not held, not refused
	DeskMissing  DeskState = "missing"   // booked, and nobody is on the phone
	DeskStranger DeskState = "stranger"  // booked, and another person is on the phone
	DeskOccupied DeskState = "occupied"  // booked by a person the calendar does not name
	DeskWalkup   DeskState = "walk-up"   // not booked, a person is on the phone
	DeskEnding   DeskState = "ending"    // the booking is over, its session not yet
	DeskUnknown  DeskState = "unknown"   // the phone system has not said
	DeskNoDevice DeskState = "no device" // the phone system does not know the phone
)

// Trouble reports whether a desk in this state is not as it should be.
func (s DeskState) Trouble() bool {
	switch s {
	case DeskMissing, DeskStranger, DeskUnknown, DeskNoDevice:
		return true
	}
	return false
}

// DeskNow is one desk on the board: what is booked, what the phone shows, and
// what is wrong.
type DeskNow struct {
	Desk    reservations.Desk         `json:"desk"`
	State   DeskState                 `json:"state"`
	Booking *reservations.Reservation `json:"booking,omitempty"` // that runs now
	Next    *reservations.Reservation `json:"next,omitempty"`    // the first after it
	Phone   Observation               `json:"phone"`
	// Problem says what is wrong and why, from the last attempt at the desk.
	Problem string `json:"problem,omitempty"`
}

// Board returns how every desk of w stands, in the order of w.Desks. Last holds
// the newest attempt by device.
func Board(w World, have map[string]Observation, last map[string]Attempt, now time.Time) []DeskNow {
	byDesk := w.Calendar.ByDesk()
	board := make([]DeskNow, 0, len(w.Desks))
	for _, d := range w.Desks {
		board = append(board, Standing{d, byDesk[d.ID], have[d.Device], last[d.Device]}.At(now))
	}
	return board
}

// Standing is what tells how one desk stands.
type Standing struct {
	Desk   reservations.Desk
	Booked []reservations.Reservation // in the order of a calendar
	Phone  Observation
	Last   Attempt // the newest one there
}

// At returns how the desk stands at now.
func (s Standing) At(now time.Time) DeskNow {
	n := DeskNow{Desk: s.Desk, Phone: s.Phone}
	n.Phone.Desk, n.Phone.Device = s.Desk.ID, s.Desk.Device
	for _, r := range s.Booked {
		switch {
		case r.Contains(now) && n.Booking == nil:
			n.Booking = &r
		case r.Start.After(now) && n.Next == nil:
			n.Next = &r
		}
	}
	n.State = n.state(s.Last, now)
	n.Problem = n.problem(s.Last)
	return n
}

// Stands is until when a desk stands as it does at now if nothing is done and nothing is
// booked: to an edge of its bookings, or to when a login should be through. It is zero
// without an end.
func (n DeskNow) Stands(now time.Time) time.Time {
	var until time.Time
	for _, at := range n.edges() {
		if at.After(now) && (until.IsZero() || at.Before(until)) {
			until = at
		}
	}
	return until
}

// edges are the instants by which the state of the desk is told.
func (n DeskNow) edges() []time.Time {
	var edges []time.Time
	if b := n.Booking; b != nil {
		edges = append(edges, b.End, b.Start.Add(StartingFor))
	}
	if n.Next != nil {
		edges = append(edges, n.Next.Start)
	}
	return edges
}

func (n DeskNow) state(last Attempt, now time.Time) DeskState {
	on, booked := n.Phone.Person != "", n.Booking != nil
	switch {
	case !n.Phone.Known:
		return DeskUnknown
	case !n.Phone.Exists:
		return DeskNoDevice
	case booked && n.Booking.Person == "":
		return DeskOccupied
	case booked && on && reservations.SamePerson(n.Phone.Person, n.Booking.Person):
		return DeskReady
	case booked && now.Before(n.Booking.Start.Add(StartingFor)) && !settles(last, *n.Booking):
		return DeskStarting
	case booked && on:
		return DeskStranger
	case booked:
		return DeskMissing
	case !on:
		return DeskFree
	case n.Next != nil && reservations.SamePerson(n.Phone.Person, n.Next.Person) && n.Phone.Ours:
		return DeskReady // logged in a little early
	case n.Phone.Ours:
		return DeskEnding
	default:
		return DeskWalkup
	}
}

// settles reports whether a said that no login of booking is under way: it is
// held, or was refused. A logout that makes room for it settles nothing.
func settles(a Attempt, booking reservations.Reservation) bool {
	return a.Op != OpLogout && (a.Outcome == Held || a.Outcome == Refused) &&
		a.Reservation == booking.ID && reservations.SamePerson(a.Person, booking.Person)
}

// problem explains a desk in trouble by the last attempt there, if that one
// was not simply done.
func (n DeskNow) problem(a Attempt) string {
	if n.State == DeskEnding && a.Cause == CauseMassEnd {
		return a.Why
	}
	if n.Phone.Known && n.Phone.Exists && n.Phone.Doubt != "" {
		return n.Phone.Doubt
	}
	if !n.State.Trouble() && a.Outcome != Refused {
		return ""
	}
	if n.State == DeskUnknown && n.Phone.Doubt != "" {
		return n.Phone.Doubt
	}
	if a.Outcome == Done || a.Outcome == "" || n.State == DeskReady || n.State == DeskFree {
		return n.State.sentence()
	}
	if a.Error != "" {
		return string(a.Op) + " " + a.Person + ": " + a.Error
	}
	return a.Why
}

// sentence says in words what a state in trouble means; empty for the others.
func (s DeskState) sentence() string {
	switch s {
	case DeskMissing:
		return "booked, and nobody is on the phone"
	case DeskStranger:
		return "booked, and another person is on the phone"
	case DeskUnknown:
		return "the phone system has not said who is on this phone"
	case DeskNoDevice:
		return "the phone system does not know this device"
	}
	return ""
}
