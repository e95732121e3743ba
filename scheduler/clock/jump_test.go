package clock

import (
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler/plan"
)

// TestDrift tells a clock that was moved from time that has passed.
func TestDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var moved time.Duration
		c := MovedClock(func() time.Duration { return moved })
		var d Drift
		for i, by := range []time.Duration{0, 0, 3 * time.Hour, 0, -5 * time.Hour, time.Second, 20 * 365 * 24 * time.Hour} {
			moved += by
			if got := d.Look(c); got != by {
				t.Errorf("look %d: jumped by %v, want %v", i, got, by)
			}
			time.Sleep(time.Duration(i) * time.Hour)
		}
	})
}

// TestSleepIsNoWallTime lets a clock be set back while a goroutine sleeps on it.
func TestSleepIsNoWallTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var moved time.Duration
		c := MovedClock(func() time.Duration { moved -= time.Hour; return moved })
		began := time.Now()
		if err := c.Sleep(t.Context(), time.Minute); err != nil || time.Since(began) != time.Minute {
			t.Errorf("slept %v, error %v", time.Since(began), err)
		}
	})
}

// TestIsBack tells a clock that was put right from one that jumped once more.
func TestIsBack(t *testing.T) {
	const day = 24 * time.Hour
	for name, tc := range map[string]struct {
		left  FormerClock // after the jump
		by    time.Duration
		right bool
	}{
		"there and back":                            {FormerClock{By: 0}, -10 * time.Hour, true},
		"to a few minutes":                          {FormerClock{By: -4 * time.Minute}, -10 * time.Hour, true},
		"not quite":                                 {FormerClock{By: 6 * time.Minute}, -10 * time.Hour, false},
		"further ahead":                             {FormerClock{By: 11 * time.Hour}, time.Hour, false},
		"of a start, which was off for a while":     {FormerClock{By: 20 * time.Minute, Start: true, Disproved: true}, -10 * time.Hour, true},
		"of a start, and earlier than was seen":     {FormerClock{By: -20 * time.Minute, Start: true, Disproved: true}, -10 * time.Hour, false},
		"of a start, by most of it":                 {FormerClock{By: 50 * time.Minute, Start: true, Disproved: true}, -time.Hour, false},
		"of a start in 1970, half an hour too late": {FormerClock{By: 30 * time.Minute, Start: true, Disproved: true}, 20000 * day, true},
		"of a witness, by most of it":               {FormerClock{By: 52 * time.Minute, Start: true, Disproved: true, Witness: true}, 8*time.Hour + 15*time.Minute, false},
		"of a witness":                              {FormerClock{By: 4 * time.Minute, Start: true, Disproved: true, Witness: true}, 8*time.Hour + 15*time.Minute, true},
		"to the evening, after a night off":         {FormerClock{By: 40 * time.Minute, Start: true}, -8*time.Hour - 20*time.Minute, false},
		"to just when it was last seen":             {FormerClock{By: time.Minute, Start: true}, -9 * time.Hour, false},
	} {
		if got := tc.left.isBack(FormerClock{By: tc.by}); got != tc.right {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestAgeOfAttempts tells what was begun before and after a jump of the clock, and how
// long ago it was.
func TestAgeOfAttempts(t *testing.T) {
	const hour = time.Hour
	now := instant("12:00")
	back := FormerClock{By: -7 * hour, At: now, After: 10} // it was 19:00
	ahead := FormerClock{By: 10 * hour, At: now, After: 10}
	night := FormerClock{By: 9 * hour, At: now, After: 10, Start: true}
	for name, tc := range map[string]struct {
		clocks Clocks
		id     int64
		began  string
		at     string
		passed bool
	}{
		"no jump, still to come":                    {Clocks{}, 9, "11:50", "12:01", false},
		"no jump, over":                             {Clocks{}, 9, "11:50", "12:00", true},
		"no jump remembered, begun ahead":           {Clocks{}, 9, "12:10", "13:00", true},
		"set back, and begun before":                {Clocks{Former: []FormerClock{back}}, 9, "11:59", "12:04", true},
		"set back, and begun just before":           {Clocks{Former: []FormerClock{back}}, 9, "18:58", "19:03", false},
		"set back, and begun since":                 {Clocks{Former: []FormerClock{back}}, 11, "11:59", "12:04", false},
		"set ahead, and begun just before":          {Clocks{Former: []FormerClock{ahead}}, 9, "01:59", "02:04", false},
		"set ahead, and begun long before":          {Clocks{Former: []FormerClock{ahead}}, 9, "01:00", "01:05", true},
		"off for the night, and begun before":       {Clocks{Former: []FormerClock{night}}, 9, "02:59", "03:04", true},
		"off for an hour":                           {Clocks{Former: []FormerClock{{By: hour, At: now, After: 10, Start: true, Mild: true}}}, 9, "11:58", "12:03", false},
		"by a clock that was put right":             {Clocks{Misdated: []plan.Misdated{{After: 5, Through: 9}}}, 9, "11:59", "12:04", true},
		"before a clock that was put right":         {Clocks{Misdated: []plan.Misdated{{After: 5, Through: 9}}}, 5, "11:59", "12:04", false},
		"set back, then ahead, and begun before":    {Clocks{Former: []FormerClock{{By: -4 * hour, At: now, After: 5}, {By: 3 * hour, At: now, After: 10}}}, 4, "11:59", "12:04", true},
		"set back, then ahead, and begun between":   {Clocks{Former: []FormerClock{{By: -4 * hour, At: now, After: 5}, {By: 3 * hour, At: now, After: 10}}}, 9, "08:58", "09:03", false},
		"set back, restarted, and begun before all": {Clocks{Former: []FormerClock{back, {By: hour, At: now, After: 12, Start: true}}}, 9, "11:59", "12:04", true},
	} {
		if got := tc.clocks.HasPassed(instant(tc.at), plan.Attempt{ID: tc.id, Began: instant(tc.began)}, now); got != tc.passed {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestUnderWayWhileTheClockJumps counts an attempt whose answer came after the jump as
// one of before.
func TestUnderWayWhileTheClockJumps(t *testing.T) {
	now := instant("12:00")
	for began, after := range map[string]int64{"11:59": 10, "19:00": 12, "03:00": 12} {
		j := Trust{Clocks: Clocks{Former: []FormerClock{{By: -7 * time.Hour, At: now, After: 10}}}}
		j.Include(plan.Attempt{ID: 12, Began: instant(began)}, now)
		if got := j.Former[0].After; got != after {
			t.Errorf("begun at %s: after %d, want %d", began, got, after)
		}
	}
}
