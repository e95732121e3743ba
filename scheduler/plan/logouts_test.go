package plan

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/reservations"
)

// began is the history of sessions, one line each: "D1 jane 09:00 12:00".
func began(lines ...string) History {
	m := NewHistory(nil)
	for i, line := range lines {
		f := strings.Fields(line)
		l := Login{Desk: f[0], Device: deviceOf(f[0]), Person: f[1], Reservation: "r" + f[0], From: hm(f[2]), Until: hm(f[3]), Through: hm(f[3])}
		m.Note(Attempt{ID: int64(i + 1), Step: Step{Op: OpLogin, Login: l}, Outcome: Done, Began: l.From})
	}
	return m
}

// deviceOf is the device that world gives a desk.
func deviceOf(desk string) string { return have(desk + " -")[0].Device }

// shown is what phones show, by device: "D1 jane ours", with the booking if that
// is not the first.
func shown(lines ...string) map[string]Observation {
	seen := make(map[string]Observation)
	for _, line := range lines {
		h := have(line)[0]
		if f := strings.Fields(line); h.Ours {
			h.Reservation = cmp.Or(strings.Join(f[3:], ""), "r"+h.Desk)
		}
		seen[h.Device] = h
	}
	return seen
}

// A logout is early if its session was promised for longer, by whatever says so.
func TestEarlyLogouts(t *testing.T) {
	out := func(desk, person string, notBefore string) Step {
		return Step{Op: OpLogout, Login: Login{Desk: desk, Device: deviceOf(desk), Person: person}, NotBefore: hm(notBefore)}
	}
	longer := began("D1 jane 09:00 10:00")
	longer.Carry(Login{Device: deviceOf("D1"), Person: "jane", Reservation: "rD1", Until: hm("12:00")})
	chain := began("D1 jane 09:00 10:00")
	chain.Carry(Login{Device: deviceOf("D1"), Person: "jane", Reservation: "next", Until: hm("11:00")})
	journal := NewHistory([]Attempt{{ID: 1, Outcome: Done, Step: Step{Op: OpLogin, Login: Login{
		Desk: "D1", Device: deviceOf("D1"), Person: "jane", Reservation: "rD1", Until: hm("10:00"), Through: hm("11:00"),
	}}}})
	tests := map[string]struct {
		history History
		phone   string
		step    Step
		want    string // until when it was promised; empty for a logout in time
	}{
		"before the end":         {began("D1 jane 09:00 12:00"), "D1 jane ours", out("D1", "jane", "10:30"), "12:00"},
		"in another case":        {began("D1 jane 09:00 12:00"), "D1 JANE ours", out("D1", "Jane", "10:30"), "12:00"},
		"at the end":             {began("D1 jane 09:00 10:30"), "D1 jane ours", out("D1", "jane", "10:30"), ""},
		"waits for the end":      {began("D1 jane 09:00 10:40"), "D1 jane ours", out("D1", "jane", "10:40"), ""},
		"a walk-up":              {began("D1 jane 09:00 12:00"), "D1 jane", out("D1", "jane", "10:30"), ""},
		"another person by now":  {began("D1 jane 09:00 12:00"), "D1 max ours", out("D1", "jane", "10:30"), ""},
		"no login is known":      {NewHistory(nil), "D1 jane ours", out("D1", "jane", "10:30"), ""},
		"a login is never early": {began("D1 jane 09:00 12:00"), "D1 jane ours", Step{Op: OpLogin, Login: out("D1", "jane", "10:30").Login}, ""},
		"made longer since":      {longer, "D1 jane ours", out("D1", "jane", "10:30"), "12:00"},
		"her next booking":       {chain, "D1 jane ours next", out("D1", "jane", "10:30"), "11:00"},
		"the next, and all that is known is the journal":     {journal, "D1 jane ours next", out("D1", "jane", "10:30"), "11:00"},
		"the first of two, and the second is gone":           {journal, "D1 jane ours", out("D1", "jane", "10:30"), ""},
		"it is known to be held for longer than the journal": {began("D3 ada 09:00 10:00"), "D3 ada ours", out("D3", "ada", "10:30"), "12:00"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			kept := HeldLogouts{{EarlyLogout: EarlyLogout{Session: 1, Until: hm("09:30")}}}
			if strings.HasPrefix(test.phone, "D3") {
				kept[0].Until = hm("12:00")
			}
			got := ""
			for _, e := range EarlyLogouts([]Step{test.step}, Sessions{Seen: shown(test.phone), History: test.history, Held: kept}, hm("10:30")) {
				got += e.Until.Format("15:04")
			}
			if got != test.want {
				t.Errorf("until %q, want %q", got, test.want)
			}
		})
	}
}

