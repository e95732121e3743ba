package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBoard shows each state a desk can be in, and what is said to be wrong.
func TestBoard(t *testing.T) {
	table := []struct {
		at, booked, have string
		last             Attempt
		state            DeskState
		problem          string
	}{
		{at: "09:30", have: "D1 -", state: DeskFree},
		{at: "09:30", booked: "D1 jane 09:00 12:00", have: "D1 jane ours", state: DeskReady},
		{at: "09:30", booked: "D1 jane 09:00 12:00", have: "D1 JANE", state: DeskReady},
		{at: "08:59", booked: "D1 jane 09:00 12:00", have: "D1 jane ours", state: DeskReady},
		{at: "08:59", booked: "D1 jane 09:00 12:00", have: "D1 jane", state: DeskWalkup},
		{at: "09:00", booked: "D1 jane 09:00 12:00", have: "D1 -", state: DeskStarting},
		{at: "09:02", booked: "D1 jane 09:00 12:00", have: "D1 -", state: DeskMissing, problem: "booked, and nobody is on the phone"},
		{at: "09:02", booked: "D1 jane 09:00 12:00", have: "D1 -", state: DeskMissing, problem: "login jane: no such user (code 23)",
			last: Attempt{Step: Step{Op: OpLogin, Login: Login{Person: "jane"}}, Outcome: Refused, Code: 23, Error: "no such user (code 23)"}},
		{at: "09:00", booked: "D1 jane 09:00 12:00", have: "D1 -", state: DeskMissing, problem: "jane is at D2, by a booking that began earlier",
			last: Attempt{Step: Step{Op: OpHold, Cause: CauseElsewhere, Why: "jane is at D2, by a booking that began earlier", Login: Login{Person: "jane", Reservation: "r1"}}, Outcome: Held}},
		{at: "09:00", booked: "D1 jane 09:00 12:00", have: "D1 -", state: DeskMissing, problem: "login jane: no such user (code 23)",
			last: Attempt{Step: Step{Op: OpLogin, Login: Login{Person: "jane", Reservation: "r1"}}, Outcome: Refused, Code: 23, Error: "no such user (code 23)"}},
		{at: "09:00", booked: "D1 jane 09:00 12:00", have: "D1 max", state: DeskStarting,
			last: Attempt{Step: Step{Op: OpHold, Why: "max has no booking", Login: Login{Person: "eve", Reservation: "r0"}}, Outcome: Held}},
		{at: "09:30", booked: "D1 jane 09:00 12:00", have: "D1 max", state: DeskStranger, problem: "max is on the phone without a booking",
			last: Attempt{Step: Step{Op: OpHold, Why: "max is on the phone without a booking"}, Outcome: Held}},
		{at: "09:30", booked: "D1 ? 09:00 12:00", have: "D1 max", state: DeskOccupied},
		{at: "09:30", have: "D1 max", state: DeskWalkup},
		{at: "12:00", booked: "D1 jane 09:00 12:00", have: "D1 jane ours", state: DeskEnding},
		{at: "09:30", booked: "D1 jane 09:00 12:00", have: "D1 ?", state: DeskUnknown, problem: "has not said"},
		{at: "09:30", have: "D1 !", state: DeskNoDevice, problem: "does not know this device"},
	}
	for _, c := range table {
		var lines []string
		if c.booked != "" {
			lines = append(lines, c.booked)
		}
		h := have(c.have)[0]
		board := Board(world(1, lines...), map[string]Observation{h.Device: h}, map[string]Attempt{h.Device: c.last}, hm(c.at))
		n := board[0]
		if n.State != c.state || !strings.Contains(n.Problem, c.problem) || c.problem == "" && n.Problem != "" {
			t.Errorf("at %s, booked %q, phone %q: %s (%q), want %s (%q)", c.at, c.booked, c.have, n.State, n.Problem, c.state, c.problem)
		}
		if n.State.Trouble() != (n.Problem != "") {
			t.Errorf("%s: trouble %v, problem %q", n.State, n.State.Trouble(), n.Problem)
		}
	}
}

// TestBoardNext shows which bookings stand beside a desk.
func TestBoardNext(t *testing.T) {
	w := world(2, "D1 jane 09:00 12:00", "D1 max 12:00 13:00", "D1 ada 13:00 14:00", "D2 eve 15:00 16:00")
	var got []string
	for _, n := range Board(w, nil, nil, hm("10:00")) {
		line := n.Desk.ID
		if n.Booking != nil {
			line += " now " + n.Booking.Person
		}
		if n.Next != nil {
			line += " next " + n.Next.Person
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"D1 now jane next max", "D2 next eve"}, got); diff != "" {
		t.Errorf("board (-want +got):\n%s", diff)
	}
}

// A phone whose last answer contradicts a success of seconds ago is as that says,
// and the doubt is told.
func TestBoardTellsDoubt(t *testing.T) {
	h := have("D1 jane ours")[0]
	h.Doubt = "in doubt: asked after that login, the phone system shows nobody"
	n := Board(world(1, "D1 jane 09:00 12:00"), map[string]Observation{h.Device: h}, nil, hm("09:30"))[0]
	if n.State != DeskReady || n.Problem != h.Doubt {
		t.Errorf("%s (%q), expected ready, and the doubt", n.State, n.Problem)
	}
}

// Until the instant that is told, a desk stands as it does, and at that instant it may not.
func TestStands(t *testing.T) {
	for _, c := range []struct{ at, booked, until string }{
		{"08:00", "", ""},
		{"08:00", "D1 jane 09:00 12:00", "09:00"},
		{"09:00", "D1 jane 09:00 12:00", "09:01"},
		{"09:01", "D1 jane 09:00 12:00", "12:00"},
		{"11:00", "D1 jane 09:00 12:00, D1 max 11:30 11:45", "11:30"},
		{"12:00", "D1 jane 09:00 12:00", ""},
	} {
		var lines []string
		if c.booked != "" {
			lines = strings.Split(c.booked, ", ")
		}
		got, now := "", hm(c.at)
		if until := Board(world(1, lines...), nil, nil, now)[0].Stands(now); !until.IsZero() {
			got = until.Format("15:04")
		}
		if got != c.until {
			t.Errorf("at %s, booked %q: until %q, want %q", c.at, c.booked, got, c.until)
		}
	}
}
