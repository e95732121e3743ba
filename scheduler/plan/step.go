package plan

import (
	"time"

	"deskd/reservations"
)

// Login is a session that should be: Person on Device from From until Until.
type Login struct {
	Desk        string    `json:"desk"`
	Device      string    `json:"device"`
	Person      string    `json:"person"`
	Profile     string    `json:"profile,omitempty"` // empty: the person's default profile
	Reservation string    `json:"reservation,omitempty"`
	From        time.Time `json:"from"`
	// Until is the end of the booking.
	Until time.Time `json:"until"`
	// Through is the end of the last of the same person's bookings on this desk
	// that follow without a gap.
	Through time.Time `json:"through"`
	// Stays is until when the session is asked for, because a running session
	// cannot be extended: Through, or the end of those bookings of theirs that
	// follow so soon that they stay logged in between. Zero stands for Through.
	Stays time.Time `json:"stays,omitzero"`
	// Release is the earliest instant the login may go out: nothing early is
	// sent while another person's booking runs on the desk, or while the
	// person's own booking runs on another.
	Release time.Time `json:"release"`
	// Orphan names the feed that booked it where the configuration has no feed of
	// that name: nobody is logged in by it any more. Empty for all others.
	Orphan string `json:"orphan,omitempty"`
	// Unattested names the feed that booked it where nobody stands for its person: it
	// takes no session of theirs elsewhere. Empty for all others.
	Unattested string `json:"unattested,omitempty"`
	// Known is when the booking came to be as it is, by the database: it was
	// entered, or changed, then. A login cannot be in time for one entered late.
	Known time.Time `json:"known,omitzero"`
	// Doubt says why the booking cannot be acted on, although its desk is taken:
	// neither a login nor a logout is right then. Empty for all others.
	Doubt string `json:"doubt,omitempty"`
}

// Observation is what was last seen at a device. The zero Observation is that of a device
// nobody has asked about: Known is false, and it is never acted on.
type Observation struct {
	Desk   string `json:"desk,omitempty"`
	Device string `json:"device"`
	Person string `json:"person,omitempty"` // logged in now; empty: nobody
	Raw    string `json:"-"`                // Person as the reply spelt it, only in a fresh answer
	Exists bool   `json:"exists"`           // the phone system knows the device
	Known  bool   `json:"known"`            // the last query about it was answered
	// Doubt says why an answer about the device leaves it unknown or, where it is
	// known, what contradicts that: see [Proofs]. Empty where nothing does.
	Doubt string `json:"doubt,omitempty"`
	// Ours says that deskd began this session and has seen no end of it since.
	Ours bool `json:"ours"`
	// Visitor says that Person belongs to another cluster (EMCC). Their session is
	// never deskd's, and never ended by it.
	Visitor bool `json:"visitor,omitempty"`
	// Reservation is the booking an own session was begun for; of one that its person began, the
	// last one of theirs that was seen to run there since, empty for a walk-up without any.
	Reservation string    `json:"reservation,omitempty"`
	Since       time.Time `json:"since,omitzero"` // Person (or nobody) was first seen so
	// First is Since by the clock of then: it stays as it is when the clock is set,
	// and tells a session from others of the same person there.
	First time.Time `json:"-"`
	At    time.Time `json:"at,omitzero"` // of the last answer
	// Spared says that they were found on the phone (at Since) when the database
	// had just been restored or taken over, which may lack their booking. Of a phone
	// without anybody it says that its first answer showed nobody; see [Observation.Settled].
	Spared bool `json:"spared,omitempty"`
	// Carried is the booking that the last session of deskd's there went on into.
	Carried Carried `json:"-"`
}

// Unasked reports whether h is what a database knew that was restored or taken
// over: its device was not asked since.
func (h Observation) Unasked() bool { return h.At.IsZero() && !h.Since.IsZero() }

// Settled reports whether h tells who was on the phone when a database had just been
// restored or taken over. The first answer may be from before, by a node that is
// behind ([Proofs]): a person who shows in place of another may have been there already.
func (h Observation) Settled() bool { return !h.Spared || !h.At.Before(h.Since.Add(StaleFor)) }

// spares reports whether the person on the phone may have had a booking at the time
// of l that a restored database lacks.
func (h Observation) spares(l Login) bool { return h.Spared && !l.From.After(h.Since) }

// Op is what a step does.
type Op string

// The operations. A Hold sends nothing: it records why.
const (
	OpLogin  Op = "login"
	OpLogout Op = "logout"
	OpHold   Op = "hold"
)

// Cause is why a step is taken, in one word, for metrics and reports.
type Cause string

