package notices

import (
	"cmp"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Kind is what a notice tells.
type Kind string

// The kinds.
const (
	BeforeEnd Kind = "before_end" // the booking ends soon
	Moved     Kind = "moved"      // the booking is on another desk now
	Next      Kind = "next"       // the next person waits for the desk
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{BeforeEnd, Moved, Next} }

// Outcome is what has become of a notice.
type Outcome string

// The outcomes. Empty is a notice that is being told.
const (
	Sent        Outcome = "sent"         // the phone has taken it, and shows it when it may
	Absent      Outcome = "absent"       // nobody is on the phone
	SomeoneElse Outcome = "someone else" // is on the phone
	Refused     Outcome = "refused"      // the phone, or its cluster, does not let deskd
	NotSent     Outcome = "not sent"     // the phone could not be reached, or has said no
	Dropped     Outcome = "dropped"      // its minute had passed
	Unknown     Outcome = "unknown"      // it was pushed, and no answer that can be trusted came
)

// Outcomes are all of them.
func Outcomes() []Outcome {
	return []Outcome{Sent, Absent, SomeoneElse, Refused, NotSent, Dropped, Unknown}
}

// Result is what has become of a notice, and why. The zero Result is nothing yet.
type Result struct {
	Outcome Outcome
	Problem string
}

// Notice is one that is to be told, to one person at one phone.
type Notice struct {
	Kind                  Kind
	Cluster, Desk, Device string
	// Reservation is the booking of Person that it is about.
	Reservation, Person string
	// About is the end of the booking; or when the next person's begins; or the zero time.
	About time.Time
	// Ahead is how long before the end it is told.
	Ahead time.Duration
	// Other is the desk that the booking was moved to, or the next person's booking.
	Other string
	Due   time.Time
}

// Key tells notices apart: the one with the same key is never told twice.
func (n Notice) Key() string {
	switch n.Kind {
	case BeforeEnd:
		return fmt.Sprintf("%s %s %d %d", n.Kind, n.Reservation, n.About.Unix(), int(n.Ahead.Seconds()))
	default:
		return fmt.Sprintf("%s %s %s %s", n.Kind, n.Reservation, n.Desk, n.Other)
	}
}

// LateBy is how long after its instant a notice of an end is still told.
const LateBy = 2 * time.Minute

// Late says why a notice is not told any more, or nothing. Only that of an end has a minute of
// its own: the others are about what is so.
func (n Notice) Late(now time.Time) string {
	switch {
	case n.Kind != BeforeEnd:
		return ""
	case !now.Before(n.About):
		return "the booking had ended before it could be told"
	case now.Sub(n.Due) > LateBy:
		return fmt.Sprintf("its time had passed by %s when it could be told", now.Sub(n.Due).Round(time.Second))
	}
	return ""
}

// apart is how long after a try that came to nothing the next one follows, and Patience how long
// one is repeated in all: a phone that restarts is back by then.
const (
	apart    = 20 * time.Second
	Patience = 2 * time.Minute
)

// Tries are those to tell a notice that came to nothing, by one process.
type Tries struct {
	First, Last time.Time // zero while there was none
	Problem     string    // why the last one came to nothing
}

// Again is the instant of the next try, now or earlier for at once; false where there is none any more.
func (t Tries) Again(now time.Time) (at time.Time, again bool) {
	if t.First.IsZero() {
		return now, true
	}
	at = t.Last.Add(apart)
	return at, at.Sub(t.First) <= Patience && now.Sub(t.First).Abs() <= Patience
}

// Failed are t after one more.
func (t Tries) Failed(problem string, now time.Time) Tries {
	if t.First.IsZero() {
		t.First = now
	}
	t.Last, t.Problem = now, problem
	return t
}

// Sight is what the phone system has just said of a phone, and what is about to happen there.
type Sight struct {
	Known   bool   // it has said who is on it
	Visitor bool   // someone of another cluster is
	Person  string // who is; empty for nobody
	At      time.Time
	Due     time.Time // of the next login there, the zero time for none that is near
}

// SightOf is what an observation says, made at that instant.
func SightOf(h plan.Observation, at time.Time) Sight {
	return Sight{Known: h.Known && h.Exists, Visitor: h.Visitor, Person: cmp.Or(h.Person, h.Raw), At: at}
}

// freshFor is how old a sight may be for a push to follow it, and margin how long before a login
// nothing is pushed to a phone that nobody is on.
const (
	freshFor = 5 * time.Second
	margin   = 10 * time.Second
)

// Judge says what follows from a sight: a notice is pushed where neither an outcome nor a problem
// is returned. A problem may pass.
func (n Notice) Judge(s Sight, now time.Time) (over Outcome, problem string) {
	switch {
	case !s.Known:
		return "", "the phone system does not say who is on the phone"
	case now.Sub(s.At).Abs() > freshFor:
		return "", "it was not asked just before who is on the phone"
	case s.Visitor, s.Person != "" && !reservations.SamePerson(s.Person, n.Person):
		return SomeoneElse, ""
	case s.Person != "":
		return "", ""
	case n.Kind != Moved:
		return Absent, ""
	case !s.Due.IsZero() && s.Due.Before(now.Add(margin)):
		return "", "a login at the phone is due"
	}
	return "", ""
}
