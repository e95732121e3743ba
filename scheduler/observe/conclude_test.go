package observe_test

import (
	"fmt"
	"testing"
	"time"

	"deskd/scheduler/guard"
	"deskd/scheduler/observe"
	"deskd/scheduler/plan"
)

// What a look concludes about the attempt before it:
//
//	attempt                    | the phone shows | outcome
//	---------------------------+-----------------+---------------------------------------
//	without an answer          | its effect      | done, seen
//	without an answer          | anything else   | no effect; a login may still come late
//	answered with success      | its effect      | done, seen; it was reported before
//	answered, a minute ago     | anything else   | no effect, and the history is read again
//	answered, seconds ago      | anything else   | doubt: open until a later look
func TestConclude(t *testing.T) {
	over := func(a *plan.Attempt) { a.Until, a.Through = a.Began, a.Began.Add(-time.Minute) }
	for name, c := range map[string]struct {
		attempt          string
		outcome          plan.Outcome
		ago              time.Duration
		how              func(*plan.Attempt)
		shows, state     string
		concluded        plan.Outcome
		verified         bool
		late, told, fold bool
	}{
		"lost login, there":           {attempt: "login jane", outcome: plan.Unknown, shows: "jane", state: "jane ours r1", concluded: plan.Done, verified: true, told: true},
		"lost login, nobody":          {attempt: "login jane", outcome: plan.Unknown, shows: "-", state: "nobody", concluded: plan.NoEffect, late: true, told: true},
		"lost login, another":         {attempt: "login jane", outcome: plan.Unknown, shows: "max", state: "max", concluded: plan.NoEffect, late: true, told: true},
		"lost login, over, there":     {attempt: "login jane", outcome: plan.Unknown, ago: time.Minute, how: over, shows: "jane", state: "jane", concluded: plan.Done, verified: true, told: true},
		"lost logout, nobody":         {attempt: "logout jane", outcome: plan.Unknown, shows: "-", state: "nobody", concluded: plan.Done, verified: true, told: true},
		"lost logout, still there":    {attempt: "logout jane", outcome: plan.Unknown, shows: "jane", state: "jane ours r1", concluded: plan.NoEffect, told: true},
		"login, there":                {attempt: "login jane", outcome: plan.Done, shows: "jane", state: "jane ours r1", concluded: plan.Done, verified: true},
		"login, nobody a minute on":   {attempt: "login jane", outcome: plan.Done, ago: plan.StaleFor, shows: "-", state: "nobody", concluded: plan.NoEffect, told: true, fold: true},
		"logout, there a minute on":   {attempt: "logout jane", outcome: plan.Done, ago: plan.StaleFor, shows: "jane", state: "jane ours r1", concluded: plan.NoEffect, told: true, fold: true},
		"login, nobody seconds later": {attempt: "login jane", outcome: plan.Done, ago: 2 * time.Second, shows: "-", state: "jane ours r1 in doubt", concluded: plan.Open},
	} {
		t.Run(name, func(t *testing.T) {
			observed(t, func(o *observing) {
				if c.how == nil {
					c.how = func(*plan.Attempt) {}
				}
				a := o.takes(c.attempt, c.outcome, c.ago, c.how)
				o.shows(c.shows)
				want(t, "the phone", o.state(), c.state)
				got := o.journal(a)
				want(t, "outcome", got.Outcome, c.concluded)
				want(t, "verified", !got.Verified.IsZero(), c.verified)
				want(t, "may come late", o.MayComeLate("SEP1"), c.late)
				want(t, "reported", len(o.reported) > 0, c.told)
				want(t, "history to be read again", o.Revised, c.fold)
				want(t, "open", len(o.Open["SEP1"]), 0)
			})
		})
	}
}

// A login that seemed lost is deskd's own when it shows within five minutes, and later a
// person who came by themselves.
func TestLateLogin(t *testing.T) {
	for after, state := range map[time.Duration]string{
		plan.LateFor - time.Second: "jane ours r1",
		plan.LateFor:               "jane",
	} {
		observed(t, func(o *observing) {
			a := o.takes("login jane", plan.Unknown, 0)
			o.shows("-")
			want(t, "next look", o.look("SEP1"), plan.LookAfter) // set by the attempt; then twice a minute
			o.Looks = map[string]time.Time{}
			o.shows("-")
			want(t, "look again", o.look("SEP1"), observe.LookAgain)
			time.Sleep(after)
			o.shows("jane")
			want(t, after.String(), o.state(), state)
			want(t, "outcome", o.journal(a).Outcome == plan.Done, state == "jane ours r1")
		})
	}
}