// The causes. Those of [Cause.Drift] are differences that no booking edge explains.
const (
	CauseStart     Cause = "start"      // a booking starts, or has started
	CauseEnd       Cause = "end"        // a booking has ended, or what has become of it ends its session
	CauseHandover  Cause = "handover"   // an ended booking's session makes room for the next
	CauseExpired   Cause = "expired"    // the session's own duration ended before the booking
	CauseVanished  Cause = "vanished"   // logged in by deskd during this booking, now nobody
	CauseStranger  Cause = "stranger"   // a person without a booking is on a booked desk
	CauseWalkup    Cause = "walkup"     // a person without a booking is on a free desk
	CauseIdle      Cause = "idle"       // a person without a booking has not touched the phone for long
	CauseElsewhere Cause = "elsewhere"  // the person is logged in on another device
	CauseUnit      Cause = "unit"       // sessions of the cluster end much too early: its unit looks wrong
	CauseClock     Cause = "clock"      // the clock was set back behind what has been done
	CauseProbe     Cause = "probe"      // deskd probe-duration measures how long a session lasts
	CauseUnknown   Cause = "unknown"    // the device's state is not known
	CauseNoDevice  Cause = "no-device"  // the phone system does not know the device
	CauseNoPerson  Cause = "no-person"  // the booking names a person deskd does not know
	CauseNoFeed    Cause = "no-feed"    // the booking is of a feed that is not configured
	CauseNoCluster Cause = "no-cluster" // the desk's cluster is not configured: nobody drives its phone
	CauseTooLate   Cause = "too-late"   // less is left of the booking than a login is worth
	CauseFeeds     Cause = "feeds"      // a calendar that may name the person there was not read yet
	CauseCall      Cause = "call"       // an ended booking's person is in a call
	CauseMassEnd   Cause = "mass-end"   // too many bookings were cut short at once: a person decides
)

// Drift reports whether c is a difference between phones and bookings that
// arose in between, rather than the edge of a booking.
func (c Cause) Drift() bool {
	switch c {
	case CauseStart, CauseEnd, CauseHandover, CauseProbe, CauseMassEnd, CauseCall, CauseIdle:
		return false
	}
	return true
}

// Step is one thing a round does, or declines to do.
type Step struct {
	Op Op `json:"op"`
	Login
	Cause Cause  `json:"cause"`
	Why   string `json:"why"`
	// Due is the instant the step should be through; NotBefore the instant it
	// is sent at the earliest. Between rounds a step waits for its NotBefore.
	Due       time.Time `json:"due"`
	NotBefore time.Time `json:"not_before"`
	// Held says, in a [scheduler.Preview] alone, why the step is not sent although its time
	// has come.
	Held string `json:"held,omitempty"`
}

// Outcome says how an attempt stands.
type Outcome string

// The outcomes. Open and Unknown are the two that a query has still to resolve.
const (
	Open     Outcome = "open"      // the intent is recorded; the request may be under way
	Done     Outcome = "done"      // answered with success, or resolved so by a query
	Refused  Outcome = "refused"   // answered with a code
	Unknown  Outcome = "unknown"   // no answer that can be trusted
	NotSent  Outcome = "not-sent"  // it never left this machine
	NoEffect Outcome = "no-effect" // a query showed that nothing had changed
	// Abandoned: the outcome cannot be found out any more; Error says why.
	Abandoned Outcome = "abandoned"
	Held      Outcome = "held" // a hold: nothing was to be sent
)

// Attempt is a row of the journal: one login, logout or hold with its reason
// and its outcome. It is written (Open) before the request leaves.
type Attempt struct {
	ID      int64  `json:"id"`
	Cluster string `json:"cluster"`
	Step
	Outcome Outcome   `json:"outcome"`
	Code    int       `json:"code,omitempty"`  // of the phone system, with Refused; also of a logout, done, that met nobody
	Class   Class     `json:"class,omitempty"` // of that code, or no-answer
	Error   string    `json:"error,omitempty"` // in words, without secrets
	Began   time.Time `json:"began"`
	// Ended is when the answer came, or was given up. A hold has ended when it is
	// over; zero before.
	Ended time.Time `json:"ended,omitzero"`
	// Verified is the instant a query showed the attempt's effect, zero before.
	Verified time.Time `json:"verified,omitzero"`
	// CallList says, of a logout that was done, what became of the phone's list of calls, in the
	// words of deskd/scheduler/callhistory; empty while that is open, or nobody clears lists.
	CallList string `json:"call_list,omitempty"`
	// Anonymised says that whose it was, and the words about it, have been
	// removed, long after it ended.
	Anonymised bool `json:"anonymised,omitempty"`
}

// Lateness is how long after the booking's start, or after the booking was entered
// or changed if that was later, a done login was confirmed, never negative; false
// for anything else, and for one that its booking has had before: hours after the
// start it is not late.
func (a Attempt) Lateness() (time.Duration, bool) {
	if a.Op != OpLogin || a.Outcome != Done || a.Cause == CauseVanished || a.Cause == CauseExpired {
		return 0, false
	}
	due := reservations.Latest(a.From, reservations.Earliest(a.Known, a.Began)) // what is entered by another clock counts from here
	return max(0, a.Ended.Sub(due)), true
}

// LateFor is how long a login that was thought lost may still take effect.
const LateFor = 5 * time.Minute

// SessionEnd is until when the session is asked for.
func (l Login) SessionEnd() time.Time { return reservations.Latest(l.Through, l.Stays) }

// PersonKey folds the person to the phone system's idea of identity.
func (l Login) PersonKey() string { return reservations.PersonKey(l.Person) }

// StartingFor is how long after a booking's start its login may be under way.
const StartingFor = time.Minute

// OrNobody is a person in words, also where there is none.
func OrNobody(person string) string {
	if person == "" {
		return "nobody"
	}
	return person
}
