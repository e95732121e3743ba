package reservations

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Held is what the [Brake] keeps back of a feed's change, and what a person has said
// to it. The zero Held is that of a feed of which nothing is kept back.
type Held struct {
	// Change is what was kept back when the question was first put: each reservation
	// with its desk, person and span, and the ID of the row that goes. Updates are
	// never kept back.
	Change Change
	// Seen says since when each of them was said, and how often.
	Seen map[string]Sighting
	// Until is the end of the window the feed was read for: what it adds beyond
	// came into view, and is no other change.
	Until  time.Time
	Answer Answer
	By     string    // who answered, as in the audit: "cli:jane"
	At     time.Time // when
}

// Sighting is how long, and how often, a feed has said one thing of a held change.
type Sighting struct {
	Since time.Time `json:"since"`
	Times int       `json:"times"`
}

// KeyOfDrop and KeyOfAdd name a reservation in [Held.Seen], one that goes and one that
// comes.
func KeyOfDrop(r Reservation) string { return r.ID }

// KeyOfAdd is the name of one that comes, which has no ID yet. It tells nobody who it
// is of.
func KeyOfAdd(r Reservation) string {
	sum := sha256.Sum256(fmt.Append(nil, slotOf(r)))
	return hex.EncodeToString(sum[:8])
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
// is written again changes uids and lines.
func bare(rs []Reservation) []Reservation {
	all := make([]Reservation, len(rs))
	for i, r := range rs {
		all[i] = Reservation{ID: r.ID, Desk: r.Desk, Person: r.Person, Span: r.Span.UTC()}
	}
	return all
}

// Any reports whether there is a held change.
func (h Held) Any() bool { return len(h.Change.Drop)+len(h.Change.Add) > 0 }

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

// Covers reports whether what is kept back now is what the question was about, or
// what is left of it: the time takes out what has ended, and what was let through.
// What comes into the feed's window is no other change.
func (h Held) Covers(kept Change) bool {
	ids, said := make(map[string]bool), make(map[slot]bool)
	for _, r := range h.Change.Drop {
		ids[r.ID] = true
	}
	for _, r := range h.Change.Add {
		said[slotOf(r)] = true
	}
	return !slices.ContainsFunc(kept.Drop, func(r Reservation) bool { return !ids[r.ID] }) &&
		!slices.ContainsFunc(kept.Add, func(r Reservation) bool { return !said[slotOf(r)] && r.Start.Before(h.Until) })
}
