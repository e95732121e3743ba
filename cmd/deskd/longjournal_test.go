package main

import (
	"runtime"
	"testing"
	"time"
)

// A journal of twenty thousand attempts of one day costs explain no more than the
// memory of one of them each: what deskd remembers of them decides the steps.
func TestExplainOfLongJournal(t *testing.T) {
	w := newWorld(t).furnish()
	w.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 20000)
		INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at, known_at, cause, why, due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
		SELECT 'main', 'login', 'D1', 'SEP000000000001', 'user0001', '', 'r', ?1, ?1, ?1, ?1, ?1, 'start', 'why', ?1, ?1, 'refused', 6, '', ?1, ?1, ?1 FROM n`,
		time.Now().Add(-time.Minute).UTC().Format("2006-01-02T15:04:05.000Z"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	w.contains(w.run("explain", "--desk", "D1"), 0, "D1", "why")
	runtime.ReadMemStats(&after)
	took, mb := time.Since(began), (after.TotalAlloc-before.TotalAlloc)>>20
	t.Logf("%v, %d MB", took, mb)
	if mb > 100 {
		t.Errorf("explain of one desk took %v and %d MB", took, mb)
	}
}
