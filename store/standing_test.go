package store

import (
	"testing"
	"time"

	"deskd/scheduler"
)

// What is remembered of a cluster is read back as it was written, and a
// standing that says nothing leaves nothing behind.
func testStanding(t *testing.T, w world) {
	s := w.open(t)
	nothing := scheduler.Standing{Cluster: "main"}
	got, err := s.Standing(ctx, "main")
	check(t, err)
	same(t, "before", nothing, got)

	open := scheduler.Standing{
		Cluster: "main", Opened: at(1, 0), Refused: at(1, 15), Code: 3, Problem: "no",
		Salt: []byte{0, 1}, Fingerprint: []byte{2, 0xff}, Tries: 2, Tried: at(1, 20),
		Units: "looks wrong", Doubted: at(2, 0), Unit: time.Minute,
	}
	check(t, s.SaveStanding(ctx, open))
	check(t, s.SaveStanding(ctx, scheduler.Standing{Cluster: "annex", Opened: at(3, 0)}))
	got, err = w.open(t).Standing(ctx, "main")
	check(t, err)
	same(t, "after", open, got)

	check(t, s.SaveStanding(ctx, nothing))
	got, err = s.Standing(ctx, "main")
	check(t, err)
	same(t, "at last", nothing, got)
	var rows int
	check(t, w.raw(t).QueryRowContext(ctx, "SELECT count(*) FROM standings").Scan(&rows))
	same(t, "rows", 1, rows)
}
