package scheduler

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestDrift tells a clock that was moved from time that has passed.
func TestDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var moved time.Duration
		c := MovedClock(func() time.Duration { return moved })
		var d drift
		for i, by := range []time.Duration{0, 0, 3 * time.Hour, 0, -5 * time.Hour, time.Second, 20 * 365 * 24 * time.Hour} {
			moved += by
			if got := d.look(c); got != by {
				t.Errorf("look %d: jumped by %v, want %v", i, got, by)
			}
			time.Sleep(time.Duration(i) * time.Hour)
		}
	})
}

// TestSleepIsNoWallTime lets a clock be set back while somebody sleeps on it.
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
