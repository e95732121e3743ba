package callhistory

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/scheduler/plan"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

// tries lets every try of a session fail with a problem, from an instant on, and returns when each was, by
// seconds after the session's end, and what has become of it.
func tries(s Session, from time.Time, problem string) (at []string, over Result) {
	for now := from; ; {
		next, over := s.Next(now)
		if over.Outcome != "" {
			return at, over
		}
		if next.After(now) {
			now = next
			continue
		}
		at = append(at, fmt.Sprint(now.Sub(s.Ended).Seconds()))
		s = s.tried(problem, now)
	}
}

func TestTries(t *testing.T) {
	for name, c := range map[string]struct {
		from time.Duration
		want string
	}{
		"from the end on":        {0, "0 15 30 60 120, not cleared: web access off"},
		"a moment late":          {time.Second, "1 15 30 60 120, not cleared: web access off"},
		"a daemon after 40 s":    {40 * time.Second, "40 60 120, not cleared: web access off"},
		"one after ten minutes":  {10 * time.Minute, "600, not cleared: web access off"},
		"one after two hours":    {2 * time.Hour, ", not cleared: " + nobody},
		"with a clock set back":  {-time.Hour, "-3600 -3585 -3570 -3540 -3480, not cleared: web access off"},
		"at the end of the time": {time.Hour, "3600, not cleared: web access off"},
	} {
		at, over := tries(Session{Ended: noon}, after(c.from), "web access off")
		if got := strings.Join(at, " ") + ", " + over.String(); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestNextPerson(t *testing.T) {
	s := Session{Ended: noon, Beginning: true}
	if at, over := s.Next(noon); !at.After(noon) || over.Outcome != "" {
		t.Errorf("while a login is under way: %v, %v", at, over)
	}
	s.Beginning, s.Taken = false, true
	if _, over := s.Next(noon); over.String() != "not cleared: the next person was logged in before" {
		t.Errorf("got %v", over)
	}
}

func TestBars(t *testing.T) {
	for want, s := range map[string]Sight{
		"": {Known: true, At: noon},
		"the phone system does not say who is on the phone": {At: noon},
		"someone is on the phone":                           {Known: true, Person: true, At: noon},
		"it was not asked just before who is on the phone":  {Known: true, At: after(-6 * time.Second)},
		"a login at the phone is due":                       {Known: true, At: noon, Due: after(Margin - 1)},
	} {
		if got := s.Bars(noon); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := (Sight{Known: true, At: noon, Due: after(Margin)}).Bars(noon); got != "" {
		t.Errorf("a login that is due later: %q", got)
	}
}

func attempt(id int64, op plan.Op, outcome plan.Outcome) plan.Attempt {
	return plan.Attempt{ID: id, Step: plan.Step{Op: op, Login: plan.Login{Desk: "D1", Device: "SEP1"}}, Outcome: outcome, Began: noon, Ended: after(time.Duration(id) * time.Second)}
}

// TestBook notes attempts in their order, some of them again as they are later.
func TestBook(t *testing.T) {
	const login, logout = plan.OpLogin, plan.OpLogout
	for name, c := range map[string]struct {
		noted []plan.Attempt
		want  string
	}{
		"nothing":                         {nil, ""},
		"a login":                         {[]plan.Attempt{attempt(1, login, plan.Done)}, ""},
		"a logout under way":              {[]plan.Attempt{attempt(1, logout, plan.Open)}, ""},
		"a refused one":                   {[]plan.Attempt{attempt(1, logout, plan.Refused)}, ""},
		"done":                            {[]plan.Attempt{attempt(1, login, plan.Done), attempt(2, logout, plan.Open), attempt(2, logout, plan.Done)}, "2"},
		"known late":                      {[]plan.Attempt{attempt(2, logout, plan.Unknown), attempt(2, logout, plan.Done)}, "2"},
		"the next login begins":           {[]plan.Attempt{attempt(2, logout, plan.Done), attempt(3, login, plan.Open)}, "2 beginning"},
		"and is done":                     {[]plan.Attempt{attempt(2, logout, plan.Done), attempt(3, login, plan.Open), attempt(3, login, plan.Done)}, "2 taken"},
		"or refused":                      {[]plan.Attempt{attempt(2, logout, plan.Done), attempt(3, login, plan.Open), attempt(3, login, plan.Refused)}, "2"},
		"or lost":                         {[]plan.Attempt{attempt(2, logout, plan.Done), attempt(3, login, plan.Open), attempt(3, login, plan.Unknown)}, "2 beginning"},
		"or never known":                  {[]plan.Attempt{attempt(2, logout, plan.Done), attempt(3, login, plan.Abandoned)}, "2 taken"},
		"refused after one that was done": {[]plan.Attempt{attempt(2, logout, plan.Done), attempt(3, login, plan.Done), attempt(4, login, plan.Refused)}, "2 taken"},
		"a logout known after the login":  {[]plan.Attempt{attempt(3, login, plan.Done), attempt(2, logout, plan.Done)}, "2 taken"},
		"a hold":                          {[]plan.Attempt{attempt(2, logout, plan.Done), attempt(3, plan.OpHold, plan.Held)}, "2"},
		"two sessions":                    {[]plan.Attempt{attempt(2, logout, plan.Done), attempt(3, login, plan.Done), attempt(4, logout, plan.Done)}, "2 taken, 4"},
	} {
		t.Run(name, func(t *testing.T) {
			var b Book
			for _, a := range c.noted {
				b.Note(a)
			}
			var got []string
			for _, s := range b.Sessions() {
				text := fmt.Sprint(s.Attempt)
				if s.Taken {
					text += " taken"
				}
				if s.Beginning {
					text += " beginning"
				}
				if free := !s.Taken && !s.Beginning; b.Free(s.Attempt) != free {
					t.Errorf("free: %t", !free)
				}
				got = append(got, text)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
	var b Book
	cleared := attempt(2, logout, plan.Done)
	cleared.CallList = "cleared"
	b.Note(cleared)
	if len(b.Sessions()) > 0 || b.Free(2) {
		t.Error("one whose outcome is written down is pending")
	}
}

// A logout whose outcome is written down is not pending again when a look verifies it, for as long as
// one may.
func TestVerifiedLater(t *testing.T) {
	var b Book
	for id := int64(1); id <= 3; id++ {
		b.Note(attempt(id, plan.OpLogout, plan.Done))
		b.Forget(id, noon.Add(time.Duration(id-1)*(Reach+time.Hour)))
	}
	for id := int64(1); id <= 3; id++ {
		b.Note(attempt(id, plan.OpLogout, plan.Done))
	}
	if got := b.Sessions(); len(got) != 1 || got[0].Attempt != 1 {
		t.Errorf("pending are %v, want that of two days ago alone", got)
	}
}

// A book that goes on is the one that the journal gives, but for the tries: whatever was known of
// its attempts, and in whichever order, before.
func TestSameAsJournal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var live, again Book
		var journal []plan.Attempt
		outcomes := []plan.Outcome{plan.Open, plan.Unknown, plan.Done, plan.Refused, plan.NotSent, plan.NoEffect, plan.Abandoned}
		for id := int64(1); id <= 12; id++ {
			a := attempt(id, rapid.SampledFrom([]plan.Op{plan.OpLogin, plan.OpLogout, plan.OpHold}).Draw(t, "op"), plan.Open)
			live.Note(a)
			a.Outcome = rapid.SampledFrom(outcomes).Draw(t, "outcome")
			journal = append(journal, a)
		}
		for _, i := range rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}).Draw(t, "order") {
			live.Note(journal[i])
		}
		for _, a := range journal {
			again.Note(a)
		}
		if !slices.Equal(live.Sessions(), again.Sessions()) {
			t.Fatalf("it goes on as %v, and begins as %v", live.Sessions(), again.Sessions())
		}
	})
}
