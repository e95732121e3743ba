package plan

import (
	"fmt"
	"iter"
	"maps"
	"time"

	"deskd/reservations"
)

// History is what the journal says about the bookings and devices of a cluster:
// which bookings were served, and how often in a row a step was refused. It is
// a fold over attempts ([History.Note]), over what was kept of sessions that went on into
// another booking ([History.Recall]), and over the refusals that count no more
// ([History.Readmit]): a restart reads the same one from the database. Make one with
// [NewHistory].
type History struct {
	served  map[post]Session    // the last session deskd began there, until deskd ended it
	ended   map[post]deed       // when deskd last ended one there
	tried   map[string]bool     // reservation with an attempt or hold that came to nothing
	givenUp map[place]time.Time // where a reservation was left to a stranger, and when
	tries   map[try]tries
	admits  Readmission
	held    map[string]Attempt // device → the hold that lasts
	hung    map[string]bool    // device whose last request was not answered in time
	cut     []cut              // sessions deskd has ended early, lately, oldest first
	newest  int64              // attempt
	news    *news
}

// deed is an attempt and when it was begun.
type deed struct {
	attempt int64
	began   time.Time
	met     int64 // of a logout: the newest attempt after which its person was on the phone, itself or the login before
}

// post is a person at a device: a booking that moves to another desk, or to
// another person, is served again.
type post struct{ device, person string }

func postOf(l Login) post { return post{l.Device, l.PersonKey()} }

// place is a reservation on a device: one that moves to another desk begins afresh.
type place struct{ device, reservation string }

// Session is what a login asked for. It serves its own booking, and those that
// follow it without a gap.
type Session struct {
	Attempt       int64
	Desk          string
	Reservation   string
	Until         time.Time // the end of that booking, the latest that was known
	From, Through time.Time
	Stays         time.Time // until when it was asked for
	Began         time.Time
	Shown         time.Time // a look showed it
}

// promised is until when a session was to go on that is now for a reservation.
// Where that is a later one of those it was begun for, the last one's end counts.
func (s Session) promised(reservation string) time.Time {
	if s.Reservation == reservation {
		return s.Until
	}
	return s.Through
}

func (s Session) serves(l Login) bool {
	return s.Reservation == l.Reservation || !l.From.Before(s.From) && l.From.Before(s.Through)
}

// Target is what a refusal is about: the next booking starts afresh.
type Target struct {
	op                          Op
	device, person, Reservation string
}

// try is what failures in a row are of. A step that goes to another desk, or that asks
// for another profile, starts afresh: the change may have repaired what was refused.
type try struct {
	Target
	desk, profile string
}

func tryOf(s Step) try {
	t := try{TargetOf(s), s.Desk, ""}
	if s.Op == OpLogin {
		t.profile = s.Profile
	}
	return t
}

// Readmission says up to which attempt refusals that concerned all of deskd do not count
// any more: those of its credentials once they were accepted (Accepted), the others too
// once they were changed (Changed).
type Readmission struct{ Accepted, Changed int64 }

// forgives reports whether the last failure of t does not count any more.
func (r Readmission) forgives(t tries) bool {
	if t.out != Refused {
		return false
	}
	return t.class.Halts() && r.Changed > 0 && t.attempt <= r.Changed || t.class == ClassCredentials && r.Accepted > 0 && t.attempt <= r.Accepted
}

type tries struct {
	n       int // failures in a row
	attempt int64
	last    time.Time
	code    int   // of the last, 0 for none
	class   Class // likewise
	out     Outcome
}

type holdKey struct {
	reservation string
	cause       Cause
}

// NewHistory folds attempts, oldest first.
func NewHistory(attempts []Attempt) History {
	m := History{
		served:  make(map[post]Session),
		ended:   make(map[post]deed),
		hung:    make(map[string]bool),
		tried:   make(map[string]bool),
		givenUp: make(map[place]time.Time),
		tries:   make(map[try]tries),
		held:    make(map[string]Attempt),
		news:    newNews(),
	}
	for _, a := range attempts {
		m.Note(a)
	}
	return m
}

