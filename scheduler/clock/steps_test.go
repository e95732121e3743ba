package clock

import (
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler/plan"
)

// TestConfirmedOverSteps dates a login that was confirmed at 09:00:01, after 5 s, by
// the clock as it is after some steps.
func TestConfirmedOverSteps(t *testing.T) {
	at := instant("09:00").Add(time.Second)
	a := plan.Attempt{ID: 7, Began: at.Add(-5 * time.Second), Ended: at, Outcome: plan.Done}
	ahead := func(after int64, by time.Duration) Step { return Step{After: after, By: by} }
	start := func(after int64, seen, at time.Duration) Step {
		return Step{After: after, Seen: a.Ended.Add(seen), At: a.Ended.Add(at)}
	}
	lost, across := a, a
	lost.Error, lost.Verified = "no answer", at
	across.Began = at.Add(time.Minute)
	for name, tc := range map[string]struct {
		a     plan.Attempt
		steps []Step
		want  time.Duration // later than it was by the clock of then
	}{
		"no step":                          {a, nil, 0},
		"one before it":                    {a, []Step{ahead(6, time.Hour)}, 0},
		"one behind it":                    {a, []Step{ahead(7, time.Hour)}, time.Hour},
		"there and back":                   {a, []Step{ahead(7, 10*time.Hour), ahead(9, -10*time.Hour)}, 0},
		"two, and one before":              {a, []Step{ahead(2, time.Hour), ahead(7, time.Minute), ahead(8, time.Minute)}, 2 * time.Minute},
		"a start ten seconds later":        {a, []Step{start(7, 8*time.Second, 10*time.Second)}, 2 * time.Second},
		"a start, nothing seen since":      {a, []Step{start(7, -time.Minute, 10*time.Second)}, 10 * time.Second},
		"a start by a clock hours ahead":   {a, []Step{start(7, 8*time.Second, 3*time.Hour)}, 3*time.Hour - 8*time.Second},
		"a start by a clock set back":      {a, []Step{start(7, 8*time.Second, -time.Hour)}, -time.Hour},
		"a start, and seen in the future":  {a, []Step{start(7, 9*time.Hour, time.Minute)}, 0},
		"two starts":                       {a, []Step{start(7, 8*time.Second, time.Hour), start(7, time.Hour+4*time.Second, 2*time.Hour)}, 2*time.Hour - 12*time.Second},
		"a start before it":                {a, []Step{start(6, -time.Minute, -time.Second)}, 0},
		"a look took the answer's place":   {lost, []Step{ahead(7, -time.Minute)}, 0},
		"and the clock went ahead":         {lost, []Step{ahead(7, time.Minute)}, time.Minute},
		"set back while it was under way":  {across, []Step{ahead(7, -time.Minute)}, 0},
		"set back after it, by its answer": {a, []Step{ahead(7, -time.Minute)}, -time.Minute},
	} {
		if got := (Clocks{Steps: tc.steps}).Confirmed(tc.a).Sub(a.Ended); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// TestStepsAddUp lets a clock step some minutes apart, and says as what each counts.
func TestStepsAddUp(t *testing.T) {
	const m = time.Minute
	for name, tc := range map[string]struct {
		every time.Duration
		by    []time.Duration
		want  []time.Duration
	}{
		"small ones":                   {m, []time.Duration{4 * m, -4 * m, 4 * m, -3 * m}, []time.Duration{4 * m, -4 * m, 4 * m, -3 * m}},
		"two":                          {m, []time.Duration{m, 4 * m}, []time.Duration{m, 5 * m}},
		"not quite":                    {m, []time.Duration{m, 4*m - 1}, []time.Duration{m, 4*m - 1}},
		"back":                         {m, []time.Duration{-2 * m, -2 * m, -2 * m}, []time.Duration{-2 * m, -2 * m, -6 * m}},
		"they count once":              {m, []time.Duration{3 * m, 3 * m, 3 * m, 3 * m}, []time.Duration{3 * m, 6 * m, 3 * m, 6 * m}},
		"with one that is large":       {m, []time.Duration{3 * m, 60 * m}, []time.Duration{3 * m, 63 * m}},
		"against one that is large":    {m, []time.Duration{-3 * m, 60 * m}, []time.Duration{-3 * m, 60 * m}},
		"within a day":                 {believed - 1, []time.Duration{3 * m, 3 * m}, []time.Duration{3 * m, 6 * m}},
		"over more than a day":         {believed, []time.Duration{3 * m, 3 * m}, []time.Duration{3 * m, 3 * m}},
		"more of them than are listed": {m, slices.Repeat([]time.Duration{8 * time.Second}, 38), append(slices.Repeat([]time.Duration{8 * time.Second}, 37), 304*time.Second)},
	} {
		var c Clocks
		now := instant("09:00")
		for i, by := range tc.by {
			c.dropSteps(now)
			now = now.Add(by)
			if got := c.step(FormerClock{By: by, At: now}).By; got != tc.want[i] {
				t.Errorf("%s: step %d counts as %v, want %v", name, i, got, tc.want[i])
			}
			if len(c.Steps) > mostSteps {
				t.Errorf("%s: %d steps are remembered", name, len(c.Steps))
			}
			now = now.Add(tc.every)
		}
	}
}

// TestManyJumpsKeepTheFirst makes a clock jump more often than former clocks are
// remembered: the one that was trusted is among them.
func TestManyJumpsKeepTheFirst(t *testing.T) {
	var c Clocks
	for n := range 9 {
		c.remember(FormerClock{After: int64(n)})
	}
	if len(c.Former) != mostFormer || c.Former[0].After != 0 || c.Former[mostFormer-1].After != 8 {
		t.Errorf("remembered are %v", c.Former)
	}
}

// TestWitness compares the clock with the phone system's after a start.
func TestWitness(t *testing.T) { synctest.Test(t, playWitness) }

func playWitness(t *testing.T) {
	now := instant("09:00")
	mild := FormerClock{By: 3 * time.Hour, At: now.Add(-time.Second), After: 4, Start: true, Mild: true}
	ran := FormerClock{By: 3 * time.Hour, After: 4}
	for name, tc := range map[string]struct {
		clocks Clocks
		apart  time.Duration // 0 for an answer without a date
		again  bool
		want   []FormerClock
		learnt time.Duration
	}{
		"nothing is said":               {},
		"they agree":                    {apart: Doubted - 1},
		"they do not":                   {apart: Doubted, again: true, want: []FormerClock{{By: Doubted, At: now, After: 9, Start: true, Disproved: true, Witness: true}}},
		"it is behind":                  {apart: -time.Hour, again: true, want: []FormerClock{{By: -time.Hour, At: now, After: 9, Start: true, Disproved: true, Witness: true}}},
		"deskd seemed to be off":        {clocks: Clocks{Former: []FormerClock{mild}}, apart: 3 * time.Hour, again: true, want: []FormerClock{{By: 3 * time.Hour, At: mild.At, After: 4, Start: true, Disproved: true, Witness: true}}},
		"deskd was off":                 {clocks: Clocks{Former: []FormerClock{mild}}, apart: time.Second, want: []FormerClock{mild}},
		"it has jumped before":          {clocks: Clocks{Former: []FormerClock{ran}}, apart: 3*time.Hour + Doubted - 1, want: []FormerClock{ran}},
		"and once more since":           {clocks: Clocks{Former: []FormerClock{ran}}, apart: 4 * time.Hour, again: true, want: []FormerClock{ran, {By: 4 * time.Hour, At: now, After: 9, Start: true, Disproved: true, Witness: true}}},
		"they have always differed":     {clocks: Clocks{Apart: time.Hour}, apart: time.Hour + Doubted - 1, learnt: time.Hour},
		"and differ by more":            {clocks: Clocks{Apart: time.Hour}, apart: time.Hour + Doubted, again: true, learnt: time.Hour, want: []FormerClock{{By: Doubted, At: now, After: 9, Start: true, Disproved: true, Witness: true}}},
		"and agree now":                 {clocks: Clocks{Apart: time.Hour}, apart: time.Second},
		"it has said so to the process": {clocks: Clocks{Former: []FormerClock{{By: time.Hour, Start: true, Witness: true}}}, apart: time.Hour, want: []FormerClock{{By: time.Hour, Start: true, Witness: true}}},
	} {
		var date time.Time
		if tc.apart != 0 {
			date = now.Add(-tc.apart)
		}
		r := NewTrust(MovedClock(func() time.Duration { return time.Until(now) }), slog.New(slog.DiscardHandler))
		r.Look(0)
		r.Clocks = tc.clocks
		if got := r.Examine(date, 9); got != tc.again {
			t.Errorf("%s: planned again: %v", name, got)
		}
		if !slices.Equal(r.Former, tc.want) || r.Apart != tc.learnt {
			t.Errorf("%s: former clocks are %+v, want %+v; apart %v", name, r.Former, tc.want, r.Apart)
		}
		if r.Examine(date, 9) {
			t.Errorf("%s: examined twice", name)
		}
	}
}

// TestDifferenceIsLearnt believes a clock that has stayed for a day, beside the phone
// system's and after a jump; how long deskd was off tells nothing of that.
func TestDifferenceIsLearnt(t *testing.T) {
	now := instant("09:00")
	r := newTrust()
	r.Former = []FormerClock{
		{By: time.Hour, At: now.Add(-believed), Start: true, Witness: true},
		{By: 10 * time.Hour, At: now.Add(-believed), Start: true},
		{By: -20 * time.Minute, At: now.Add(-believed)},
		{By: 7 * time.Hour, At: now.Add(1 - believed)},
	}
	if r.settle(now); len(r.Former) != 1 || r.Apart != 40*time.Minute {
		t.Errorf("apart by %v, left %v", r.Apart, r.Former)
	}
}
