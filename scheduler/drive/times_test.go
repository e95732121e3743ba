package drive

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler"
	"deskd/scheduler/clock"
	"deskd/scheduler/plan"
)

// TestJobsFollowTheClock sets the clock on to shortly before a nightly job.
func TestJobsFollowTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var moved atomic.Int64
		var ran []time.Time
		began := time.Now() // midnight
		s := &Scheduler{
			Clock: clock.MovedClock(func() time.Duration { return time.Duration(moved.Load()) }), Log: slog.New(slog.DiscardHandler),
			Jobs:    Jobs{Sweep: "@every 5m", Nightly: "0 3 * * *"},
			Journal: noAttempts{}, Retain: func(_ context.Context, now time.Time) error { ran = append(ran, now); return nil },
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(12 * time.Hour)                        // 12:00
		moved.Store(int64(14*time.Hour + 30*time.Minute)) // 02:30
		time.Sleep(2 * time.Hour)
		moved.Store(0) // 14:00
		time.Sleep(12 * time.Hour)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if want := began.Add(27 * time.Hour); len(ran) != 2 || !ran[1].Equal(want) { // the first was a usual night
			t.Errorf("the nightly job ran at %v, want %v at last", ran, want)
		}
	})
}

// TestJobsRunOnceAtATime sets the clock back while the nightly job runs, to before
// the time it began at.
func TestJobsRunOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var moved, ran atomic.Int64
		s := &Scheduler{
			Clock: clock.MovedClock(func() time.Duration { return time.Duration(moved.Load()) }), Log: slog.New(slog.DiscardHandler),
			Jobs:    Jobs{Sweep: "@every 5m", Nightly: "0 3 * * *"},
			Journal: noAttempts{}, Retain: func(context.Context, time.Time) error {
				ran.Add(1)
				time.Sleep(time.Hour)
				return nil
			},
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(3*time.Hour + 10*time.Minute)
		moved.Store(-int64(15 * time.Minute)) // 02:55
		time.Sleep(20 * time.Minute)
		if n := ran.Load(); n != 1 {
			t.Errorf("%d of the nightly job run at a time", n)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

type noAttempts struct{ scheduler.Journal }

func (noAttempts) Attempts(context.Context, time.Time) ([]plan.Attempt, error) { return nil, nil }
func (noAttempts) Unresolved(context.Context) ([]plan.Attempt, error)          { return nil, nil }

// What another program writes is looked for each second, so that what follows from it
// goes out within two.
func TestOthersWritesAreSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks []time.Duration
		began := time.Now()
		ctx, stop := context.WithCancel(t.Context())
		s := &Scheduler{
			Log: slog.New(slog.DiscardHandler),
			Changed: func(context.Context) (bool, error) {
				looks = append(looks, time.Since(began))
				if len(looks) == 3 {
					stop()
				}
				return false, nil
			},
		}
		s.watch(ctx)
		for i, at := range looks {
			if want := time.Duration(i+1) * time.Second; at != want {
				t.Errorf("look %d after %v, want %v", i+1, at, want)
			}
		}
	})
}