// Note folds one attempt into m. One whose outcome is open or unknown changes nothing
// yet, and one that is noted again counts once. Where a look has shown another outcome
// than the answer, the journal has to be folded again.
func (m *History) Note(a Attempt) {
	m.newest = max(m.newest, a.ID)
	m.news.of(a.Device)
	if a.Outcome != Open && a.Outcome != Unknown && a.Outcome != Held {
		m.hung[a.Device] = a.Outcome != Refused && a.Class == ClassNoAnswer
	}
	switch a.Outcome {
	case Done:
		m.noteDone(a)
	case Refused, NoEffect, NotSent:
		if a.Outcome == NoEffect && a.Op == OpLogin {
			delete(m.served, postOf(a.Login))
		}
		t := m.failed(a.Step)
		if t.attempt == a.ID && a.ID != 0 {
			t.n--
		}
		m.noteTried(a)
		m.tries[tryOf(a.Step)] = tries{n: t.n + 1, attempt: a.ID, last: a.Ended, code: a.Code, class: a.Class, out: a.Outcome}
	case Held:
		m.noteHold(a)
	}
}

// noteDone folds a success into m.
func (m *History) noteDone(a Attempt) {
	at := postOf(a.Login)
	// An answer may claim a success without effect; what was seen does not.
	if !a.Verified.IsZero() {
		delete(m.tries, tryOf(a.Step))
	}
	if a.Op == OpLogin {
		delete(m.givenUp, place{a.Device, a.Reservation})
		m.served[at] = Session{a.ID, a.Desk, a.Reservation, a.Until, a.From, a.Through, a.SessionEnd(), a.Began, a.Verified}
		return
	}
	met := a.ID
	if a.Class == ClassNobody {
		if m.served[at].Shown.After(a.Ended) { // the login came when the logout had gone by
			return
		}
		met = max(m.served[at].Attempt, m.ended[at].met)
	} else { // a person may have been cut short
		m.noteCut(a)
	}
	delete(m.served, at) // deskd ended it, not the person
	m.ended[at] = deed{a.ID, a.Began, met}
}

// noteHold folds the beginning or the end of a hold into m.
func (m *History) noteHold(a Attempt) {
	switch {
	case a.Ended.IsZero():
		a.Orphan, a.Unattested, a.Doubt = "", "", "" // which the journal does not keep
		m.held[a.Device] = a
	case m.held[a.Device].ID == a.ID: // its beginning was noted before
		delete(m.held, a.Device)
		return
	}
	m.noteTried(a)
	if a.Cause == CauseStranger {
		m.givenUp[place{a.Device, a.Reservation}] = a.Began
	}
}

// TargetOf is what s is about.
func TargetOf(s Step) Target {
	return Target{s.Op, s.Device, s.PersonKey(), s.Reservation}
}

func holdOf(s Step) holdKey { return holdKey{s.Reservation, s.Cause} }

// Served reports whether deskd logged the person of a booking in for it on its
// device, and until when that session was asked for.
func (m History) Served(l Login) (bool, time.Time) {
	s, ok := m.served[postOf(l)]
	return ok && l.Reservation != "" && s.serves(l), s.Stays
}

// Lasts returns until when the session deskd began for l's person on its device
// was asked for, whatever booking it was begun for, and when it began; zero times
// when deskd began none.
func (m History) Lasts(l Login) (stays, began time.Time) {
	s := m.served[postOf(l)]
	return s.Stays, s.Began
}

// ServedSince reports whether deskd has begun or ended a session of a's person on
// its device after a. A logout that met nobody has ended none.
func (m History) ServedSince(a Attempt) bool {
	return max(m.served[postOf(a.Login)].Attempt, m.ended[postOf(a.Login)].met) > a.ID
}

// EndedEarly are the sessions that deskd has ended at or after an instant, before the
// end that their bookings had.
func (m History) EndedEarly(since time.Time) []EarlyLogout {
	var ends []EarlyLogout
	for _, c := range m.cut {
		if !c.at.Before(since) {
			ends = append(ends, c.EarlyLogout)
		}
	}
	return ends
}

// WithoutEnds is m as if deskd had ended no session early: of a plan for an instant
// of the past, those came later.
func (m History) WithoutEnds() History {
	m.cut = nil
	return m
}

// Session returns the session that deskd began last for l's person on its device, and
// has not ended since.
func (m History) Session(l Login) (Session, bool) {
	s, ok := m.served[postOf(l)]
	return s, ok
}

