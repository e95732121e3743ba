package notices

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// at is an instant of the day on which everything happens, such as "12:45".
func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-03-02 "+(clock + ":00")[:8])
	if err != nil {
		panic(err)
	}
	return t
}

func booking(id, desk, person, from, to string) reservations.Reservation {
	return reservations.Reservation{ID: id, Desk: desk, Person: person, Span: reservations.Span{Start: at(from), End: at(to)}, Status: reservations.Confirmed, Updated: at("07:00")}
}

var (
	desks = []reservations.Desk{{ID: "A", Cluster: "main", Device: "SEPA"}, {ID: "B", Cluster: "main", Device: "SEPB"}}
	all   = Wishes{BeforeEnd: []time.Duration{15 * time.Minute, 5 * time.Minute}, Moved: true, Next: true}
	onA   = Session{Desk: "A", Device: "SEPA", Person: "Jane", Reservation: "r"}
)

func updated(r reservations.Reservation, clock string) reservations.Reservation {
	r.Updated = at(clock)
	return r
}

func ofFeed(r reservations.Reservation, s reservations.Status) reservations.Reservation {
	r.Source, r.UID, r.Status = "feed:hq", "u", s
	return r
}

func ended(s Session, clock string) Session {
	s.Ended = at(clock)
	return s
}

