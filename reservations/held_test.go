package reservations

import (
	"slices"
	"testing"
	"time"
)

// What an answer is about, and what is another question.
func TestHeldCovers(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC) }
	row := func(id, desk, person string, from int) Reservation {
		return Reservation{ID: id, Desk: desk, Person: person, Span: Span{at(from), at(from + 1)}, UID: "u" + id, Line: from}
	}
	a, b, c := row("a", "D1", "jane", 9), row("b", "D2", "max", 9), row("c", "D3", "ada", 10)
	added, moved := row("", "D4", "bob", 11), row("u", "D5", "cyd", 12)
	held := NewHeld(Change{Add: []Reservation{added}, Update: []Reservation{moved}, Drop: []Reservation{a, b}}, at(20))
	renamed := added
	renamed.UID, renamed.Line, renamed.Person = "new at every fetch", 99, "BOB"
	other := moved
	other.Person = "dan"
	for name, tt := range map[string]struct {
		change             Change
		accepted, rejected bool
	}{
		"the same":              {Change{Add: []Reservation{added}, Update: []Reservation{moved}, Drop: []Reservation{a, b}}, true, true},
		"one has ended":         {Change{Add: []Reservation{added}, Drop: []Reservation{b}}, true, true},
		"with new uids":         {Change{Add: []Reservation{renamed}, Drop: []Reservation{b, a}}, true, true},
		"drops another":         {Change{Drop: []Reservation{a, b, c}}, false, false},
		"drops another instead": {Change{Drop: []Reservation{c}}, false, false},
		"adds another":          {Change{Add: []Reservation{row("", "D6", "eve", 13)}, Drop: []Reservation{a, b}}, false, false},
		"comes into view":       {Change{Add: []Reservation{row("", "D6", "eve", 20)}, Drop: []Reservation{a, b}}, true, true},
		"updates otherwise":     {Change{Update: []Reservation{other}, Drop: []Reservation{a, b}}, true, true},
	} {
		for answer, want := range map[Answer]bool{Unanswered: tt.accepted, Accepted: tt.accepted, Rejected: tt.rejected} {
			held.Answer = answer
			if got := held.Covers(tt.change); got != want {
				t.Errorf("%s, %q: covered %v, want %v", name, answer, got, want)
			}
		}
	}
	if (Held{}).Any() || !held.Any() {
		t.Error("a held change is not told from none")
	}
	same := NewHeld(Change{Add: []Reservation{{Desk: "D4", Person: "bob", Span: added.Span, UID: "other"}}, Update: []Reservation{moved}, Drop: []Reservation{a, b}}, at(23))
	if held.ID() != same.ID() || len(held.ID()) != 8 {
		t.Errorf("ids %q and %q of the same change", held.ID(), same.ID())
	}
	if less := NewHeld(Change{Drop: slices.Clone(held.Change.Drop[:1])}, at(20)); less.ID() == held.ID() {
		t.Error("two changes have the same id")
	}
}
