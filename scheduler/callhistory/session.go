package callhistory

import (
	"time"

	"deskd/reservations"
)

// slots are when a list is tried to be cleared, after the end of its session: the phone restarts
// then, and takes nothing for as long as that lasts.
var slots = []time.Duration{0, 15 * time.Second, 30 * time.Second, 60 * time.Second, 120 * time.Second}

// Late is until how long after the end of a session its list is still tried to be cleared, once,
// by a daemon that was not there before.
const Late = time.Hour

// Margin is how long before the next login at a phone nothing is pushed any more: a try is
// over by then.
const Margin = 10 * time.Second

// Outcome is what has become of a list of calls.
type Outcome string

// The outcomes, by the words that the journal has. The latter two are followed by the reason.
const (
	Cleared    Outcome = "cleared"
	Refused    Outcome = "refused"     // the phone, or its cluster, does not let deskd
	NotCleared Outcome = "not cleared" // until it could not be any more
)

// Outcomes are all of them.
func Outcomes() []Outcome { return []Outcome{Cleared, Refused, NotCleared} }

// Session is one that has ended, and whose list of calls is to be cleared.
type Session struct {
	Attempt   int64 // the logout that has ended it
	Desk      string
	Device    string
	Ended     time.Time // as the logout was confirmed
	Taken     bool      // someone was logged in at the phone since
	Beginning bool      // a login is under way there
	Tries     Tries
}

// Tries are those of one process: one that begins knows of none.
type Tries struct {
	First, Last time.Time // zero while there was none
	Problem     string    // why the last one came to nothing
}

// Result is what a try has come to.
type Result struct {
	Outcome Outcome // empty for a try that may be repeated
	Problem string
}

// String is the result as the journal has it.
func (r Result) String() string {
	if r.Problem == "" {
		return string(r.Outcome)
	}
	return string(r.Outcome) + ": " + r.Problem
}

// beginningFor is until when a login that is under way is looked at again, if nothing is heard
// of it before.
const beginningFor = 15 * time.Second

// Why nothing could be tried, in words.
const (
	taken  = "the next person was logged in before"
	nobody = "nobody has tried it within an hour: deskd did not run, or could not drive the phone"
)

// Next is when the list is tried to be cleared next, which may be at once; or, with an outcome,
// that it is not any more.
func (s Session) Next(now time.Time) (at time.Time, over Result) {
	first := s.Tries.First.IsZero()
	switch {
	case s.Taken:
		return now, Result{NotCleared, taken}
	case s.Beginning: // it may come to nothing
		return now.Add(beginningFor), Result{}
	case first && now.Sub(s.Ended) > Late:
		return now, Result{NotCleared, nobody}
	case first: // also when the clock was set back behind its end
		return now, Result{}
	}
	base := reservations.Earliest(s.Ended, s.Tries.First)
	for _, slot := range slots {
		if at := base.Add(slot); at.After(s.Tries.Last) {
			return at, Result{}
		}
	}
	return now, Result{NotCleared, s.Tries.Problem}
}

// tried is s after a try that came to nothing.
func (s Session) tried(problem string, now time.Time) Session {
	if s.Tries.First.IsZero() {
		s.Tries.First = now
	}
	s.Tries.Last, s.Tries.Problem = now, problem
	return s
}

// Sight is what was just seen of a phone, and what is about to happen there.
type Sight struct {
	Known  bool      // the phone system has said who is on it
	Person bool      // someone is
	At     time.Time // when it was asked
	Due    time.Time // of the next login there, the zero time for none that is near
}

// freshFor is how old an answer of the phone system may be for a push to follow it.
const freshFor = 5 * time.Second

// Bars says why nothing may be pushed at a phone now, or nothing: a list is cleared only while
// nobody is on the phone, and nobody is about to be.
func (s Sight) Bars(now time.Time) string {
	switch {
	case !s.Known:
		return "the phone system does not say who is on the phone"
	case s.Person:
		return "someone is on the phone"
	case now.Sub(s.At).Abs() > freshFor:
		return "it was not asked just before who is on the phone"
	}
	return s.Near(now)
}

// Near says that the next login at the phone is so near that nothing is pushed before, or nothing.
func (s Sight) Near(now time.Time) string {
	if !s.Due.IsZero() && s.Due.Before(now.Add(Margin)) {
		return "a login at the phone is due"
	}
	return ""
}
