package scheduler

import (
	"fmt"
	"time"

	"deskd/reservations"
)

// Memory is what the journal says about the bookings and devices of a cluster:
// which bookings were served, and how often in a row a step was refused. It is
// a fold over attempts ([Memory.Note]), so that a restart reads the same memory
// from the journal; docs/reliability.md says of each value what else goes in. Make one with [NewMemory].
type Memory struct {
	served  map[post]session    // the last session deskd began there, until deskd ended it
	ended   map[post]deed       // when deskd last ended one there
	tried   map[string]bool     // reservation with an attempt or hold that came to nothing
	givenUp map[place]time.Time // where a reservation was left to a stranger, and when
	tries   map[target]tries
	held    map[string]Attempt // device → the hold that lasts
	hung    map[string]bool    // device whose last request was not answered in time
	lost    map[string]bool    // device whose session vanished together with many others
	cut     []cut              // sessions deskd has ended early, lately, oldest first
	units   string             // why the unit of the sessions looks wrong; empty while it does not
	// otherwhen: what is planned is for another instant than the clock's.
	otherwhen bool
	newest    int64      // attempt
	misdated  []Misdated // attempts that were begun by a clock put right since
}

// deed is an attempt and when it was begun.
type deed struct {
	attempt int64
	began   time.Time
	met     int64 // of a logout: the newest attempt after which its person was on the phone, itself or the login before
}

// post is a person at a device: a booking that moves to another desk, or to
// another person, is served anew.
type post struct{ device, person string }

func postOf(l Login) post { return post{l.Device, l.personKey()} }

// place is a reservation on a device: one that moves to another desk begins afresh.
type place struct{ device, reservation string }

// session is what a login asked for. It serves its own booking, and those that
// follow it without a gap.
type session struct {
	attempt       int64
	desk          string
	reservation   string
	until         time.Time // the end of that booking, the latest that was known
	from, through time.Time
	stays         time.Time // until when it was asked for
	began         time.Time
}

// promised is until when a session was to go on that is now for a reservation.
// Where that is a later one of those it was begun for, the last one's end counts.
func (s session) promised(reservation string) time.Time {
	if s.reservation == reservation {
		return s.until
	}
	return s.through
}

func (s session) serves(l Login) bool {
	return s.reservation == l.Reservation || !l.From.Before(s.from) && l.From.Before(s.through)
}

// target is what a refusal is about: the next booking starts afresh.
type target struct {
	op                          Op
	device, person, reservation string
}

type tries struct {
	n     int // failures in a row
	last  time.Time
	code  int   // of the last, 0 for none
	class Class // likewise
	out   Outcome
}

type holdKey struct {
	reservation string
	cause       Cause
}

// NewMemory folds attempts, oldest first.
func NewMemory(attempts []Attempt) Memory {
	m := Memory{
		served:  make(map[post]session),
		ended:   make(map[post]deed),
		hung:    make(map[string]bool),
		lost:    make(map[string]bool),
		tried:   make(map[string]bool),
		givenUp: make(map[place]time.Time),
		tries:   make(map[target]tries),
		held:    make(map[string]Attempt),
	}
	for _, a := range attempts {
		m.Note(a)
	}
	return m
}

// Note folds one attempt into m. An open attempt changes nothing yet.
func (m *Memory) Note(a Attempt) {
	key := targetOf(a.Step)
	m.newest = max(m.newest, a.ID)
	if a.Outcome != Open && a.Outcome != Held {
		m.hung[a.Device] = a.Outcome != Refused && a.Class == ClassNoAnswer
	}
	switch a.Outcome {
	case Done:
		// An answer may claim a success without effect; what was seen does not.
		if !a.Verified.IsZero() {
			delete(m.tries, key)
		}
		if a.Op == OpLogin {
			delete(m.givenUp, place{a.Device, a.Reservation})
			m.served[postOf(a.Login)] = session{a.ID, a.Desk, a.Reservation, a.Until, a.From, a.Through, a.stays(), a.Began}
		} else {
			met := a.ID
			if a.Class == ClassNobody {
				met = max(m.served[postOf(a.Login)].attempt, m.ended[postOf(a.Login)].met)
			} else { // somebody may have been cut short
				m.noteCut(a)
			}
			delete(m.served, postOf(a.Login)) // deskd ended it, not the person
			m.ended[postOf(a.Login)] = deed{a.ID, a.Began, met}
		}
	case Refused, Unknown, NoEffect, NotSent:
		if a.Outcome == NoEffect && a.Op == OpLogin {
			delete(m.served, postOf(a.Login))
		}
		t := m.tries[key]
		m.tried[a.Reservation] = true
		m.tries[key] = tries{n: t.n + 1, last: a.Ended, code: a.Code, class: a.Class, out: a.Outcome}
	case Held:
		if a.Ended.IsZero() {
			m.held[a.Device] = a
		}
		m.tried[a.Reservation] = true
		if a.Cause == CauseStranger {
			m.givenUp[place{a.Device, a.Reservation}] = a.Began
		}
	}
}

