// Package parting tells what becomes of someone's session when their booking ends.
//
// It owns no rule: it asks [plan.Plan] what would be done at that instant, as far as the bookings
// of the desk tell. What keeps a cluster from carrying out a plan is for its caller to look at.
package parting

import (
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Session is one that runs while its person's booking does.
type Session struct {
	Desk    reservations.Desk
	Seen    plan.Observation
	Booking reservations.Reservation
	Next    *reservations.Reservation // of the desk, nil for none that is known
}

// Out is when the session is ended by p if the booking ends at end, which may be sooner than it is
// to. False: its person stays logged in, because their next booking follows or because the session
// is theirs.
func (s Session) Out(p plan.Policy, end time.Time) (time.Time, bool) {
	at, out := s.at(p, end, end)
	if out && at.After(end) { // after the grace, unless their next booking is near by then
		return s.at(p, end, at)
	}
	return at, out
}

// at is when the session is ended by a plan of an instant.
func (s Session) at(p plan.Policy, end, now time.Time) (time.Time, bool) {
	booked := []reservations.Reservation{s.Booking}
	booked[0].End = end
	if !booked[0].Start.Before(end) {
		booked = nil
	}
	if s.Next != nil {
		booked = append(booked, *s.Next)
	}
	var people []reservations.Person
	for _, r := range booked {
		people = append(people, reservations.Person{ID: r.Person})
	}
	seen := s.Seen
	seen.Desk, seen.Device, seen.Reservation = s.Desk.ID, s.Desk.Device, s.Booking.ID
	world := plan.NewWorld(s.Desk.Cluster, []reservations.Desk{s.Desk}, people, booked)
	in := plan.Input{Want: plan.Wanted(world, p, now), Observed: []plan.Observation{seen}, History: plan.NewHistory(nil), Facts: plan.Facts{Hypothetical: true}}
	for _, step := range plan.Plan(in, p, now) {
		if step.Op == plan.OpLogout && step.Device == seen.Device {
			return reservations.Latest(now, step.NotBefore), true
		}
	}
	return time.Time{}, false
}
