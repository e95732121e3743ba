package board_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
)

func hm(clock string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-03-02 "+clock)
	if err != nil {
		panic(err)
	}
	return at
}

// world is one of so many desks, with bookings "D1 jane 09:00 12:00"; the person of some
// is not known: ?.
func world(desks int, lines ...string) plan.World {
	var all []reservations.Desk
	for n := range desks {
		all = append(all, reservations.Desk{ID: fmt.Sprintf("D%d", n+1), Cluster: "main", Device: fmt.Sprintf("SEP%d", n+1)})
	}
	var booked []reservations.Reservation
	for i, line := range lines {
		f := strings.Fields(strings.ReplaceAll(line, "?", "nobody"))
		booked = append(booked, reservations.Reservation{
			ID: fmt.Sprintf("r%d", i+1), Desk: f[0], Person: strings.TrimPrefix(f[1], "nobody"), Status: reservations.Confirmed,
			Span: reservations.Span{Start: hm(f[2]), End: hm(f[3])},
		})
	}
	return plan.NewWorld("main", all, nil, booked)
}

// have is what the phone of desk D1 shows: "D1 jane ours", "D1 -" (nobody), "D1 ?" (it is
// not known) or "D1 !" (there is no such phone).
func have(line string) plan.Observation {
	f := strings.Fields(line)
	h := plan.Observation{Desk: "D1", Device: "SEP1", Known: f[1] != "?", Exists: f[1] != "?" && f[1] != "!", Ours: len(f) > 2}
	if len(f[1]) > 1 {
		h.Person = f[1]
	}
	return h
}

// TestBoard shows each state a desk can be in, and what is said to be wrong.
func TestBoard(t *testing.T) {
	table := []struct {
		at, booked, have string
		last             plan.Attempt
		state            board.State
		problem          string
	}{
		{at: "09:30", have: "D1 -", state: board.Free},
		{at: "09:30", booked: "D1 jane 09:00 12:00", have: "D1 jane ours", state: board.Ready},
		{at: "09:30", booked: "D1 jane 09:00 12:00", have: "D1 JANE", state: board.Ready},
		{at: "08:59", booked: "D1 jane 09:00 12:00", have: "D1 jane ours", state: board.Ready},
		{at: "08:59", booked: "D1 jane 09:00 12:00", have: "D1 jane", state: board.Walkup},
		{at: "09:00", booked: "D1 jane 09:00 12:00", have: "D1 -", state: board.Starting},
		{at: "09:02", booked: "D1 jane 09:00 12:00", have: "D1 -", state: board.Missing, problem: "booked, and nobody is on the phone"},
		{at: "09:02", booked: "D1 jane 09:00 12:00", have: "D1 -", state: board.Missing, problem: "login jane: no such user (code 23)",
			last: plan.Attempt{Step: plan.Step{Op: plan.OpLogin, Login: plan.Login{Person: "jane"}}, Outcome: plan.Refused, Code: 23, Error: "no such user (code 23)"}},
		{at: "09:00", booked: "D1 jane 09:00 12:00", have: "D1 -", state: board.Missing, problem: "jane is at D2, by a booking that began earlier",
			last: plan.Attempt{Step: plan.Step{Op: plan.OpHold, Cause: plan.CauseElsewhere, Why: "jane is at D2, by a booking that began earlier", Login: plan.Login{Person: "jane", Reservation: "r1"}}, Outcome: plan.Held}},
		{at: "09:00", booked: "D1 jane 09:00 12:00", have: "D1 -", state: board.Missing, problem: "login jane: no such user (code 23)",
			last: plan.Attempt{Step: plan.Step{Op: plan.OpLogin, Login: plan.Login{Person: "jane", Reservation: "r1"}}, Outcome: plan.Refused, Code: 23, Error: "no such user (code 23)"}},
		{at: "09:00", booked: "D1 jane 09:00 12:00", have: "D1 max", state: board.Starting,
			last: plan.Attempt{Step: plan.Step{Op: plan.OpHold, Why: "max has no booking", Login: plan.Login{Person: "eve", Reservation: "r0"}}, Outcome: plan.Held}},
		{at: "09:30", booked: "D1 jane 09:00 12:00", have: "D1 max", state: board.Stranger, problem: "max is on the phone without a booking",
			last: plan.Attempt{Step: plan.Step{Op: plan.OpHold, Why: "max is on the phone without a booking"}, Outcome: plan.Held}},
		{at: "09:30", booked: "D1 ? 09:00 12:00", have: "D1 max", state: board.Occupied},
		{at: "09:30", have: "D1 max", state: board.Walkup},
		{at: "12:00", booked: "D1 jane 09:00 12:00", have: "D1 jane ours", state: board.Ending},
		{at: "09:30", booked: "D1 jane 09:00 12:00", have: "D1 ?", state: board.Unknown, problem: "has not said"},
		{at: "09:30", have: "D1 !", state: board.NoDevice, problem: "does not know this device"},
	}
	for _, c := range table {
		var lines []string
		if c.booked != "" {
			lines = append(lines, c.booked)
		}
		h := have(c.have)
		shown := board.Of(world(1, lines...), map[string]plan.Observation{h.Device: h}, map[string]plan.Attempt{h.Device: c.last}, hm(c.at))
		n := shown[0]
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
	for _, n := range board.Of(w, nil, nil, hm("10:00")) {
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
	h := have("D1 jane ours")
	h.Doubt = "in doubt: asked after that login, the phone system shows nobody"
	n := board.Of(world(1, "D1 jane 09:00 12:00"), map[string]plan.Observation{h.Device: h}, nil, hm("09:30"))[0]
	if n.State != board.Ready || n.Problem != h.Doubt {
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
		if until := board.Of(world(1, lines...), nil, nil, now)[0].Stands(now); !until.IsZero() {
			got = until.Format("15:04")
		}
		if got != c.until {
			t.Errorf("at %s, booked %q: until %q, want %q", c.at, c.booked, got, c.until)
		}
	}
}

// A login is under way for a minute after the booking's start; then the phone is one
// that nobody is on.
func TestStartingFor(t *testing.T) {
	at := hm("09:00")
	for after, want := range map[time.Duration]board.State{time.Minute - 1: board.Starting, time.Minute: board.Missing} {
		booked := []reservations.Reservation{{Person: "jane", Span: reservations.Span{Start: at, End: at.Add(time.Hour)}}}
		if got := (board.Standing{Booked: booked, Phone: have("D1 -")}).At(at.Add(after)).State; got != want {
			t.Errorf("%v after the start: %v", after, got)
		}
	}
}