// An answer that says nothing about the phone keeps what was known, and resolves nothing.
func TestNoAnswerResolvesNothing(t *testing.T) {
	observed(t, func(o *observing) {
		o.takes("login jane", plan.Done, time.Hour)
		o.shows("jane")
		if _, err := o.Learn(o.t.Context(), []plan.Observation{{Device: "SEP1"}}, time.Now()); err != nil {
			t.Fatal(err)
		}
		want(t, "the phone, without an attempt", o.state(), "jane unknown ours r1")
		a := o.takes("logout jane", plan.Unknown, 0)
		if _, err := o.Learn(o.t.Context(), []plan.Observation{{Device: "SEP1"}}, time.Now()); err != nil {
			t.Fatal(err)
		}
		want(t, "the phone", o.state(), "jane unknown ours r1")
		want(t, "open", o.Open["SEP1"][0].ID, a.ID)
	})
}

// What cannot be written down is not concluded: the next look tries again.
func TestConclusionNotWritten(t *testing.T) {
	observed(t, func(o *observing) {
		a := o.takes("login jane", plan.Unknown, 0)
		if err := o.store.Close(); err != nil {
			t.Fatal(err)
		}
		o.Looks = map[string]time.Time{}
		h := plan.Observation{Device: "SEP1", Person: "jane", Exists: true, Known: true}
		if _, err := o.Learn(o.t.Context(), []plan.Observation{h}, time.Now()); err == nil {
			t.Error("no error, though nothing is written down")
		}
		if open := o.Open["SEP1"]; len(open) != 1 || open[0].ID != a.ID {
			t.Errorf("open: %v", open)
		}
		want(t, "looked at", o.look("SEP1"), guard.AskAgainIn)
		want(t, "reported", len(o.reported), 0)
		served, _ := o.History.Served(a.Login)
		want(t, "served", served, false)
	})
}

// What was seen as it was answered, and cannot be written down, is looked at again too.
func TestProofNotWritten(t *testing.T) {
	observed(t, func(o *observing) {
		a := o.takes("login jane", plan.Done, 0)
		if err := o.store.Close(); err != nil {
			t.Fatal(err)
		}
		o.Looks = map[string]time.Time{}
		h := plan.Observation{Device: "SEP1", Person: "jane", Exists: true, Known: true}
		if _, err := o.Learn(o.t.Context(), []plan.Observation{h}, time.Now()); err == nil {
			t.Error("no error, though nothing is written down")
		}
		if open := o.Open["SEP1"]; len(open) != 1 || open[0].ID != a.ID || open[0].Outcome != plan.Done {
			t.Errorf("open: %v", open)
		}
		want(t, "looked at", o.look("SEP1"), guard.AskAgainIn)
	})
}

// TestFailing: a phone fails when three tries at it have come to nothing, or one has, where ten in a
// row have come to nothing at any phones; a success anywhere says that it is the phones.
func TestFailing(t *testing.T) {
	observed(t, func(o *observing) {
		id := int64(0)
		step := func(n int) plan.Step {
			return plan.Step{Op: plan.OpLogin, Login: plan.Login{Desk: fmt.Sprintf("D%d", n), Device: fmt.Sprintf("SEP%d", n), Person: fmt.Sprintf("p%d", n)}}
		}
		try := func(n int, outcome plan.Outcome) {
			id++
			o.Note(plan.Attempt{ID: id, Step: step(n), Outcome: outcome, Began: time.Now(), Ended: time.Now()})
		}
		failing := func(want int) {
			t.Helper()
			var planned []plan.Step
			for n := range 20 {
				planned = append(planned, step(n), plan.Step{Op: plan.OpHold, Login: step(n).Login})
			}
			if got := o.Failing(planned); len(got) != want {
				t.Errorf("failing are %v, want %d", got, want)
			}
		}
		for range 3 {
			try(0, plan.NoEffect)
		}
		failing(1)
		for n := 1; n < 7; n++ {
			try(n, plan.Refused)
		}
		id++
		o.Note(plan.Attempt{ID: id, Step: plan.Step{Op: plan.OpHold, Login: step(8).Login}, Outcome: plan.Held, Began: time.Now()})
		failing(1)
		try(7, plan.NoEffect)
		failing(8)
		try(9, plan.Done)
		failing(1)
	})
}
