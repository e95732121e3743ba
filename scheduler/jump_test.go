package scheduler

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler/clock"
	"deskd/scheduler/guard"
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

type noAttempts struct{ Journal }

func (noAttempts) Attempts(context.Context, time.Time) ([]plan.Attempt, error) { return nil, nil }
func (noAttempts) Unresolved(context.Context) ([]plan.Attempt, error)          { return nil, nil }

// TestKeepClockKeepsTheRest writes down a jump of the clock when another program has
// just been let in, and when the refusal could not be written down.
func TestKeepClockKeepsTheRest(t *testing.T) {
	refused := guard.Refusals{Opened: instant("09:00"), Refused: instant("09:00"), Code: 3, Problem: "refused"}
	jumped := clock.FormerClock{By: time.Hour, At: instant("12:00")}
	for _, c := range []struct {
		name              string
		unsaved, accepted bool
		kept              guard.ClusterState
	}{
		{"let in", false, true, guard.ClusterState{Cluster: "main"}},
		{"still refused", false, false, guard.ClusterState{Cluster: "main", Refusals: refused}},
		{"refusal not kept", true, false, guard.ClusterState{Cluster: "main"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			notes := &notebook{kept: c.kept}
			r := NewReconciler(Setup{Cluster: "main", States: notes, Log: slog.New(slog.DiscardHandler)})
			r.trust.Resume(clock.Clocks{Former: []clock.FormerClock{jumped}}, clock.Newest{At: time.Now()}, false)
			r.circuit.Refusals, r.memory.unsaved = refused, c.unsaved
			if err := r.memory.keepClock(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := notes.kept; got.Accepted() != c.accepted || len(got.Clocks.Former) != 1 {
				t.Errorf("written down is %+v", got)
			}
			if s := r.memory.state(); s.Accepted() || len(s.Clocks.Former) != 1 || r.trust.Unsaved() || r.memory.unsaved {
				t.Errorf("remembered is %+v, to be kept %v %v", s, r.trust.Unsaved(), r.memory.unsaved)
			}
		})
	}
}

// notebook is where one cluster's state is kept.
type notebook struct {
	States
	kept guard.ClusterState
}

func (n *notebook) ClusterState(context.Context, string) (guard.ClusterState, error) {
	return n.kept, nil
}
func (n *notebook) SaveClusterState(_ context.Context, s guard.ClusterState) error {
	n.kept = s
	return nil
}