func targetOf(s Step) target {
	return target{s.Op, s.Device, s.personKey(), s.Reservation}
}

func holdOf(s Step) holdKey { return holdKey{s.Reservation, s.Cause} }

// Served reports whether deskd logged the person of a booking in for it on its
// device, and until when that session was asked for.
func (m Memory) Served(l Login) (bool, time.Time) {
	s, ok := m.served[postOf(l)]
	return ok && l.Reservation != "" && s.serves(l), s.stays
}

// Lasts returns until when the session deskd began for l's person on its device
// was asked for, whatever booking it was begun for, and when it began; zero times
// when deskd began none.
func (m Memory) Lasts(l Login) (stays, began time.Time) {
	s := m.served[postOf(l)]
	return s.stays, s.began
}

// ServedSince reports whether deskd has begun or ended a session of a's person on
// its device after a. A logout that met nobody has ended none.
func (m Memory) ServedSince(a Attempt) bool {
	return max(m.served[postOf(a.Login)].attempt, m.ended[postOf(a.Login)].met) > a.ID
}

// Ahead returns an instant that is still to come and at which, all the same,
// deskd has already begun or ended a session for l's person on its device: the
// clock was set back. Until then, what was done for them there is neither undone
// nor repeated. It is the zero time when there is none; deeds by a clock that
// jumped and was put right do not count.
func (m Memory) Ahead(l Login, now time.Time) time.Time {
	at, begun := m.dated(m.ended[postOf(l)]), m.served[postOf(l)]
	at = reservations.Latest(at, m.dated(deed{attempt: begun.attempt, began: begun.began}))
	if m.otherwhen || !at.After(now) {
		return time.Time{}
	}
	return at
}

// dated is when d was, the zero time when nobody can tell.
func (m Memory) dated(d deed) time.Time {
	if isMisdated(m.misdated, d.attempt) {
		return time.Time{}
	}
	return d.began
}

// asOf makes m the memory of a plan for another instant than the clock's: what
// was done after it is no sign of a clock that was set back.
func (m *Memory) asOf() {
	m.cut = nil
	m.otherwhen = true
}

// carries says that the session deskd began for l's person on its device is
// that of l, which may be another booking than before, or longer.
func (m *Memory) carries(l Login) {
	s, ok := m.served[postOf(l)]
	if !ok {
		return
	}
	if s.reservation != l.Reservation {
		s.reservation, s.until = l.Reservation, l.Until
	}
	s.until = reservations.Latest(s.until, l.Until)
	m.served[postOf(l)] = s
}

// Tried reports whether something was attempted or held for a reservation and
// came to nothing.
func (m Memory) Tried(reservation string) bool { return m.tried[reservation] }

// GivenUp reports whether a stranger was met on the device of l's desk and held
// up its booking. One who was met at an instant that is still to come, the clock
// having been set back since, held up nothing: the booking's start is to come again.
func (m Memory) GivenUp(l Login, now time.Time) bool {
	at, met := m.givenUp[place{l.Device, l.Reservation}]
	return met && !at.After(now)
}

// Wait returns the instant before which a step that was refused is not sent
// again, and why; the zero time when nothing speaks against it.
func (m Memory) Wait(s Step) (time.Time, string) {
	t, ok := m.tries[targetOf(s)]
	if !ok {
		return time.Time{}, ""
	}
	return t.last.Add(backoff(t)), fmt.Sprintf("try %d, after %s", t.n+1, t.reason())
}

// Failures is how often in a row a step has come to nothing.
func (m Memory) Failures(s Step) int { return m.tries[targetOf(s)].n }

func (t tries) reason() string {
	switch t.out {
	case Refused:
		return fmt.Sprintf("code %d (%s)", t.code, t.class)
	case Unknown:
		return "a request without a trustworthy answer"
	case NoEffect:
		return "a request without effect"
	default:
		return "a request that could not be sent"
	}
}

// Holds reports whether the hold s is the one that lasts at its device.
func (m Memory) Holds(s Step) bool {
	a, ok := m.held[s.Device]
	return ok && holdOf(a.Step) == holdOf(s)
}

// Readmit forgives the refusals that concerned all of deskd: those of its
// credentials once they are accepted, the others too once they were changed.
func (m *Memory) Readmit(changed bool) {
	for key, t := range m.tries {
		if t.out == Refused && t.class.Halts() && (changed || t.class == ClassCredentials) {
			delete(m.tries, key)
		}
	}
}

// Forgive forgets the refusals that a change of a desk or a person may have
// mended, so that the next round tries again at once.
func (m *Memory) Forgive(device, person string) {
	for key := range m.tries {
		if key.device == device || person != "" && key.person == reservations.PersonKey(person) {
			delete(m.tries, key)
		}
	}
}
