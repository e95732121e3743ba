package clock

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestFastClock runs a clock 100 times as fast as the bubble's, and shows that
// it stands still while a goroutine is busy, and while none could look at it.
func TestFastClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		origin := instant("08:00")
		c := FastClock(origin, 100)
		passed := func(want time.Duration) {
			t.Helper()
			if got := c.Now().Sub(origin); got != want {
				t.Errorf("%v have passed, want %v", got, want)
			}
		}
		look := func(d time.Duration) {
			for range d / time.Millisecond {
				time.Sleep(time.Millisecond)
				c.Now()
			}
		}
		look(time.Second)
		passed(100 * time.Second)
		one, two := c.Busy(), c.Busy()
		look(time.Second)
		one()
		look(time.Second)
		passed(100 * time.Second)
		two()
		look(time.Second - stall)
		time.Sleep(time.Hour) // the machine has no time for the program
		passed(200 * time.Second)

		// A sleeper does not wake early because the clock stood still.
		done := make(chan error, 1)
		go func() { done <- c.Sleep(t.Context(), 100*time.Second) }()
		time.Sleep(500 * time.Millisecond)
		three := c.Busy()
		time.Sleep(10 * time.Second)
		three()
		if err := <-done; err != nil {
			t.Error(err)
		}
		passed(300 * time.Second)
	})
}