// Sessions are all of them, in no order, by device.
func (m History) Sessions() iter.Seq2[string, Session] {
	return func(yield func(string, Session) bool) {
		for at, s := range m.served {
			if !yield(at.device, s) {
				return
			}
		}
	}
}

// Newest is the newest attempt that was noted, 0 for none.
func (m History) Newest() int64 { return m.newest }

// Hold returns the hold that lasts at a device.
func (m History) Hold(device string) (Attempt, bool) {
	a, ok := m.held[device]
	return a, ok
}

// Lasting are the holds that have begun and not ended, by device.
func (m History) Lasting() map[string]Attempt { return maps.Clone(m.held) }

// Hung reports whether the last request to a device was not answered in time.
func (m History) Hung(device string) bool { return m.hung[device] }

// Carried says that a session of deskd's is that of another booking than it was begun
// for, or of a longer one, because its person was seen on the phone at that time. It is
// kept with what was last seen of the phone. The zero Carried says nothing.
type Carried struct {
	Session     int64     `json:"session"` // the attempt that began it
	Reservation string    `json:"reservation"`
	Until       time.Time `json:"until"` // of that booking, the latest that was known
}

// Carry says that the session deskd began for l's person on its device is
// that of l, which may be another booking than before, or longer, and returns what is
// to be kept of it, the zero Carried when there is no such session, or nothing new.
func (m *History) Carry(l Login) Carried {
	s, ok := m.served[postOf(l)]
	was := s
	if !ok {
		return Carried{}
	}
	if s.Reservation != l.Reservation {
		s.Reservation, s.Until = l.Reservation, l.Until
	}
	s.Until = reservations.Latest(s.Until, l.Until)
	if s == was {
		return Carried{}
	}
	m.served[postOf(l)] = s
	m.news.of(l.Device)
	return Carried{s.Attempt, s.Reservation, s.Until}
}

// Recall takes in what was kept, by device, of the sessions that were begun last.
func (m *History) Recall(carried map[string]Carried) {
	for at, s := range m.served {
		if c := carried[at.device]; c.Session != 0 && s.Attempt == c.Session {
			s.Reservation, s.Until = c.Reservation, c.Until
			m.served[at] = s
			m.news.of(at.device)
		}
	}
}

// Tried reports whether something was attempted or held for a reservation and
// came to nothing.
func (m History) Tried(reservation string) bool { return m.tried[reservation] }

// GivenUp reports whether a stranger was met on the device of l's desk and held
// up its booking. One who was met at an instant that is still to come, the clock
// having been set back since, held up nothing: the booking's start is to come again.
func (m History) GivenUp(l Login, now time.Time) bool {
	at, met := m.givenUp[place{l.Device, l.Reservation}]
	return met && !at.After(now)
}

// Wait returns the instant before which a step that was refused is not sent
// again, and why; the zero time when nothing speaks against it.
func (m History) Wait(s Step) (time.Time, string) {
	t := m.failed(s)
	if t.n == 0 {
		return time.Time{}, ""
	}
	return t.last.Add(backoff(t)), fmt.Sprintf("try %d, after %s", t.n+1, t.reason())
}

// Failures is how often in a row a step has come to nothing.
func (m History) Failures(s Step) int { return m.failed(s).n }

// failed are the failures of a step that count.
func (m History) failed(s Step) tries {
	t := m.tries[tryOf(s)]
	if m.admits.forgives(t) {
		return tries{}
	}
	return t
}

// Readmit takes in which refusals do not count any more.
func (m *History) Readmit(r Readmission) {
	m.news.all = m.news.all || m.admits != r
	m.admits = r
}

// noteTried notes that something came to nothing for a reservation, whose desk may be
// another one by now. That it is too late stays so until the booking ends.
func (m *History) noteTried(a Attempt) {
	m.news.all = m.news.all || !m.tried[a.Reservation]
	m.tried[a.Reservation] = m.tried[a.Reservation] || a.Cause != CauseTooLate
}

func (t tries) reason() string {
	switch t.out {
	case Refused:
		return fmt.Sprintf("code %d (%s)", t.code, t.class)
	case NoEffect:
		return "a request without effect"
	default:
		return "a request that could not be sent"
	}
}

// Holds reports whether the hold s is the one that lasts at its device.
func (m History) Holds(s Step) bool {
	a, ok := m.held[s.Device]
	return ok && holdOf(a.Step) == holdOf(s)
}
