package web

import (
	"fmt"
	"strings"

	"deskd/scheduler/plan/board"
)

// tally counts desks.
type tally struct {
	desks    int
	taken    int // booked now, the occupied ones too
	booked   int // booked now by a person the calendar names
	right    int // of those, with that person on the phone
	starting int
	trouble  int // need a look
	blind    int // cannot be checked, because their cluster says nothing
}

func tallyOf(n *board.Desk, trouble, blind bool) tally {
	named := n.Booking != nil && n.Booking.Person != ""
	return tally{
		desks:    1,
		taken:    one(n.Booking != nil),
		booked:   one(named),
		right:    one(named && n.State == board.Ready),
		starting: one(n.State == board.Starting),
		trouble:  one(trouble),
		blind:    one(blind),
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (t *tally) add(o tally) {
	t.desks += o.desks
	t.taken += o.taken
	t.booked += o.booked
	t.right += o.right
	t.starting += o.starting
	t.trouble += o.trouble
	t.blind += o.blind
}

// sentence is the headline: how many bookings are served, and what is not.
func (t tally) sentence() string {
	if t.desks == 0 {
		return "No desk is set up yet."
	}
	lead := fmt.Sprintf("%d of %d booked desks have the right person on the phone", t.right, t.booked)
	switch {
	case t.booked == 0:
		lead = "No desk is booked right now"
	case t.booked == 1 && t.right == 1:
		lead = "The one booked desk has the right person on the phone"
	case t.right == t.booked:
		lead = fmt.Sprintf("All %d booked desks have the right person on the phone", t.booked)
	case t.right == 1:
		lead = fmt.Sprintf("1 of %d booked desks has the right person on the phone", t.booked)
	case t.booked == 1:
		lead = "The one booked desk does not have the right person on the phone"
	}
	if rest := t.rest(); rest != "" {
		return lead + "; " + rest + "."
	}
	return lead + "."
}

// rest lists what the count of booked desks leaves out: those taken without a name,
// and what keeps the tally from being perfect. It is empty when the tally is perfect.
func (t tally) rest() string {
	var parts []string
	if unnamed := t.taken - t.booked; unnamed > 0 {
		parts = append(parts, count(unnamed, "is occupied", "are occupied"))
	}
	if t.starting > 0 {
		parts = append(parts, count(t.starting, "is just starting", "are just starting"))
	}
	if t.trouble > 0 {
		parts = append(parts, count(t.trouble, "needs a look", "need a look"))
	}
	if t.blind > 0 {
		parts = append(parts, count(t.blind, "cannot be checked now", "cannot be checked now"))
	}
	return strings.Join(parts, ", ")
}

// Summary is the line beside the name of a site or floor. It counts as the
// headline does: booked desks are those whose person is known.
func (t tally) Summary() string {
	s := fmt.Sprintf("%s, %d booked", count(t.desks, "desk", "desks"), t.booked)
	if rest := t.rest(); rest != "" {
		s += ", " + rest
	}
	return s
}
