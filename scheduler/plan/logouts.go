package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"deskd/reservations"
)

// EarlyWithin is the time within which early logouts count together: both since they
// were carried out, and between the changes that led to them. A program that
// takes one row after the other is stopped as well, and people who shorten their
// bookings all morning to end at noon are not.
const EarlyWithin = 10 * time.Minute

// EarlyLogout is the end of a session of deskd's before the end its booking had:
// the booking was deleted, cancelled, shortened, moved or given to another person
// since the session began. Or it is that of a walk-up (walkups: end).
type EarlyLogout struct {
	Session     int64     `json:"session"` // the attempt that began it; of a walk-up a negative number of its own
	Desk        string    `json:"desk"`
	Device      string    `json:"device"`
	Person      string    `json:"person"`
	Reservation string    `json:"reservation"`
	Until       time.Time `json:"until"` // the end that the booking had
}

// Fate is what has become of the booking of a session, and by whom.
type Fate struct {
	// Row is the reservation as it is now, the zero one when it was deleted.
	Row reservations.Reservation `json:"row"`
	// Kind says what was changed: reservation, or desk or person for a booking
	// that is as it was.
	Kind string `json:"kind"`
	// Actor made the newest change of that by the audit, at At: "cli:jane",
	// "feed:hq", "daemon", "sql" for another program; empty when the audit has none.
	Actor string    `json:"actor"`
	At    time.Time `json:"at"`
	// Device and Cluster are those that the session's desk has now, where Kind is
	// desk; empty when it was deleted.
	Device  string `json:"device,omitempty"`
	Cluster string `json:"cluster,omitempty"`
}

// Attested reports whether deskd itself has made the change, on behalf of a
// person or of a feed, which has a brake of its own.
func (f Fate) Attested() bool { return f.Actor != "" && f.Actor != "sql" }

// HeldLogout is an early logout that waits for a person, or that a person has released.
type HeldLogout struct {
	EarlyLogout
	Since    time.Time `json:"since"`
	Released time.Time `json:"released,omitzero"` // zero while it waits
	By       string    `json:"by,omitempty"`      // who released it, as in the audit: "cli:jane"
	// Unreadable says what another program has written so that it cannot be read.
	Unreadable string `json:"unreadable,omitempty"`
}

// HeldLogouts are those of one cluster, in the order of their sessions.
type HeldLogouts []HeldLogout

// Waiting returns those that wait for a person at now: a booking that has come
// to its own end needs nobody any more.
func (h HeldLogouts) Waiting(now time.Time) HeldLogouts {
	var waiting HeldLogouts
	for _, e := range h {
		if e.Released.IsZero() && e.Until.After(now) {
			waiting = append(waiting, e)
		}
	}
	return waiting
}

// Since is when the first of them was held, the zero time when there is none.
func (h HeldLogouts) Since() time.Time {
	var first time.Time
	for _, e := range h {
		if first.IsZero() || !e.Since.IsZero() && e.Since.Before(first) {
			first = e.Since
		}
	}
	return first
}

// ID names these ends, in eight hexadecimal digits: an answer that carries it is
// to them and no others.
func (h HeldLogouts) ID() string {
	sum := sha256.New()
	for _, e := range h {
		fmt.Fprintln(sum, e.Session)
	}
	return hex.EncodeToString(sum.Sum(nil)[:4])
}

// Of returns the end of a session.
func (h HeldLogouts) Of(session int64) (HeldLogout, bool) {
	i, ok := slices.BinarySearchFunc(h, session, func(e HeldLogout, id int64) int { return cmp.Compare(e.Session, id) })
	if !ok {
		return HeldLogout{}, false
	}
	return h[i], true
}

// Sessions are what is known of those that steps may end.
type Sessions struct {
	Seen    map[string]Observation // by device
	History History
	// Held are the early logouts that are held: they may have been promised for longer
	// than the journal says.
	Held HeldLogouts
	// Ahead is how far now is past the clock that is trusted: what is still to come by
	// that one is early, too.
	Ahead time.Duration
}

// EarlyLogouts are the ends that the steps would bring before their time, in
// the order of the plan.
func EarlyLogouts(steps []Step, at Sessions, now time.Time) []EarlyLogout {
	seen, m, kept, ahead := at.Seen, at.History, at.Held, at.Ahead
	var early []EarlyLogout
	for _, s := range steps {
		h := seen[s.Device]
		if s.Op == OpLogout && s.Cause == CauseWalkup {
			early = append(early, walkupEnd(h, kept, now))
			continue
		}
		if s.Op != OpLogout || !h.Ours || !reservations.SamePerson(h.Person, s.Person) {
			continue
		}
		begun := m.served[postOf(s.Login)]
		until := begun.promised(h.Reservation)
		if k, ok := kept.Of(begun.Attempt); ok {
			until = reservations.Latest(until, k.Until)
		}
		if until.After(reservations.Latest(now, s.NotBefore).Add(-ahead)) {
			early = append(early, EarlyLogout{begun.Attempt, begun.Desk, h.Device, h.Person, h.Reservation, until})
		}
	}
	return early
}

