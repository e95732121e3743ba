package scheduler

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"deskd/scheduler/clock"
	"deskd/scheduler/guard"
	"deskd/scheduler/plan"
)

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
