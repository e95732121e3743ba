package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
)

// The tables below speak of one morning; hm gives its instants.
func hm(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-03-02 "+clock)
	if err != nil {
		t, err = time.Parse("2006-01-02 15:04", "2026-03-02 "+clock)
	}
	if err != nil {
		panic(err)
	}
	return t
}

func desk(n int) reservations.Desk {
	return reservations.Desk{ID: fmt.Sprintf("D%d", n), Site: "berlin", Cluster: "main", Device: fmt.Sprintf("SEP%012d", n)}
}

// booked makes reservations from lines "D1 jane 09:00 12:00".
func booked(lines ...string) []reservations.Reservation {
	var all []reservations.Reservation
	for i, line := range lines {
		f := strings.Fields(line)
		person := f[1]
		if person == "?" {
			person = ""
		}
		all = append(all, reservations.Reservation{
			ID: fmt.Sprintf("r%d", i+1), Desk: f[0], Person: person, Status: reservations.Confirmed,
			Span: reservations.Span{Start: hm(f[2]), End: hm(f[3])},
		})
	}
	return all
}

func world(desks int, lines ...string) World {
	var all []reservations.Desk
	for n := 1; n <= desks; n++ {
		all = append(all, desk(n))
	}
	var people []reservations.Person
	for _, r := range booked(lines...) {
		if r.Person != "ghost" { // whom nobody knows
			people = append(people, reservations.Person{ID: r.Person})
		}
	}
	return NewWorld("main", all, people, booked(lines...))
}

// have makes observations from lines "D1 jane ours", "D1 -", "D1 ?" (unknown),
// "D1 max then" (seen once, and unknown now), "D1 max booked" (who came by himself, and has
// had a booking there) and "D1 !" (no such device).
func have(lines ...string) []Observation {
	var all []Observation
	for _, line := range lines {
		f := strings.Fields(line)
		var n int
		if _, err := fmt.Sscanf(f[0], "D%d", &n); err != nil {
			panic(err)
		}
		h := Observation{Desk: f[0], Device: desk(n).Device, Known: f[1] != "?", Exists: f[1] != "!" && f[1] != "?"}
		if len(f[1]) > 1 {
			h.Person = f[1]
		}
		h.Ours = len(f) > 2 && f[2] == "ours"
		if len(f) > 2 && f[2] == "booked" {
			h.Reservation = "theirs"
		}
		h.Known = h.Known && (len(f) < 3 || f[2] != "then")
		all = append(all, h)
	}
	return all
}

func show(steps []Step) []string {
	var lines []string
	for _, s := range steps {
		line := fmt.Sprintf("%s %s %s %s", s.Op, s.Desk, s.Person, s.Cause)
		if s.Op != OpHold {
			line += " " + s.NotBefore.Format("15:04:05")
		}
		lines = append(lines, line)
	}
	return lines
}

// served is the history of one booking of jane's on D1 whose session was asked
// for until through.
func served(reservation string, through time.Time) History {
	l := Login{Reservation: reservation, Device: desk(1).Device, Person: "jane", Through: through}
	return NewHistory([]Attempt{{Step: Step{Op: OpLogin, Login: l}, Outcome: Done}})
}