// walkupStays is how long a walk-up stays whose logout waits for a person: a
// working day, and no night.
const walkupStays = 24 * time.Hour

// walkupEnd is the end of the walk-up seen in h: the same one as long as they stay, also
// when the clock is set meanwhile.
func walkupEnd(h Observation, kept HeldLogouts, now time.Time) EarlyLogout {
	sum := fnv.New64a()
	fmt.Fprintln(sum, h.Device, reservations.PersonKey(h.Person), h.First.UnixMilli())
	e := EarlyLogout{Session: -int64(sum.Sum64()>>1) - 1, Desk: h.Desk, Device: h.Device, Person: h.Person, Until: now.Add(walkupStays)}
	if k, ok := kept.Of(e.Session); ok {
		e.Until = k.Until
	}
	return e
}

// cut is an early logout that was carried out.
type cut struct {
	EarlyLogout
	at time.Time
}

// noteCut notes the logout a if it ended a session early. Only the last ones are
// kept.
func (m *History) noteCut(a Attempt) {
	begun, ok := m.served[postOf(a.Login)]
	if until := begun.promised(a.Reservation); ok && until.After(a.Began) {
		m.cut = slices.DeleteFunc(m.cut, func(c cut) bool { return c.at.Before(a.Began.Add(-EarlyWithin)) })
		m.cut = append(m.cut, cut{EarlyLogout{begun.Attempt, a.Desk, a.Device, a.Person, a.Reservation, until}, a.Began})
	}
}

// Together is the largest number of changes within EarlyWithin of each other.
// Those at no known time count with all others.
func Together(changes []time.Time) int {
	changes = slices.SortedFunc(slices.Values(changes), time.Time.Compare)
	most, unknown, from := 0, 0, 0
	for i, at := range changes {
		if at.IsZero() {
			unknown++
			from = i + 1
			continue
		}
		for at.Sub(changes[from]) > EarlyWithin {
			from++
		}
		most = max(most, i-from+1)
	}
	return unknown + most
}

// Withhold turns the logouts of held logouts into holds that say why, and likewise
// the logins of their people elsewhere, who stay where they are. The login of
// a person who is to have the desk of a held logout waits behind it, and a logout
// that only makes room for a login that is held is not sent either. Everything
// else is as it was: nothing more is sent, and nothing of another phone and
// person is changed.
func Withhold(plan []Step, held []EarlyLogout, why string) []Step {
	on := make(map[string]EarlyLogout, len(held))    // by device
	stays := make(map[string]EarlyLogout, len(held)) // by person
	for _, e := range held {
		on[e.Device], stays[reservations.PersonKey(e.Person)] = e, e
	}
	unserved := make(map[string]bool) // devices whose login is held
	for _, s := range plan {
		_, stay := stays[s.PersonKey()]
		unserved[s.Device] = unserved[s.Device] || stay && s.Op == OpLogin
	}
	steps := make([]Step, 0, len(plan))
	for _, s := range plan {
		here, mine := on[s.Device]
		there, stay := stays[s.PersonKey()]
		switch {
		case s.Op == OpHold:
		case mine && s.Op == OpLogout:
			s.Login = Login{Desk: here.Desk, Device: here.Device, Person: here.Person, Reservation: here.Reservation, Until: here.Until}
			if here.Session < 0 {
				s.Why = fmt.Sprintf("%s is one of many people on phones without a booking (walkups: end); %s", here.Person, why)
				s.Op, s.Cause = OpHold, CauseMassEnd
				break
			}
			s.Op, s.Cause, s.Why = OpHold, CauseMassEnd, fmt.Sprintf("%s had the desk until %s; %s", here.Person, here.Until.UTC().Format(time.RFC3339), why)
		case mine:
			continue
		case stay && s.Op == OpLogin:
			s.Op, s.Cause, s.Why = OpHold, CauseMassEnd, fmt.Sprintf("%s is still on desk %s; %s", s.Person, there.Desk, why)
		case s.Cause == CauseStranger && unserved[s.Device], s.Cause == CauseElsewhere && stay:
			continue
		}
		steps = append(steps, s)
	}
	return steps
}
