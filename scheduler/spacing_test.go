package scheduler

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler/plan"
	"deskd/scheduler/plan/wave"
)

// No minute holds more requests than it may, however late some of them begin; and what is
// lost by delays that are shorter than wave.MadeUp is made up.
func TestNoMinuteHoldsMore(t *testing.T) {
	for _, most := range []time.Duration{0, 250 * time.Millisecond, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			const perMinute, n = 500, 2500
			s := &senders{Setup: &Setup{Policy: plan.Policy{Pace: plan.Pace{PerMinute: perMinute}}}}
			dice := rand.New(rand.NewPCG(1, 2))
			var began []time.Time
			for range n {
				at := s.begin()
				if most > 0 && dice.IntN(5) == 0 {
					late := time.Duration(dice.Int64N(int64(most)))
					time.Sleep(late)
				}
				began = append(began, at)
			}
			for i := range n - perMinute {
				if d := began[i+perMinute].Sub(began[i]); d < time.Minute {
					t.Fatalf("delays up to %v: %d requests within %v", most, perMinute+1, d)
				}
			}
			stretch := began[n-1].Sub(began[0]).Minutes() * perMinute / (n - 1)
			if most < wave.MadeUp && stretch > 1.006 {
				t.Errorf("delays up to %v: %.3f of the time it takes at least", most, stretch)
			}
		})
	}
}
