// Package board says how desks stand: what is booked, what the phone shows, and what is
// wrong there.
package board

import (
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// State is how a desk stands, in one word.
type State string

// The states of a desk. Those of [State.Trouble] need attention.
const (
	Free     State = "free"      // not booked, nobody on the phone
	Ready    State = "ready"     // booked, and the right person is on the phone
	Starting State = "starting"  // the booking has just begun, the login is under way: not held, not refused
	Missing  State = "missing"   // booked, and nobody is on the phone
	Stranger State = "stranger"  // booked, and another person is on the phone
	Occupied State = "occupied"  // booked by a person the calendar does not name
	Walkup   State = "walk-up"   // not booked, a person is on the phone
	Ending   State = "ending"    // the booking is over, its session not yet
	Unknown  State = "unknown"   // the phone system has not said
	NoDevice State = "no device" // the phone system does not know the phone
)

// Trouble reports whether a desk in this state is not as it should be.
func (s State) Trouble() bool {
	switch s {
	case Missing, Stranger, Unknown, NoDevice:
		return true
	}
	return false
}

// Desk is one desk on the board: what is booked, what the phone shows, and
// what is wrong.
type Desk struct {
	Desk    reservations.Desk         `json:"desk"`
	State   State                     `json:"state"`
	Booking *reservations.Reservation `json:"booking,omitempty"` // that runs now
	Next    *reservations.Reservation `json:"next,omitempty"`    // the first after it
	Phone   plan.Observation          `json:"phone"`
	// Problem says what is wrong and why, from the last attempt at the desk.
	Problem string `json:"problem,omitempty"`
	// InCall: the session on the phone is over, and its logout waits for a call to end.
	InCall bool `json:"in_call,omitempty"`
	// CallList is what became of the phone's list of calls after the last session, while nobody
	// is on the phone; empty while that is open.
	CallList string `json:"call_list,omitempty"`
}

// Of returns how every desk of w stands, in the order of w.Desks. Last holds
// the newest attempt by device.
func Of(w plan.World, have map[string]plan.Observation, last map[string]plan.Attempt, now time.Time) []Desk {
	byDesk := w.Calendar.ByDesk()
	board := make([]Desk, 0, len(w.Desks))
	for _, d := range w.Desks {
		board = append(board, Standing{d, byDesk[d.ID], have[d.Device], last[d.Device]}.At(now))
	}
	return board
}

// Standing is what tells how one desk stands.
type Standing struct {
	Desk   reservations.Desk
	Booked []reservations.Reservation // in the order of a calendar
	Phone  plan.Observation
	Last   plan.Attempt // the newest one there
}

// At returns how the desk stands at now.
func (s Standing) At(now time.Time) Desk {
	n := Desk{Desk: s.Desk, Phone: s.Phone}
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
	n.InCall = s.Last.Outcome == plan.Held && s.Last.Cause == plan.CauseCall && n.Phone.Ours && n.Phone.Person != "" && n.State != Ready
	n.Problem = n.problem(s.Last)
	if n.Phone.Person == "" {
		n.CallList = s.Last.CallList
	}
	return n
}

// Stands is until when a desk stands as it does at now if nothing is done and nothing is
// booked: to an edge of its bookings, or to when a login should be through. It is zero
// without an end.
func (n Desk) Stands(now time.Time) time.Time {
	var until time.Time
	for _, at := range n.edges() {
		if at.After(now) && (until.IsZero() || at.Before(until)) {
			until = at
		}
	}
	return until
}

// edges are the instants by which the state of the desk is told.
func (n Desk) edges() []time.Time {
	var edges []time.Time
	if b := n.Booking; b != nil {
		edges = append(edges, b.End, b.Start.Add(plan.StartingFor))
	}
	if n.Next != nil {
		edges = append(edges, n.Next.Start)
	}
	return edges
}

func (n Desk) state(last plan.Attempt, now time.Time) State {
	on, booked := n.Phone.Person != "", n.Booking != nil
	switch {
	case !n.Phone.Known:
		return Unknown
	case !n.Phone.Exists:
		return NoDevice
	case booked && n.Booking.Person == "":
		return Occupied
	case booked && on && reservations.SamePerson(n.Phone.Person, n.Booking.Person):
		return Ready
	case booked && now.Before(n.Booking.Start.Add(plan.StartingFor)) && !settles(last, *n.Booking):
		return Starting
	case booked && on:
		return Stranger
	case booked:
		return Missing
	case !on:
		return Free
	case n.Next != nil && reservations.SamePerson(n.Phone.Person, n.Next.Person) && n.Phone.Ours:
		return Ready // logged in a little early
	case n.Phone.Ours:
		return Ending
	default:
		return Walkup
	}
}

// settles reports whether a said that no login of booking is under way: it is
// held, or was refused. A logout that makes room for it settles nothing.
func settles(a plan.Attempt, booking reservations.Reservation) bool {
	return a.Op != plan.OpLogout && (a.Outcome == plan.Held || a.Outcome == plan.Refused) &&
		a.Reservation == booking.ID && reservations.SamePerson(a.Person, booking.Person)
}

// problem explains a desk in trouble by the last attempt there, if that one
// was not simply done.
func (n Desk) problem(a plan.Attempt) string {
	if n.State == Ending && a.Cause == plan.CauseMassEnd || n.InCall {
		return a.Why
	}
	if n.Phone.Known && n.Phone.Exists && n.Phone.Doubt != "" {
		return n.Phone.Doubt
	}
	if !n.State.Trouble() && a.Outcome != plan.Refused {
		return ""
	}
	if n.State == Unknown && n.Phone.Doubt != "" {
		return n.Phone.Doubt
	}
	if a.Outcome == plan.Done || a.Outcome == "" || n.State == Ready || n.State == Free {
		return n.State.sentence()
	}
	if a.Error != "" {
		return string(a.Op) + " " + a.Person + ": " + a.Error
	}
	return a.Why
}

// sentence says in words what a state in trouble means; empty for the others.
func (s State) sentence() string {
	switch s {
	case Missing:
		return "booked, and nobody is on the phone"
	case Stranger:
		return "booked, and another person is on the phone"
	case Unknown:
		return "the phone system has not said who is on this phone"
	case NoDevice:
		return "the phone system does not know this device"
	}
	return ""
}
