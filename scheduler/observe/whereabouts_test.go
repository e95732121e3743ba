package observe_test

import (
	"testing"
	"time"

	"deskd/scheduler/observe"
	"deskd/scheduler/plan"
)

// elsewhere is a login that was refused because its person is on another phone.
func elsewhere(a *plan.Attempt) { a.Outcome, a.Class = plan.Refused, plan.ClassElsewhere }

// attempt is one of a person.
func attempt(op plan.Op, person string, how func(*plan.Attempt)) plan.Attempt {
	a := plan.Attempt{Outcome: plan.Done, Step: plan.Step{Op: op, Login: plan.Login{Device: "SEP1", Person: person}}}
	if how != nil {
		how(&a)
	}
	return a
}

// A person is asked about from a refusal with "elsewhere" to their next login: read from
// the journal, and as it happens.
func TestWhereaboutsOf(t *testing.T) {
	occupied := func(a *plan.Attempt) { a.Outcome, a.Class = plan.Refused, plan.ClassOccupied }
	for name, c := range map[string]struct {
		attempts []plan.Attempt
		asked    []string
	}{
		"nothing":             {nil, nil},
		"refused":             {[]plan.Attempt{attempt(plan.OpLogin, "jane", elsewhere)}, []string{"jane"}},
		"for another reason":  {[]plan.Attempt{attempt(plan.OpLogin, "jane", occupied)}, nil},
		"logged in since":     {[]plan.Attempt{attempt(plan.OpLogin, "jane", elsewhere), attempt(plan.OpLogin, "JANE", nil)}, nil},
		"another logged in":   {[]plan.Attempt{attempt(plan.OpLogin, "jane", elsewhere), attempt(plan.OpLogin, "max", nil)}, []string{"jane"}},
		"logged out since":    {[]plan.Attempt{attempt(plan.OpLogin, "jane", elsewhere), attempt(plan.OpLogout, "jane", nil)}, []string{"jane"}},
		"refused once more":   {[]plan.Attempt{attempt(plan.OpLogin, "jane", nil), attempt(plan.OpLogin, "jane", elsewhere)}, []string{"jane"}},
		"only ever logged in": {[]plan.Attempt{attempt(plan.OpLogin, "jane", nil)}, nil},
	} {
		observed(t, func(o *observing) {
			recalled, taken := observe.NewWhereabouts(o.Phones), observe.NewWhereabouts(o.Phones)
			for _, a := range c.attempts {
				recalled.Recall(a)
				taken.Take(a)
			}
			want(t, name+", recalled", keysOf(recalled.ForPlan()), c.asked)
			want(t, name+", taken", keysOf(taken.ForPlan()), c.asked)
		})
	}
}

// Where a person is, is asked once a minute, after a doubt twice, and at once after a
// refusal, after a logout anywhere and when all is forgotten.
func TestWhereaboutsNext(t *testing.T) {
	observed(t, func(o *observing) {
		w := observe.NewWhereabouts(o.Phones)
		now := time.Now()
		want(t, "nobody", w.Next().IsZero(), true)
		w.Note("jane", observe.Away{Away: plan.Away{On: []string{"SEP2", "SEP9"}}}, now)
		want(t, "known", w.Next().Sub(now), observe.WhereEvery)
		want(t, "her desk is looked at", o.look("SEP2"), "0s")
		want(t, "a phone that is no desk's", o.look("SEP9"), "never")
		w.Note("max", observe.Away{Away: plan.Away{Doubt: "no answer"}}, now)
		want(t, "in doubt", w.Next().Sub(now), observe.LookAgain)
		w.Take(attempt(plan.OpLogin, "max", nil))
		w.Take(attempt(plan.OpLogout, "jane", nil))
		want(t, "after her logout, at once", w.Next().After(now), false)
		want(t, "until then as before", w.ForPlan()["jane"].On, "[SEP2 SEP9]")
		w.Note("jane", observe.Away{Away: plan.Away{On: []string{"SEP2"}}}, now)
		w.Forget()
		want(t, "forgotten", w.Next().After(now), false)
	})
}

// Only who is wanted on a phone is asked about: by a step, or by a booking that runs
// where the phone has not answered.
func TestWhereaboutsWanted(t *testing.T) {
	observed(t, func(o *observing) {
		w, now := observe.NewWhereabouts(o.Phones), time.Now()
		o.Show(plan.Observation{Device: "SEP2", Exists: true, Known: true})
		booked := func(device, person string, left time.Duration) plan.Login {
			return plan.Login{Device: device, Person: person, Until: now.Add(left)}
		}
		step := func(op plan.Op, cause plan.Cause, person string) plan.Step {
			return plan.Step{Op: op, Cause: cause, Login: plan.Login{Person: person}}
		}
		got := w.Wanted(
			[]plan.Login{booked("SEP1", "ada", time.Minute), booked("SEP1", "gone", 0), booked("SEP2", "known", time.Minute)},
			[]plan.Step{step(plan.OpLogin, plan.CauseStart, "jane"), step(plan.OpHold, plan.CauseElsewhere, "max"), step(plan.OpLogout, plan.CauseEnd, "eve")}, now)
		want(t, "wanted", keysOf(got), "[ada jane max]")
	})
}

// A preview that asks nothing takes what was last seen for where the people are.
func TestWhereaboutsAssume(t *testing.T) {
	observed(t, func(o *observing) {
		w, now := observe.NewWhereabouts(o.Phones), time.Now()
		w.Recall(attempt(plan.OpLogin, "jane", elsewhere))
		w.Recall(attempt(plan.OpLogin, "max", elsewhere))
		o.Show(plan.Observation{Device: "SEP2", Person: "Jane", Exists: true, Known: true})
		w.Assume(now)
		want(t, "jane", w.ForPlan()["jane"].On, "[SEP2]")
		want(t, "max", w.ForPlan()["max"].On, "[]")
		want(t, "asked again", w.Next().Sub(now), observe.WhereEvery)
	})
}
