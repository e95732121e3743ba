package reservations

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What an unread event with a new UID and without a time holds: the bookings that
// the calendar does not list any more, if it gives new UIDs to its events.
func TestLostEventsHoldWhatMayBeTheirs(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	row := func(id, uid, desk, person string, hour int) Reservation {
		at := now.Add(time.Duration(hour) * time.Hour)
		return Reservation{ID: id, UID: uid, Desk: desk, Person: person, Status: Confirmed, Span: Span{Start: at, End: at.Add(time.Hour)}}
	}
	have := []Reservation{row("1", "a", "D1", "jane", 1), row("2", "b", "D2", "max", 2), row("3", "c", "D1", "max", 3), row("4", "d", "D3", "", 4)}
	at := func(n int) int64 { return have[n].Start.Unix() }
	many := make([]Lost, mostLoose+1)
	for i := range many {
		many[i] = Lost{UID: "new", Desks: []string{"D9"}}
	}
	for _, tc := range []struct {
		name     string
		lost     []Lost
		listed   string // IDs of the rows that the feed still lists
		mentions string // UIDs
		kept     string
	}{
		{"nothing lost", nil, "1", "x", ""},
		{"nothing to be seen", []Lost{{}}, "1", "x", "2 3 4"},
		{"a desk", []Lost{{Desks: []string{"D1", "D2"}}}, "1", "x", "2 3"},
		{"a person", []Lost{{Person: "MAX"}}, "1", "x", "2 3 4"},
		{"a desk and a person", []Lost{{Desks: []string{"D1"}, Person: "max"}}, "1", "x", "3"},
		{"a start", []Lost{{UID: "new", Start: at(1)}}, "1", "x", "2"},
		{"a start at another desk", []Lost{{UID: "new", Start: at(1), Desks: []string{"D1"}}}, "1", "x", ""},
		{"an end", []Lost{{UID: "new", End: at(2)}}, "1", "x", "2"},
		{"a start counts before an end", []Lost{{Start: at(1), End: at(3)}}, "1", "x", "2"},
		{"the start of a series", []Lost{{UID: "new", Start: at(2), Repeats: true}}, "1", "x", "3 4"},
		{"a series", []Lost{{UID: "new", Repeats: true}}, "1", "x", "2 3 4"},
		{"the UIDs last", []Lost{{UID: "new"}}, "1", "a", ""},
		{"the UIDs last, without one", []Lost{{}}, "1", "a", "2 3 4"},
		{"the UIDs last, and the start is known", []Lost{{UID: "new", Start: at(1)}}, "1", "a", "2"},
		{"nothing tells whether they last", []Lost{{UID: "new"}}, "", "x", "1 2 3 4"},
		{"more are new than last", []Lost{{UID: "new"}}, "1 2 3", "a", "4"},
		{"mentioned ones go", []Lost{{}}, "1", "x c", "2 4"},
		{"the UID of a row", []Lost{{UID: "b"}}, "1", "x", ""},
		{"one of several of a UID", []Lost{{UID: "b", Shared: true, Start: at(1)}}, "1", "b", "2"},
		{"another of several of a UID", []Lost{{UID: "b", Shared: true, Start: at(2)}}, "1", "b", ""},
		{"more than are compared", many, "1", "x", "2 3 4"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			has := func(list, word string) bool { return strings.Contains(" "+list+" ", " "+word+" ") }
			var c Change
			for _, h := range have {
				if !has(tc.listed, h.ID) {
					c.Drop = append(c.Drop, h)
				}
			}
			left, kept := Doubt{Lost: tc.lost, Mentions: func(uid string) bool { return has(tc.mentions, uid) }}.Settle(c, have, now)
			var ids []string
			for _, k := range kept {
				ids = append(ids, k.ID)
			}
			if got := strings.Join(ids, " "); got != tc.kept || len(left.Drop)+len(kept) != len(c.Drop) {
				t.Errorf("keeps %q, want %q; drops %v", got, tc.kept, fmt.Sprint(left.Drop))
			}
		})
	}
}
