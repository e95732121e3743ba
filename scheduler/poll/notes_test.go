package poll

import (
	"testing"

	"deskd/reservations"
)

// A note is told once, and another one also where there are as many as before; so is
// an event that has lost its share.
func TestNotesAreToldByContent(t *testing.T) {
	note := func(line int, uid, what string) reservations.Problem {
		return reservations.Problem{Line: line, UID: uid, What: what, Note: true}
	}
	excess := reservations.Problem{UID: "e", What: "too many", Excess: true}
	var n notes
	for i, c := range []struct {
		now   []reservations.Problem
		known bool // as many as the process before has told
		fresh int
	}{
		{[]reservations.Problem{note(1, "a", "zone")}, true, 0},
		{[]reservations.Problem{note(9, "a", "zone")}, true, 0},
		{[]reservations.Problem{note(1, "b", "zone")}, true, 1},
		{[]reservations.Problem{note(1, "b", "rule")}, true, 1},
		{[]reservations.Problem{note(1, "b", "rule"), note(4, "b", "rule"), excess}, false, 1},
		{[]reservations.Problem{excess}, false, 0},
		{nil, false, 0},
		{[]reservations.Problem{excess}, false, 1},
	} {
		if got := n.fresh("hq", c.now, c.known); len(got) != c.fresh {
			t.Errorf("reading %d: %d are told, want %d", i+1, len(got), c.fresh)
		}
	}
	var first notes
	if got := first.fresh("hq", []reservations.Problem{note(1, "a", "zone")}, false); len(got) != 1 {
		t.Errorf("the first reading tells %d", len(got))
	}
}