// What is due, by the words of the table: kind, desk, whose, how late it is.
func TestDue(t *testing.T) {
	for name, c := range map[string]struct {
		booked, gone []reservations.Reservation
		sessions     []Session
		now          string
		wishes       *Wishes
		want         string
	}{
		"too early":               {booked: []reservations.Reservation{booking("r", "A", "jane", "09:00", "13:00")}, now: "12:44:59", want: "next 12:45:00"},
		"a quarter before":        {booked: []reservations.Reservation{booking("r", "A", "jane", "09:00", "13:00")}, now: "12:45", want: "before_end r on A next 12:55:00"},
		"both":                    {booked: []reservations.Reservation{booking("r", "A", "jane", "09:00", "13:00")}, now: "12:55", want: "before_end r on A (its time had passed by 10m0s when it could be told), before_end r on A"},
		"two minutes late":        {booked: []reservations.Reservation{booking("r", "A", "jane", "09:00", "13:00")}, now: "12:47", want: "before_end r on A next 12:55:00"},
		"later":                   {booked: []reservations.Reservation{booking("r", "A", "jane", "09:00", "13:00")}, now: "12:47:01", want: "before_end r on A (its time had passed by 2m1s when it could be told) next 12:55:00"},
		"over":                    {booked: []reservations.Reservation{booking("r", "A", "jane", "12:50", "13:00")}, now: "13:00", want: "before_end r on A (the booking had ended before it could be told)"},
		"ended at once":           {booked: []reservations.Reservation{updated(booking("r", "A", "jane", "09:00", "13:00"), "12:59:59")}, now: "13:00:30"},
		"another's clock is fast": {booked: []reservations.Reservation{updated(booking("r", "A", "jane", "09:00", "13:00"), "18:00")}, now: "12:45", want: "before_end r on A next 12:55:00"},
		"shortened":               {booked: []reservations.Reservation{updated(booking("r", "A", "jane", "09:00", "13:00"), "12:46")}, now: "12:46", want: "before_end r on A next 12:55:00"},
		"shorter than a quarter":  {booked: []reservations.Reservation{booking("r", "A", "jane", "12:50", "13:00")}, now: "12:50", want: "next 12:55:00"},
		"nobody's":                {booked: []reservations.Reservation{booking("r", "A", "", "09:00", "13:00")}, now: "12:50"},
		"another cluster's":       {booked: []reservations.Reservation{booking("r", "C", "jane", "09:00", "13:00")}, now: "12:50"},
		"goes on":                 {booked: []reservations.Reservation{booking("r", "A", "jane", "09:00", "13:00"), booking("s", "A", "JANE", "13:10", "14:00")}, now: "12:50", want: "next 13:45:00"},
		"another goes on":         {booked: []reservations.Reservation{booking("r", "A", "jane", "09:00", "13:00"), booking("s", "A", "max", "13:10", "14:00")}, now: "12:46", want: "before_end r on A next 12:55:00"},
		"goes on elsewhere":       {booked: []reservations.Reservation{booking("r", "A", "jane", "09:00", "13:00"), booking("s", "B", "jane", "13:00", "14:00")}, now: "12:46", want: "before_end r on A next 12:55:00"},
		"no wish":                 {booked: []reservations.Reservation{booking("r", "A", "jane", "09:00", "13:00")}, now: "12:50", wishes: &Wishes{Moved: true, Next: true}},

		"moved": {booked: []reservations.Reservation{updated(booking("r", "B", "jane", "09:00", "17:00"), "11:00")}, sessions: []Session{onA}, now: "11:00:15", want: "moved r on A to B next 16:45:00"},
		"moved, and logged out": {
			booked: []reservations.Reservation{updated(booking("r", "B", "jane", "09:00", "17:00"), "11:00")}, sessions: []Session{ended(onA, "11:00:20")}, now: "11:00:35",
			want: "moved r on A to B next 16:45:00",
		},
		"logged out, and moved": {booked: []reservations.Reservation{updated(booking("r", "B", "jane", "09:00", "17:00"), "11:00")}, sessions: []Session{ended(onA, "10:59:50")}, now: "11:00:35", want: "next 16:45:00"},
		"moved, but has another": {
			booked:   []reservations.Reservation{updated(booking("r", "B", "jane", "09:00", "17:00"), "11:00"), booking("s", "A", "jane", "10:00", "12:00")},
			sessions: []Session{onA}, now: "11:00:15", want: "next 11:45:00",
		},
		"moved to another person": {booked: []reservations.Reservation{updated(booking("r", "B", "max", "09:00", "17:00"), "11:00")}, sessions: []Session{onA}, now: "11:00:15", want: "next 16:45:00"},
		"not moved":               {booked: []reservations.Reservation{booking("r", "A", "jane", "09:00", "17:00")}, sessions: []Session{onA}, now: "11:00", want: "next 16:45:00"},
		"a calendar's": {
			booked: []reservations.Reservation{ofFeed(updated(booking("s", "B", "jane", "09:00", "17:00"), "11:00"), reservations.Confirmed)},
			gone:   []reservations.Reservation{ofFeed(booking("r", "A", "jane", "09:00", "17:00"), reservations.Withdrawn)}, sessions: []Session{onA}, now: "11:00:15", want: "moved s on A to B next 16:45:00",
		},
		"a calendar's other event": {
			booked: []reservations.Reservation{booking("s", "B", "jane", "09:00", "17:00")},
			gone:   []reservations.Reservation{ofFeed(booking("r", "A", "jane", "09:00", "17:00"), reservations.Withdrawn)}, sessions: []Session{onA}, now: "11:00:15", want: "next 16:45:00",
		},
		"moves are no wish": {booked: []reservations.Reservation{updated(booking("r", "B", "jane", "09:00", "17:00"), "11:00")}, sessions: []Session{onA}, now: "11:00:15", wishes: &Wishes{Next: true}},

		"the next person waits": {booked: []reservations.Reservation{booking("n", "A", "max", "13:00", "13:10")}, sessions: []Session{onA}, now: "13:00:30", want: "next r on A to n next 13:05:00"},
		"not yet":               {booked: []reservations.Reservation{booking("n", "A", "max", "13:00", "13:10")}, sessions: []Session{onA}, now: "13:00:29", want: "next 13:00:30"},
		"nobody waits":          {sessions: []Session{onA}, now: "13:00:30"},
		"still theirs":          {booked: []reservations.Reservation{booking("r", "A", "jane", "12:00", "13:10"), booking("n", "A", "max", "13:00", "13:10")}, sessions: []Session{onA}, now: "13:00:30", want: "before_end r on A (its time had passed by 5m30s when it could be told) next 13:05:00"},
		"has gone":              {booked: []reservations.Reservation{booking("n", "A", "max", "13:00", "13:10")}, sessions: []Session{ended(onA, "13:00:10")}, now: "13:00:30", want: "next 13:05:00"},
		"waiting is no wish":    {booked: []reservations.Reservation{booking("n", "A", "max", "13:00", "13:10")}, sessions: []Session{onA}, now: "13:00:30", wishes: &Wishes{Moved: true}},
	} {
		t.Run(name, func(t *testing.T) {
			w := all
			if c.wishes != nil {
				w = *c.wishes
			}
			f := Facts{Desks: desks, Booked: c.booked, Gone: c.gone, Sessions: c.sessions, Gap: 10 * time.Minute}
			if got := words(f, w, at(c.now)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			f.Told = make(map[string]bool)
			due, _ := f.Due(w, at(c.now))
			for _, n := range due {
				f.Told[n.Key()] = true
			}
			if again, _ := f.Due(w, at(c.now)); len(again) > 0 {
				t.Errorf("told again: %+v", again)
			}
		})
	}
}

func words(f Facts, w Wishes, now time.Time) string {
	due, next := f.Due(w, now)
	var parts []string
	for _, n := range due {
		text := fmt.Sprintf("%s %s on %s", n.Kind, n.Reservation, n.Desk)
		if n.Other != "" {
			text += " to " + n.Other
		}
		if late := n.Late(now); late != "" {
			text += " (" + late + ")"
		}
		parts = append(parts, text)
	}
	text := strings.Join(parts, ", ")
	if !next.IsZero() {
		text += " next " + next.Format("15:04:05")
	}
	return strings.TrimSpace(text)
}

// A booking that is given another end is told of that one, though it was told of the one before.
func TestExtended(t *testing.T) {
	f := Facts{Desks: desks, Booked: []reservations.Reservation{booking("r", "A", "jane", "09:00", "13:00")}, Told: make(map[string]bool)}
	for _, now := range []string{"12:45", "12:55"} {
		due, _ := f.Due(all, at(now))
		for _, n := range due {
			f.Told[n.Key()] = true
		}
	}
	f.Booked[0].End = at("13:30")
	if got := words(f, all, at("13:15")); got != "before_end r on A next 13:25:00" {
		t.Errorf("got %s", got)
	}
}

// Nothing is pushed to a phone on which another person is, or may be.
func TestJudge(t *testing.T) {
	now := at("12:45")
	seen := func(person string) Sight { return Sight{Known: true, Person: person, At: now} }
	for name, c := range map[string]struct {
		kind    Kind
		sight   Sight
		over    Outcome
		problem string
	}{
		"their own":             {BeforeEnd, seen("JANE"), "", ""},
		"nobody":                {BeforeEnd, seen(""), Absent, ""},
		"nobody waits for next": {Next, seen(""), Absent, ""},
		"nobody, moved":         {Moved, seen(""), "", ""},
		"another":               {Moved, seen("max"), SomeoneElse, ""},
		"another before an end": {BeforeEnd, seen("max"), SomeoneElse, ""},
		"a visitor":             {Moved, Sight{Known: true, Visitor: true, At: now}, SomeoneElse, ""},
		"not known":             {BeforeEnd, Sight{At: now}, "", "the phone system does not say who is on the phone"},
		"old":                   {BeforeEnd, Sight{Known: true, Person: "jane", At: now.Add(-6 * time.Second)}, "", "it was not asked just before who is on the phone"},
		"a login is due":        {Moved, Sight{Known: true, At: now, Due: now.Add(9 * time.Second)}, "", "a login at the phone is due"},
		"one is due later":      {Moved, Sight{Known: true, At: now, Due: now.Add(10 * time.Second)}, "", ""},
		"their own, one is due": {Next, Sight{Known: true, Person: "jane", At: now, Due: now}, "", ""},
	} {
		over, problem := Notice{Kind: c.kind, Person: "Jane"}.Judge(c.sight, now)
		if over != c.over || problem != c.problem {
			t.Errorf("%s: %q, %q, want %q, %q", name, over, problem, c.over, c.problem)
		}
	}
	if s := SightOf(plan.Observation{Known: true, Exists: true, Raw: "Max"}, now); s.Person != "Max" || !s.Known {
		t.Errorf("an answer is taken for %+v", s)
	}
	if SightOf(plan.Observation{Known: true}, now).Known {
		t.Error("of a phone that is not there something is known")
	}
}

// A try that comes to nothing is repeated for two minutes.
func TestTries(t *testing.T) {
	var tries Tries
	now, n := at("12:45"), 0
	for {
		next, again := tries.Again(now)
		if !again {
			break
		}
		if next.After(now) {
			now = next
		}
		tries = tries.Failed("no answer", now)
		n++
	}
	if took := now.Sub(tries.First); n != 7 || took != 2*time.Minute || tries.Problem != "no answer" {
		t.Errorf("%d tries in %s", n, took)
	}
	if _, again := tries.Again(tries.First.Add(-time.Hour)); again {
		t.Error("a clock that was set back has it tried on")
	}
}

// Sessions are those that deskd has begun for a booking.
func TestSessions(t *testing.T) {
	running := Running(desks, []plan.Observation{
		{Device: "SEPA", Person: "Jane", Reservation: "r", Ours: true},
		{Device: "SEPB", Person: "max"},
		{Device: "SEPC", Reservation: "x", Ours: true},
	})
	if len(running) != 1 || running[0] != onA {
		t.Errorf("running: %+v", running)
	}
	logout := plan.Attempt{Step: plan.Step{Op: plan.OpLogout, Login: plan.Login{Desk: "A", Device: "SEPA", Person: "Jane", Reservation: "r"}}, Outcome: plan.Done, Ended: at("12:00")}
	old, open, in := logout, logout, logout
	old.Ended, open.Outcome, in.Op = at("11:57"), plan.Open, plan.OpLogin
	if over := Over([]plan.Attempt{logout, old, open, in}, at("12:02")); len(over) != 1 || over[0] != ended(onA, "12:00") {
		t.Errorf("over: %+v", over)
	}
}