// Changes count together that were made within ten minutes, and those of which
// nobody knows when.
func TestTogether(t *testing.T) {
	tests := map[string]struct {
		at   string
		want int
	}{
		"none":                {"", 0},
		"at once":             {"10:00 10:00 10:00", 3},
		"within ten minutes":  {"10:10 10:00 10:05", 3},
		"all morning":         {"08:00 09:00 10:00 11:00", 1},
		"two bursts":          {"08:00 08:01 10:00 10:01 10:02", 3},
		"every eight minutes": {"08:00 08:08 08:16 08:24", 2},
		"unknown":             {"- - 08:00 10:00 10:01", 4},
		"all unknown":         {"- - -", 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var changes []time.Time
			for _, at := range strings.Fields(test.at) {
				if at == "-" {
					changes = append(changes, time.Time{})
				} else {
					changes = append(changes, hm(at))
				}
			}
			if got := Together(changes); got != test.want {
				t.Errorf("%d, want %d", got, test.want)
			}
		})
	}
}

// What is withheld, in the words of a plan.
func TestWithhold(t *testing.T) {
	jane := EarlyLogout{1, "D1", deviceOf("D1"), "jane", "rD1", hm("12:00")}
	tests := map[string]struct{ plan, want string }{
		"a logout":                        {"logout D1 jane end", "hold D1 jane mass-end"},
		"a handover":                      {"logout D1 jane handover; login D1 max start", "hold D1 jane mass-end"},
		"another person's":                {"logout D2 max end; login D2 ada start", "logout D2 max end; login D2 ada start"},
		"her next desk":                   {"logout D1 jane end; login D2 jane start", "hold D1 jane mass-end; hold D2 jane mass-end"},
		"her next desk, another's before": {"logout D2 max handover; login D2 jane start", "logout D2 max handover; hold D2 jane mass-end"},
		"a stranger on her next desk":     {"logout D2 max stranger; login D2 jane start", "hold D2 jane mass-end"},
		"a stranger on another desk":      {"logout D3 max stranger; login D3 ada start", "logout D3 max stranger; login D3 ada start"},
		"her walk-up elsewhere":           {"logout D3 jane elsewhere; login D2 jane start", "hold D2 jane mass-end"},
		"a hold":                          {"hold D2 max unknown", "hold D2 max unknown"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var plan []Step
			for _, text := range strings.Split(test.plan, "; ") {
				f := strings.Fields(text)
				plan = append(plan, Step{Op: Op(f[0]), Login: Login{Desk: f[1], Device: deviceOf(f[1]), Person: f[2]}, Cause: Cause(f[3])})
			}
			var got []string
			for _, s := range Withhold(plan, []EarlyLogout{jane}, "why") {
				got = append(got, fmt.Sprintf("%s %s %s %s", s.Op, s.Desk, s.Person, s.Cause))
			}
			if diff := gocmp.Diff(test.want, strings.Join(got, "; ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever is planned and withheld: nothing more is sent than was planned, what
// is sent is as it was planned and in that order, no held session is ended and
// nobody takes its place, and what is of other phones and people is all there.
func TestWithholdOnlyHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSituation(t)
		plan := s.plan()
		var held []EarlyLogout
		people, devices := make(map[string]bool), make(map[string]bool)
		for _, h := range s.have {
			if h.Ours && h.Person != "" && rapid.Bool().Draw(t, "held "+h.Desk) {
				held = append(held, EarlyLogout{Desk: h.Desk, Device: h.Device, Person: h.Person, Until: s.now.Add(time.Hour)})
				people[reservations.PersonKey(h.Person)], devices[h.Device] = true, true
			}
		}
		steps := Withhold(plan, held, "why")
		rest := plan
		for _, step := range steps {
			if step.Op == OpHold {
				continue
			}
			for len(rest) > 0 && !gocmp.Equal(rest[0], step) {
				rest = rest[1:]
			}
			if len(rest) == 0 {
				t.Fatalf("%+v is not in the plan, or not in its place", step)
			}
			if devices[step.Device] || step.Op == OpLogin && people[step.PersonKey()] {
				t.Fatalf("%s %s %s is sent in spite of a held session", step.Op, step.Desk, step.Person)
			}
		}
		moves := make(map[string]bool) // phones that are made free for a person who stays
		for _, p := range plan {
			moves[p.Device] = moves[p.Device] || p.Op == OpLogin && people[p.PersonKey()]
		}
		var want, got []Step
		for _, p := range plan {
			if !devices[p.Device] && !people[p.PersonKey()] && !moves[p.Device] {
				want = append(want, p)
			}
		}
		for _, p := range steps {
			if !devices[p.Device] && !people[p.PersonKey()] && !moves[p.Device] {
				got = append(got, p)
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("of others (-want +got):\n%s", diff)
		}
		if len(held) == 0 && len(plan)+len(steps) > 0 && !gocmp.Equal(plan, steps) {
			t.Fatal("the plan has changed, though nothing is held")
		}
	})
}

// Early ends are found again in the journal, for as long as they count.
func TestCutFromJournal(t *testing.T) {
	m := began("D1 jane 09:00 12:00", "D2 max 09:00 12:00", "D3 ada 09:00 10:00", "D4 bob 09:00 12:00")
	end := func(desk, person, at string, outcome Outcome) {
		m.Note(Attempt{Step: Step{Op: OpLogout, Login: Login{Desk: desk, Device: deviceOf(desk), Person: person, Reservation: "r" + desk}}, Outcome: outcome, Began: hm(at)})
	}
	end("D1", "jane", "09:30", Done)
	end("D3", "ada", "10:00", Done)    // in time
	end("D4", "bob", "10:00", Refused) // it goes on
	end("D2", "max", "10:05", Done)
	end("D2", "max", "10:05", Done) // verified
	var got []string
	for _, e := range m.EndedEarly(hm("09:55")) {
		got = append(got, fmt.Sprint(e.Session, " ", e.Desk, " ", e.Person, " ", e.Until.Format("15:04")))
	}
	if diff := gocmp.Diff([]string{"2 D2 max 12:00"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(m.cut) != 1 {
		t.Errorf("%d are remembered", len(m.cut))
	}
}

func TestHeldLogouts(t *testing.T) {
	all := HeldLogouts{
		{EarlyLogout: EarlyLogout{Session: 1, Until: hm("12:00")}, Since: hm("10:05")},
		{EarlyLogout: EarlyLogout{Session: 2, Until: hm("12:00")}, Since: hm("10:00"), Released: hm("10:10")},
		{EarlyLogout: EarlyLogout{Session: 4, Until: hm("11:00")}, Since: hm("10:01")},
	}
	if w := all.Waiting(hm("11:00")); len(w) != 1 || w[0].Session != 1 || !w.Since().Equal(hm("10:05")) {
		t.Errorf("waiting at eleven: %+v", w)
	}
	if w := all.Waiting(hm("10:59")); len(w) != 2 || !w.Since().Equal(hm("10:01")) || w.ID() == all.ID() || w.ID() != all.Waiting(hm("10:30")).ID() {
		t.Errorf("waiting before: %+v", w)
	}
	if !HeldLogouts(nil).Since().IsZero() {
		t.Error("none, and yet since some time")
	}
	if _, ok := all.Of(3); ok {
		t.Error("a session that is not held is found")
	}
}

// Early ends count together for ten minutes, and not a second longer.
func TestTogetherForTenMinutes(t *testing.T) {
	at := func(d time.Duration) time.Time { return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).Add(d) }
	for within, want := range map[time.Duration]int{10 * time.Minute: 3, 10*time.Minute + time.Second: 2} {
		if got := Together([]time.Time{at(within), at(0), at(time.Minute)}); got != want {
			t.Errorf("within %v: %d together, want %d", within, got, want)
		}
		m := NewHistory(nil)
		begun := Login{Device: "SEP1", Person: "jane", Reservation: "r", Until: at(time.Hour), Through: at(time.Hour)}
		m.Note(Attempt{ID: 1, Step: Step{Op: OpLogin, Login: begun}, Outcome: Done, Began: at(-time.Hour)})
		m.Note(Attempt{ID: 2, Step: Step{Op: OpLogout, Login: begun}, Outcome: Done, Began: at(0)})
		if got := len(m.EndedEarly(at(within).Add(-EarlyWithin))); got != want-2 {
			t.Errorf("%v after an early logout %d count, want %d", within, got, want-2)
		}
	}
}