// TestPolicyTable walks the policy table cell by cell.
func TestPolicyTable(t *testing.T) {
	policy := func(change func(*Policy)) Policy {
		p := DefaultPolicy()
		if change != nil {
			change(&p)
		}
		return p
	}
	left := NewHistory([]Attempt{{Step: Step{Op: OpHold, Cause: CauseStranger, Login: Login{Device: desk(1).Device, Reservation: "r1"}}, Outcome: Held}})
	// The clock shows 09:30; at 10:00 of the same day, jane was logged in, or out.
	begun := Attempt{Step: Step{Op: OpLogin, Login: Login{Device: desk(1).Device, Person: "jane"}}, Outcome: Done, Began: hm("10:00")}
	over := begun
	over.Op, over.Began = OpLogout, hm("10:30")
	begins, ends := NewHistory([]Attempt{begun}), NewHistory([]Attempt{begun, over})
	table := []struct {
		name    string
		at      string
		booked  []string
		have    []string
		history History
		facts   Facts
		policy  func(*Policy)
		want    []string
	}{
		{name: "nobody, booked", at: "09:30", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"},
			want: []string{"login D1 jane start 08:59:40"}},
		{name: "nobody, not booked", at: "09:30", have: []string{"D1 -"}},
		{name: "right person", at: "09:30", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 JANE"}},
		{name: "right person, early", at: "08:55", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 jane"}},
		{name: "due early on a free desk", at: "08:55", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"},
			want: []string{"login D1 jane start 08:59:40"}},
		{name: "not early before the lead", at: "08:49", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"}},
		{name: "nothing early while another's booking runs", at: "08:55", booked: []string{"D1 max 08:00 09:00", "D1 jane 09:00 12:00"}, have: []string{"D1 max ours"}},
		{name: "hand-over", at: "09:00", booked: []string{"D1 max 08:00 09:00", "D1 jane 09:00 12:00"}, have: []string{"D1 max ours"},
			want: []string{"logout D1 max handover 09:00:00", "login D1 jane start 09:00:00"}},
		{name: "vanished, always", at: "10:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"}, history: served("r1", hm("12:00")),
			want: []string{"login D1 jane vanished 08:59:40"}},
		{name: "vanished, never", at: "10:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"}, history: served("r1", hm("12:00")),
			policy: func(p *Policy) { p.Relogin = ReloginNever }, want: []string{"hold D1 jane vanished"}},
		{name: "vanished alone, outage", at: "10:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"}, history: served("r1", hm("12:00")),
			policy: func(p *Policy) { p.Relogin = ReloginOutage }, want: []string{"hold D1 jane vanished"}},
		{name: "vanished with many, outage", at: "10:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"}, history: served("r1", hm("12:00")), facts: Facts{Lost: map[string]bool{desk(1).Device: true}},
			policy: func(p *Policy) { p.Relogin = ReloginOutage }, want: []string{"login D1 jane vanished 08:59:40"}},
		{name: "expired in an extended booking, whatever relogin says", at: "11:30", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"}, history: served("r1", hm("11:00")),
			policy: func(p *Policy) { p.Relogin = ReloginNever }, want: []string{"login D1 jane expired 08:59:40"}},
		{name: "booking over, ours", at: "12:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 jane ours"},
			want: []string{"logout D1 jane end 12:00:00"}},
		{name: "booking over, ours, in grace", at: "12:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 jane ours"},
			policy: func(p *Policy) { p.Grace = 10 * time.Minute }, want: []string{"logout D1 jane end 12:10:00"}},
		{name: "grace ends for the next person", at: "12:05", booked: []string{"D1 jane 09:00 12:00", "D1 max 12:10 14:00"}, have: []string{"D1 jane ours"},
			policy: func(p *Policy) { p.Grace = 30 * time.Minute }, want: []string{"logout D1 jane end 12:09:40", "login D1 max start 12:09:40"}},
		{name: "booking over, not ours", at: "12:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 jane"}},
		{name: "cancelled, ours", at: "10:00", have: []string{"D1 jane ours"}, want: []string{"logout D1 jane end 10:00:00"}},
		{name: "same person back to back", at: "12:00", booked: []string{"D1 jane 09:00 12:00", "D1 jane 12:00 15:00"}, have: []string{"D1 jane ours"}},
		{name: "same person again soon", at: "12:00", booked: []string{"D1 jane 09:00 12:00", "D1 jane 12:05 15:00"}, have: []string{"D1 jane ours"}},
		{name: "stranger, takeover", at: "09:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 max"},
			want: []string{"logout D1 max stranger 09:00:00", "login D1 jane stranger 09:00:00"}},
		{name: "came by himself, his booking is over", at: "09:00", booked: []string{"D1 max 08:00 09:00", "D1 jane 09:00 12:00"}, have: []string{"D1 max booked"},
			policy: func(p *Policy) { p.Stranger = StrangerWait }, want: []string{"logout D1 max handover 09:00:00", "login D1 jane start 09:00:00"}},
		{name: "came by himself, his booking is over, long ago", at: "09:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 max booked"},
			policy: func(p *Policy) { p.Stranger = StrangerLeave }, want: []string{"logout D1 max handover 08:59:40", "login D1 jane start 08:59:40"}},
		{name: "came by himself, nobody is next", at: "12:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 jane booked"}},
		{name: "came by himself, the next is to come", at: "12:55", booked: []string{"D1 jane 09:00 12:00", "D1 max 13:00 14:00"}, have: []string{"D1 jane booked"}},
		{name: "stranger before the start", at: "08:58", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 max"}},
		{name: "stranger, wait", at: "09:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 max"},
			policy: func(p *Policy) { p.Stranger = StrangerWait }, want: []string{"hold D1 jane stranger"}},
		{name: "stranger gone, wait", at: "09:30", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"}, history: left,
			policy: func(p *Policy) { p.Stranger = StrangerWait }, want: []string{"login D1 jane start 08:59:40"}},
		{name: "stranger, leave", at: "09:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 max"},
			policy: func(p *Policy) { p.Stranger = StrangerLeave }, want: []string{"hold D1 jane stranger"}},
		{name: "stranger gone, leave", at: "09:30", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"}, history: left,
			policy: func(p *Policy) { p.Stranger = StrangerLeave }, want: []string{"hold D1 jane stranger"}},
		{name: "walk-up, leave", at: "09:00", have: []string{"D1 max"}},
		{name: "walk-up, end", at: "09:00", have: []string{"D1 max"},
			policy: func(p *Policy) { p.Walkups = WalkupsEnd }, want: []string{"logout D1 max walkup 09:00:00"}},
		{name: "unknown, booked", at: "09:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 ?"}, want: []string{"hold D1 jane unknown"}},
		{name: "a stranger was on it, unknown now", at: "09:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 max then"}, want: []string{"hold D1 jane unknown"}},
		{name: "nobody was on it, unknown now", at: "09:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 - then"}, want: []string{"hold D1 jane unknown"}},
		{name: "unknown, not booked", at: "09:00", have: []string{"D1 ?"}},
		{name: "unknown, own session", at: "13:00", have: []string{"D1 ? ours"}, want: []string{"hold D1  unknown"}},
		{name: "never asked", at: "09:00", booked: []string{"D1 jane 09:00 12:00"}, want: []string{"hold D1 jane unknown"}},
		{name: "no such device", at: "09:00", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 !"}, want: []string{"hold D1 jane no-device"}},
		{name: "too late", at: "11:56", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"}, want: []string{"hold D1 jane too-late"}},
		{name: "too late, but the one before has to go", at: "11:56", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 max ours"},
			want: []string{"logout D1 max end 11:56:00"}},
		{name: "too late, was on", at: "11:56", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"}, history: served("r1", hm("12:00"))},
		{name: "occupied by an unnamed person", at: "09:30", booked: []string{"D1 ? 09:00 12:00"}, have: []string{"D1 max"},
			policy: func(p *Policy) { p.Walkups = WalkupsEnd }},
		{name: "occupied by an unnamed person, own session before", at: "09:00", booked: []string{"D1 ? 09:00 12:00"}, have: []string{"D1 max ours"},
			want: []string{"logout D1 max end 09:00:00"}},
		{name: "clock set back, own session", at: "09:30", have: []string{"D1 jane ours"}, history: begins, want: []string{"hold D1 jane clock"}},
		{name: "clock set back, own session and another's booking", at: "09:30", booked: []string{"D1 max 09:00 12:00"}, have: []string{"D1 jane ours"}, history: begins, want: []string{"hold D1 max clock"}},
		{name: "clock set back, own session and its booking", at: "09:30", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 jane ours"}, history: begins},
		{name: "clock set back, session ended already", at: "09:30", booked: []string{"D1 jane 09:00 10:30"}, have: []string{"D1 -"}, history: ends, want: []string{"login D1 jane start 08:59:40"}},
		{name: "clock set back, session ended already, a stranger", at: "09:30", booked: []string{"D1 jane 09:00 10:30"}, have: []string{"D1 max"}, history: ends, want: []string{"hold D1 jane clock"}},
		{name: "clock set back, and come so far again", at: "10:30", booked: []string{"D1 jane 09:00 12:00"}, have: []string{"D1 -"}, history: ends, want: []string{"login D1 jane start 08:59:40"}},
		{name: "booked by an unknown person", at: "09:30", booked: []string{"D1 ghost 09:00 12:00"}, have: []string{"D1 -"}, want: []string{"hold D1 ghost no-person"}},
		{name: "booked by an unknown person, own session on it", at: "09:30", booked: []string{"D1 ghost 09:00 12:00"}, have: []string{"D1 max ours"}, want: []string{"hold D1 ghost no-person"}},
		{name: "two desks at once, the phone system ended the first session", at: "10:05", booked: []string{"D1 jane 09:00 12:00", "D2 jane 10:00 11:00"},
			have: []string{"D1 -", "D2 jane ours"}, history: served("r1", hm("12:00")), want: []string{"hold D1 jane elsewhere"}},
		{name: "not early while the person's own booking runs elsewhere", at: "08:55", booked: []string{"D1 jane 08:00 09:00", "D2 jane 09:00 12:00"},
			have: []string{"D1 jane ours", "D2 -"}, want: []string{"login D2 jane start 09:00:00"}},
		{name: "changing desks: out before in", at: "09:00", booked: []string{"D2 jane 08:00 09:00", "D1 jane 09:00 12:00"},
			have: []string{"D1 -", "D2 jane ours"}, want: []string{"logout D2 jane end 09:00:00", "login D1 jane start 09:00:00"}},
		{name: "swapping desks: both out before both in", at: "09:00",
			booked: []string{"D1 jane 08:00 09:00", "D2 max 08:00 09:00", "D1 max 09:00 12:00", "D2 jane 09:00 12:00"},
			have:   []string{"D1 jane ours", "D2 max ours"},
			want: []string{"logout D1 jane handover 09:00:00", "logout D2 max handover 09:00:00",
				"login D1 max start 09:00:00", "login D2 jane start 09:00:00"}},
		{name: "other logouts after due logins", at: "09:00", booked: []string{"D1 max 08:00 09:00", "D2 jane 09:00 12:00"},
			have: []string{"D1 max ours", "D2 -"}, want: []string{"login D2 jane start 08:59:40", "logout D1 max end 09:00:00"}},
		{name: "a wave of three at one a second", at: "08:59", booked: []string{"D1 a1 09:00 12:00", "D2 a2 09:00 12:00", "D3 a3 09:00 12:00"},
			have: []string{"D1 -", "D2 -", "D3 -"}, want: []string{"login D1 a1 start 08:59:37", "login D2 a2 start 08:59:38", "login D3 a3 start 08:59:40"}},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			p, now := policy(c.policy), hm(c.at)
			desks := max(1, len(c.have))
			if c.history.served == nil {
				c.history = NewHistory(nil)
			}
			in := Input{Want: Wanted(world(desks, c.booked...), p, now), Observed: have(c.have...), History: c.history, Facts: c.facts}
			steps := Plan(in, p, now)
			if diff := cmp.Diff(c.want, show(steps)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
			for _, s := range steps {
				if s.Why == "" {
					t.Errorf("%s %s has no reason", s.Op, s.Desk)
				}
			}
		})
	}
}

// TestThrough shows how long the same person's bookings follow each other without
// a gap.
func TestThrough(t *testing.T) {
	w := world(1, "D1 jane 09:00 12:00", "D1 Jane 12:00 13:00", "D1 jane 13:00 14:00", "D1 jane 14:01 15:00", "D1 max 15:00 16:00")
	got := Wanted(w, DefaultPolicy(), hm("09:00"))
	if len(got) != 1 || !got[0].Through.Equal(hm("14:00")) || !got[0].Until.Equal(hm("12:00")) {
		t.Errorf("wanted %+v, want one login until 12:00 through 14:00", got)
	}
}

// TestStaysBetween shows that a session is asked for over the gaps in which the person
// stays logged in, and over no longer ones, nor over anybody else.
func TestStaysBetween(t *testing.T) {
	grace := DefaultPolicy()
	grace.Grace = 2 * time.Minute
	for _, c := range []struct {
		policy Policy
		booked []string
		want   string
	}{
		{DefaultPolicy(), []string{"D1 jane 09:00 10:00"}, "10:00"},
		{DefaultPolicy(), []string{"D1 jane 09:00 10:00", "D1 Jane 10:05 11:00"}, "11:00"},
		{DefaultPolicy(), []string{"D1 jane 09:00 10:00", "D1 jane 10:00 10:30", "D1 jane 10:40 11:00", "D1 jane 11:01 12:00"}, "12:00"},
		{DefaultPolicy(), []string{"D1 jane 09:00 10:00", "D1 jane 10:11 11:00"}, "10:00"},
		{grace, []string{"D1 jane 09:00 10:00", "D1 jane 10:12 11:00"}, "11:00"},
		{DefaultPolicy(), []string{"D1 jane 09:00 10:00", "D1 max 10:01 10:02", "D1 jane 10:05 11:00"}, "10:00"},
		{DefaultPolicy(), []string{"D1 jane 09:00 10:00", "D2 jane 10:05 11:00"}, "10:00"},
	} {
		got := Wanted(world(1, c.booked...), c.policy, hm("09:00"))
		if len(got) != 1 || !got[0].Stays.Equal(hm(c.want)) {
			t.Errorf("%v: wanted %+v, want one login that stays until %s", c.booked, got, c.want)
		}
	}
}

// TestElsewhere walks the answers to a login refused for a session elsewhere.
func TestElsewhere(t *testing.T) {
	in := Step{Op: OpLogin, Login: Login{Desk: "D1", Device: desk(1).Device, Person: "jane", Reservation: "r1", From: hm("09:00")}, NotBefore: hm("09:00")}
	at := desk(2).Device
	table := []struct {
		name   string
		on     []string
		have   []string
		booked string // whose D2 is, at 08:59 or from then on
		policy Elsewhere
		want   []string
	}{
		{"own session on an ended booking", []string{at}, []string{"D2 jane ours"}, "", ElsewhereMove, []string{"logout D2 jane elsewhere 09:00:00", "login D1 jane  09:00:00"}},
		{"walk-up on a free desk", []string{at}, []string{"D2 jane"}, "", ElsewhereMove, []string{"logout D2 jane elsewhere 09:00:00", "login D1 jane  09:00:00"}},
		{"own session, the desk is another's", []string{at}, []string{"D2 jane ours"}, "max 08:00", ElsewhereMove, []string{"logout D2 jane elsewhere 09:00:00", "login D1 jane  09:00:00"}},
		{"stranger on another's desk", []string{at}, []string{"D2 jane"}, "max 08:00", ElsewhereMove, []string{"hold D1 jane elsewhere"}},
		{"walk-up on a desk that will be another's", []string{at}, []string{"D2 jane"}, "max 09:00", ElsewhereMove, []string{"logout D2 jane elsewhere 09:00:00", "login D1 jane  09:00:00"}},
		{"two bookings at once", []string{at}, []string{"D2 jane ours"}, "jane 08:00", ElsewhereMove, []string{"hold D1 jane elsewhere"}},
		{"two bookings that begin together", []string{at}, []string{"D2 jane ours"}, "jane 09:00", ElsewhereMove, []string{"hold D1 jane elsewhere"}},
		{"another booking that begins later", []string{at}, []string{"D2 jane ours"}, "jane 09:01", ElsewhereMove, []string{"logout D2 jane elsewhere 09:00:00", "login D1 jane  09:00:00"}},
		{"unmanaged phone", []string{"SEPFFFFFFFFFFFF"}, nil, "", ElsewhereMove, []string{"hold D1 jane elsewhere"}},
		{"policy refuses", []string{at}, []string{"D2 jane ours"}, "", ElsewhereRefuse, []string{"hold D1 jane elsewhere"}},
		{"gone meanwhile", []string{in.Device}, nil, "", ElsewhereMove, []string{"login D1 jane  09:00:00"}},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			var want []Login
			if who, from, ok := strings.Cut(c.booked, " "); ok {
				want = []Login{{Desk: "D2", Device: at, Person: who, From: hm(from), Until: hm("12:00")}}
			}
			p := DefaultPolicy()
			p.Elsewhere = c.policy
			planner := NewPlanner(p)
			planner.Manage(have(c.have...))
			planner.Want(want)
			s := planner.around(in, c.on, hm("08:59"))
			if diff := cmp.Diff(c.want, show(relocate(in, s, p, hm("09:00")))); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWaits pins when a step that was refused is tried again.
func TestWaits(t *testing.T) {
	s := Step{Op: OpLogin, Login: Login{Device: desk(1).Device, Person: "jane", Reservation: "r1"}}
	at := hm("09:00")
	table := []struct {
		name    string
		outcome Outcome
		code    int
		class   Class
		waits   []time.Duration
	}{
		{"database error", Refused, 6, ClassRetry, []time.Duration{5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 5 * time.Minute}},
		{"busy", Refused, 26, ClassBusy, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second, 15 * time.Second}},
		{"another user", Refused, 18, ClassObserve, []time.Duration{0, 15 * time.Second, time.Minute, 5 * time.Minute, 5 * time.Minute}},
		{"logged in elsewhere", Refused, 25, ClassElsewhere, []time.Duration{0, 15 * time.Second, time.Minute, 5 * time.Minute}},
		{"policy", Refused, 4, ClassPolicy, []time.Duration{30 * time.Second, 15 * time.Minute}},
		{"no such user", Refused, 23, ClassFault, []time.Duration{30 * time.Second, 15 * time.Minute, 15 * time.Minute}},
		{"undocumented code", Refused, 99, ClassFault, []time.Duration{30 * time.Second, 15 * time.Minute}},
		{"wrong password", Refused, 3, ClassCredentials, []time.Duration{20 * time.Minute, time.Hour, 4 * time.Hour, 4 * time.Hour}},
		{"success without effect", NoEffect, 0, "", []time.Duration{5 * time.Second, 15 * time.Second, 15 * time.Minute}},
		{"not sent", NotSent, 0, "", []time.Duration{5 * time.Second, 15 * time.Second}},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			m := NewHistory(nil)
			for i, want := range c.waits {
				m.Note(Attempt{Step: s, Outcome: c.outcome, Code: c.code, Class: c.class, Ended: at})
				until, why := m.Wait(s)
				if got := until.Sub(at); got != want {
					t.Errorf("after failure %d: wait %v, want %v", i+1, got, want)
				}
				if !strings.Contains(why, fmt.Sprintf("try %d", i+2)) {
					t.Errorf("after failure %d: %q does not count the tries", i+1, why)
				}
			}
			other := s
			other.Reservation = "r2"
			if until, _ := m.Wait(other); !until.IsZero() {
				t.Errorf("the next booking waits until %v too", until)
			}
			m.Note(Attempt{Step: s, Outcome: Done, Ended: at})
			if until, _ := m.Wait(s); until.IsZero() {
				t.Error("an answer alone ends the waiting")
			}
			m.Note(Attempt{Step: s, Outcome: Done, Ended: at, Verified: at})
			if until, _ := m.Wait(s); !until.IsZero() {
				t.Errorf("after a success that was seen: wait until %v", until)
			}
		})
	}
}
