package plan

import (
	"strings"
	"testing"

	"deskd/reservations"
)

// A booking that nobody stands for takes no session of its person elsewhere, whether
// the phone system refuses the login (code 25) or would let it go out; one that is
// known to be theirs does.
func TestUnattestedTakesNothing(t *testing.T) {
	at := desk(2).Device
	for _, c := range []struct {
		name       string
		have       string
		due        string // jane's booking of D2, by whom, from when: "house 08:00"
		unattested string // the feed that books D1 from 09:00
		refused    string // what becomes of the login that was refused
		planned    string // … of one that is planned; the phone system ends the first session
	}{
		{"walk-up", "D2 jane", "", "house", "hold", "hold"},
		{"walk-up, last seen there", "D2 jane then", "", "house", "hold", "hold"},
		{"walk-up, attested", "D2 jane", "", "", "logout login", "login"},
		{"own session, booking over", "D2 jane ours", "", "house", "logout login", "logout login"},
		{"own session, attested and earlier", "D2 jane ours", "cli 08:00", "house", "hold", "hold"},
		{"own session, attested and later", "D2 jane ours", "cli 09:05", "house", "hold", "hold"},
		{"own session, earlier", "D2 jane ours", "house 08:00", "house", "hold", "hold"},
		{"own session, later", "D2 jane ours", "house 09:05", "house", "logout login", "login"},
		{"an attested one against an earlier one", "D2 jane ours", "house 08:00", "", "logout login", "login"},
		{"an attested one against an attested one", "D2 jane ours", "cli 08:00", "", "hold", "hold"},
		{"an attested one against a walk-up with a booking there", "D2 jane", "house 08:00", "", "hold", "hold"},
		{"nobody there", "D2 -", "", "house", "login", "login"},
		{"another person there", "D2 max", "", "house", "login", "login"},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := hm("09:00")
			in := Login{Desk: "D1", Device: desk(1).Device, Person: "jane", Reservation: "r1", From: now, Until: hm("12:00"), Through: hm("12:00"), Unattested: c.unattested}
			want := []Login{in}
			if by, from, ok := strings.Cut(c.due, " "); ok {
				l := Login{Desk: "D2", Device: at, Person: "jane", Reservation: "r2", From: hm(from), Until: hm("12:00"), Through: hm("12:00")}
				if by != "cli" {
					l.Unattested = by
				}
				want = append(want, l)
			}
			both := have("D1 -", c.have)
			step := Step{Op: OpLogin, Login: in, NotBefore: now}
			p := DefaultPolicy()
			planner := NewPlanner(p)
			planner.Manage(both)
			planner.Want(want)
			got := relocate(step, planner.around(step, []string{at}, now), p, now)
			if strings.Contains(c.have, "jane") && opsOf(got, "") != c.refused {
				t.Errorf("refused: %s, want %s", opsOf(got, ""), c.refused)
			}
			p.MultipleLogin = MultipleAutoLogout
			plan := Plan(Input{Want: want, Observed: both}, p, now)
			if ops := opsOf(plan, "jane"); ops != c.planned {
				t.Errorf("planned: %s, want %s", ops, c.planned)
			}
			for _, s := range plan {
				if s.Op == OpHold && c.unattested != "" && !strings.Contains(s.Why, "two desks at once") && !strings.Contains(s.Why, `calendar "house"`) {
					t.Errorf("why: %s", s.Why)
				}
			}
		})
	}
}

// opsOf are the operations of steps, of one person where that is given.
func opsOf(steps []Step, person string) string {
	var ops []string
	for _, s := range steps {
		if person == "" || s.Person == person {
			ops = append(ops, string(s.Op))
		}
	}
	return strings.Join(ops, " ")
}

// Where bookings come from decides whether they are believed.
func TestUnattestedOf(t *testing.T) {
	w := World{Feeds: map[string]reservations.Feed{
		"house": {Kind: reservations.KindSite}, "exchange": {Kind: reservations.KindSite, Trust: reservations.TrustOrganizer},
		"d12": {Kind: reservations.KindDesk}, "jane": {Kind: reservations.KindPerson},
	}}
	for source, want := range map[string]string{
		"cli": "", "sql": "", "import": "", "feed:house": "house", "feed:exchange": "", "feed:d12": "", "feed:jane": "", "feed:gone": "gone",
	} {
		if got := w.unattested(reservations.Reservation{Person: "jane", Source: source, Vouched: reservations.ByOrganizer}); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
	if got := w.unattested(reservations.Reservation{Person: "jane", Source: "feed:exchange"}); got != "exchange" {
		t.Errorf("nothing vouches: %q", got)
	}
}
