package reservations

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

// Held is a change of a feed that its [Brake] keeps back, and what a person has
// said to it. The zero Held is that of a feed of which nothing is kept back.
type Held struct {
	// Change is what the feed said when the question was first put, each
	// reservation with its desk, person and span, and the ID of the row it drops
	// or replaces.
	Change Change
	// Until is the end of the window the feed was read for: what it adds beyond
	// came into view, and is no other change.
	Until  time.Time
	Answer Answer
	By     string    // who answered, as in the audit: "cli:jane"
	At     time.Time // when
}

// Answer is what a person says to a held change.
type Answer string

// The answers. Unanswered, a change waits for one, or for the feed to repeat it
// long enough.
const (
	Unanswered Answer = ""
	Accepted   Answer = "accepted" // it is applied
	Rejected   Answer = "rejected" // the last good state stays until the feed says something else
)

// NewHeld returns the question whether c, read up to until, may be applied.
func NewHeld(c Change, until time.Time) Held {
	return Held{Change: Change{Add: bare(c.Add), Update: bare(c.Update), Drop: bare(c.Drop)}, Until: until}
}

// bare keeps of each reservation what its person would notice: a calendar that
// is written anew changes uids and lines.
func bare(rs []Reservation) []Reservation {
	all := make([]Reservation, len(rs))
	for i, r := range rs {
		all[i] = Reservation{ID: r.ID, Desk: r.Desk, Person: r.Person, Span: r.Span.UTC()}
	}
	return all
}

// Any reports whether there is a held change.
func (h Held) Any() bool { return len(h.Change.Drop) > 0 }

// ID names the change, in eight hexadecimal digits: an answer that carries it
// is to this change and no other.
func (h Held) ID() string {
	raw, err := json.Marshal(h.Change)
	if err != nil {
		return "" // of text and times within a calendar's years: never
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:4])
}

// Covers reports whether c is the change the question was about, or what is
// left of it: the time takes bookings out that have ended. For an acceptance
// only what is dropped counts, which alone is held; a rejection is of all the
// feed said.
func (h Held) Covers(c Change) bool {
	ids := make(map[string]bool, len(h.Change.Drop))
	for _, r := range h.Change.Drop {
		ids[r.ID] = true
	}
	if slices.ContainsFunc(c.Drop, func(r Reservation) bool { return !ids[r.ID] }) {
		return false
	}
	return h.Answer != Rejected || h.says(c)
}

// says reports whether h's feed has said all that c adds and updates.
func (h Held) says(c Change) bool {
	said := make(map[slot]bool)
	for _, r := range slices.Concat(h.Change.Add, h.Change.Update) {
		said[slotOf(r)] = true
	}
	return !slices.ContainsFunc(slices.Concat(c.Add, c.Update), func(r Reservation) bool {
		return !said[slotOf(r)] && r.Start.Before(h.Until)
	})
}
