package store

import (
	"deskd/scheduler/guard"
	"testing"
	"time"
)

// What is remembered of a cluster is read back as it was written, and a
// state that says nothing leaves nothing behind.
func testClusterState(t *testing.T, w world) {
	s := w.open(t)
	nothing := guard.ClusterState{Cluster: "main"}
	got, err := s.ClusterState(ctx, "main")
	check(t, err)
	same(t, "before", nothing, got)

	open := guard.ClusterState{
		Cluster: "main",
		Refusals: guard.Refusals{
			Opened: at(1, 0), Refused: at(1, 15), Code: 3, Problem: "no",
			Salt: []byte{0, 1}, Fingerprint: []byte{2, 0xff}, Tries: 2, Tried: at(1, 20),
		},
		UnitDoubt: guard.UnitDoubt{Units: "looks wrong", Doubted: at(2, 0), Unit: time.Minute},
	}
	check(t, s.SaveClusterState(ctx, open))
	check(t, s.SaveClusterState(ctx, guard.ClusterState{Cluster: "annex", Refusals: guard.Refusals{Opened: at(3, 0)}}))
	got, err = w.open(t).ClusterState(ctx, "main")
	check(t, err)
	same(t, "after", open, got)

	check(t, s.SaveClusterState(ctx, nothing))
	got, err = s.ClusterState(ctx, "main")
	check(t, err)
	same(t, "at last", nothing, got)
	var rows int
	check(t, w.raw(t).QueryRowContext(ctx, "SELECT count(*) FROM cluster_states").Scan(&rows))
	same(t, "rows", 1, rows)
}
