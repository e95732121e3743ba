package observe_test

import (
	"testing"
	"time"

	"deskd/scheduler/observe"
	"deskd/scheduler/plan"
)

// What an attempt that has ended leaves to be looked at, and when.
func TestTake(t *testing.T) {
	class := func(c plan.Class) func(*plan.Attempt) { return func(a *plan.Attempt) { a.Class = c } }
	for name, c := range map[string]struct {
		attempt        string
		outcome        plan.Outcome
		how            func(*plan.Attempt)
		state, look    string
		open, unproved int
	}{
		"done login":         {"login jane", plan.Done, class(""), "jane ours r1", "2s", 0, 1},
		"done logout":        {"logout jane", plan.Done, class(""), "nobody", "2s", 0, 1},
		"no answer":          {"login jane", plan.Unknown, class(plan.ClassNoAnswer), "nobody unknown", "2s", 1, 0},
		"not as it was seen": {"login jane", plan.Refused, class(plan.ClassObserve), "nobody unknown", "0s", 0, 0},
		"occupied":           {"login jane", plan.Refused, class(plan.ClassOccupied), "nobody unknown", "0s", 0, 0},
		"refused for good":   {"login jane", plan.Refused, class(plan.ClassFault), "nobody unknown", "never", 0, 0},
		"not sent":           {"login jane", plan.NotSent, class(""), "nobody unknown", "never", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			observed(t, func(o *observing) {
				a := o.takes(c.attempt, c.outcome, 0, c.how)
				want(t, "the phone", o.state(), c.state)
				want(t, "looked at", o.look("SEP1"), c.look)
				want(t, "open", len(o.Open["SEP1"]), c.open)
				want(t, "to be proved", len(o.Unproved), c.unproved)
				served, _ := o.History.Served(a.Login)
				want(t, "served", served, c.outcome == plan.Done && a.Op == plan.OpLogin)
			})
		})
	}
}

// A login may end its person's other sessions: those phones are looked at too, and no
// others.
func TestTakeLooksAtOthers(t *testing.T) {
	for person, look := range map[string]string{"JANE": "2s", "max": "never"} {
		observed(t, func(o *observing) {
			o.Show(plan.Observation{Desk: "D2", Device: "SEP2", Person: person, Exists: true, Known: true})
			o.takes("login jane", plan.Done, 0)
			want(t, person+" on D2", o.look("SEP2"), look)
		})
	}
}

// A logout that met nobody may have overtaken the login before: that may still come.
func TestTakeOutrun(t *testing.T) {
	for person, late := range map[string]bool{"jane": true, "max": false} {
		observed(t, func(o *observing) {
			o.takes("login jane", plan.Done, time.Second)
			o.takes("logout "+person, plan.Done, 0, func(a *plan.Attempt) { a.Class = plan.ClassNobody })
			want(t, "logout of "+person, o.MayComeLate("SEP1"), late)
		})
	}
}

// A login ends the sessions of its person on other phones, also one that the journal alone
// tells of: an answer that shows nobody there is not from the past.
func TestLoginEndsElsewhere(t *testing.T) {
	observed(t, func(o *observing) {
		now, before := time.Now(), o.takes("logout max", plan.Done, 0)
		o.RecallProof(plan.Attempt{ID: before.ID, Step: plan.Step{Op: plan.OpLogin, Login: plan.Login{Device: "SEP2", Person: "Jane", Until: now.Add(time.Hour)}}, Outcome: plan.Done, Began: now, Ended: now}, now, now)
		want(t, "SEP2 is proved", o.Proofs["SEP2"].ID, before.ID)
		a := o.takes("login jane", plan.Done, 0)
		want(t, "SEP1 is proved", o.Proofs["SEP1"].ID, a.ID)
		want(t, "SEP2 is proved no more", o.Proofs["SEP2"].ID, 0)
	})
}

// An outcome that nobody can tell is given up a day after its session would have ended,
// and not while the phone answers.
func TestAbandon(t *testing.T) {
	const ns = time.Nanosecond
	for name, c := range map[string]struct {
		after time.Duration // the end of the session
		known bool
		open  int
	}{
		"within the day": {observe.AbandonAfter - ns, false, 1},
		"a day later":    {observe.AbandonAfter, false, 0},
		"it answers":     {observe.AbandonAfter, true, 1},
	} {
		observed(t, func(o *observing) {
			a := o.takes("login jane", plan.Unknown, 0)
			h := o.Seen["SEP1"]
			h.Known = c.known
			o.Show(h)
			if err := o.Abandon(o.t.Context(), a.SessionEnd().Add(c.after)); err != nil {
				t.Fatal(err)
			}
			want(t, name, len(o.Open["SEP1"]), c.open)
			want(t, name+": reported", len(o.reported), 1-c.open)
			want(t, name+": abandoned", o.journal(a).Outcome == plan.Abandoned, c.open == 0)
		})
	}
}
