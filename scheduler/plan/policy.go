package plan

import (
	"time"

	"deskd/reservations"
)

// Relogin says what to do when a session deskd began has vanished in the
// middle of its booking.
type Relogin string

// The answers to a vanished session.
const (
	ReloginAlways Relogin = "always" // log the person in again
	ReloginOutage Relogin = "outage" // only when many sessions vanished at once
	ReloginNever  Relogin = "never"  // the person logged out; leave it so
)

// Stranger says what to do with a person who sits at a desk another has booked.
type Stranger string

// The answers to a stranger on a booked desk.
const (
	StrangerTakeover Stranger = "takeover" // log the stranger out at the booking's start
	StrangerWait     Stranger = "wait"     // log in as soon as the stranger has gone
	StrangerLeave    Stranger = "leave"    // give this booking's login up
)

// Walkups says what to do with a person on a desk nobody has booked.
type Walkups string

// The answers to a session without a booking.
const (
	WalkupsLeave Walkups = "leave"
	WalkupsEnd   Walkups = "end"
)

// Elsewhere says what to do when the phone system refuses a login because the
// person is logged in on another device.
type Elsewhere string

// The answers to a session elsewhere.
const (
	ElsewhereMove   Elsewhere = "move" // end it, if it is deskd's own or on a managed desk nobody has booked
	ElsewhereRefuse Elsewhere = "refuse"
)

// MultipleLogin is what the phone system does when a person who is logged in on one
// phone is logged in on a second: its service parameter Multiple Login Behavior. What
// follows from it stands in twodesks.go.
type MultipleLogin string

// The values of that parameter. The zero value stands for the first.
const (
	MultipleNotAllowed MultipleLogin = "not-allowed" // the second is refused; the phone system's default
	MultipleAllowed    MultipleLogin = "allowed"     // both go on
	MultipleAutoLogout MultipleLogin = "auto-logout" // the first ends
)

// Policy decides where the comparison of phones and bookings leaves a choice.
// The zero Policy is not useful; start from [DefaultPolicy].
type Policy struct {
	// Ready is how long before the booking's start a login is due: the time a
	// phone needs to restart with the person's line.
	Ready time.Duration
	// Lead is how long before the start a login may go out on a free desk.
	Lead time.Duration
	// Grace is how long after the end an own session may stay.
	Grace time.Duration
	// MinLeft is the shortest rest of a booking that is worth a login.
	MinLeft   time.Duration
	Relogin   Relogin
	Stranger  Stranger
	Walkups   Walkups
	Elsewhere Elsewhere
	// MultipleLogin is what the cluster does about a person's second session.
	MultipleLogin MultipleLogin
	// Pace is what the cluster takes; it decides how early a wave of logins begins.
	Pace Pace
	// Brake is how many early logouts go out without a person: see [EarlyLogout].
	Brake reservations.Brake
}

// Restart is how long a phone takes from the answer to a login until it shows its person.
func (p Policy) Restart() time.Duration { return max(0, p.Ready-promptAnswer) }

// Pace is the rate a cluster is driven at. The zero Pace is unlimited.
type Pace struct {
	Concurrent int // requests in flight
	PerMinute  int // logins and logouts
	// Idle is for how much of the time one of the concurrent ones is kept free.
	Idle float64
}

// DefaultPolicy returns the policy of a configuration that says nothing.
func DefaultPolicy() Policy {
	return Policy{
		Ready:     20 * time.Second,
		Lead:      10 * time.Minute,
		MinLeft:   5 * time.Minute,
		Relogin:   ReloginAlways,
		Stranger:  StrangerTakeover,
		Walkups:   WalkupsLeave,
		Elsewhere: ElsewhereMove,
		Pace:      Pace{Concurrent: 2, PerMinute: 60},
		Brake:     reservations.Brake{Share: 0.25, Count: 5, Added: 200},
	}
}
