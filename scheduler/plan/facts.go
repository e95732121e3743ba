package plan

import (
	"maps"
	"slices"
	"time"

	"deskd/reservations"
)

// Facts are what a plan has to know besides bookings, phones and attempts.
type Facts struct {
	Lost     map[string]bool // devices whose sessions have vanished together with many others
	Units    string          // why the unit of the sessions looks wrong; empty while it does not
	Misdated []Misdated      // attempts that were begun by a clock put right since
	// Hypothetical says that the plan is for another instant than the clock's: that
	// something was done after it is no sign of a clock that was set back.
	Hypothetical bool
}

// alike reports whether two are the same.
func (f Facts) alike(g Facts) bool {
	return maps.Equal(f.Lost, g.Lost) && f.Units == g.Units && slices.Equal(f.Misdated, g.Misdated) && f.Hypothetical == g.Hypothetical
}

// clone keeps f as it is.
func (f Facts) clone() Facts {
	f.Lost, f.Misdated = maps.Clone(f.Lost), slices.Clone(f.Misdated)
	return f
}

// known is what a plan knows of the past.
type known struct {
	History
	Facts
}

// ahead returns an instant that is still to come and at which, all the same,
// deskd has already begun or ended a session for l's person on its device: the
// clock was set back. Until then, what was done for them there is neither undone
// nor repeated. It is the zero time when there is none; deeds by a clock that
// jumped and was put right do not count.
func (k known) ahead(l Login, now time.Time) time.Time {
	at, begun := k.dated(k.ended[postOf(l)]), k.served[postOf(l)]
	at = reservations.Latest(at, k.dated(deed{attempt: begun.Attempt, began: begun.Began}))
	if k.Hypothetical || !at.After(now) {
		return time.Time{}
	}
	return at
}

// dated is when d was, the zero time when nobody can tell.
func (k known) dated(d deed) time.Time {
	if IsMisdated(k.Misdated, d.attempt) {
		return time.Time{}
	}
	return d.began
}
