package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/scheduler/plan"
)

// testSeenTogether plays questions about any of forty phones, whose people come and go, with
// outcomes that are written beside, rows that another program removes, clocks that are set
// back and processes that begin anew: the database always says what was last seen of each
// phone, and when.
func testSeenTogether(t *testing.T, w world) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(uint64(seed), 1)) //nolint:gosec // no secret
	s, raw := w.open(t), w.raw(t)
	people := 0
	now, is := at(0, 0), make(map[string]plan.Observation)
	device := func(n int) string { return fmt.Sprintf("SEP%012X", n) }
	see := func(s *Store, from, to int) {
		t.Helper()
		var seen []plan.Observation
		for n := from; n < to; n++ {
			h, known := is[device(n)]
			if !known {
				h = plan.Observation{Device: device(n), Exists: true, Known: true, Since: at(0, 0), First: at(0, 0)}
			}
			if h.At = now; random.IntN(30) == 0 {
				people++
				h.Person = fmt.Sprint("user", people)
			}
			is[h.Device] = h
			seen = append(seen, h)
		}
		check(t, s.See(ctx, seen))
	}
	for step := range 150 {
		now = now.Add(time.Minute)
		switch random.IntN(12) {
		case 0: // a part of them
			from := random.IntN(40)
			see(s, from, from+random.IntN(41-from))
		case 1: // an outcome
			h := is[device(random.IntN(40))]
			if h.Device == "" {
				continue
			}
			h.Person, h.Ours, h.At = "jane", true, now
			a := must(s.Begin(ctx, attempt("4.12", at(1, 0))))(t)
			a.Outcome, a.Ended = plan.Done, at(1, 0)
			check(t, s.Finish(ctx, a, h))
			is[h.Device] = h
		case 2: // another program
			d := device(random.IntN(40))
			if _, err := raw.ExecContext(ctx, "DELETE FROM observations WHERE device = '"+d+"'"); err != nil {
				t.Fatal(err)
			}
			delete(is, d)
		case 3:
			now = now.Add(-20 * time.Minute)
		case 4:
			now = now.Add(30 * time.Minute)
		case 5: // another process
			see(w.open(t), 0, 20)
		default:
			see(s, 0, 20)
			see(s, 20, 40)
		}
		got, newest := make(map[string]plan.Observation), time.Time{}
		for _, h := range must(s.Seen(ctx))(t) {
			got[h.Device] = h
			if h.At.After(newest) {
				newest = h.At
			}
		}
		if diff := cmp.Diff(is, got); diff != "" {
			t.Fatalf("step %d (-seen +stored):\n%s", step, diff)
		}
		if n := must(s.Newest(ctx))(t); !n.At.Equal(newest) {
			t.Fatalf("step %d: the newest is of %v, want %v", step, n.At, newest)
		}
	}
	var groups, used int
	check(t, raw.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM seen_together), (SELECT count(DISTINCT together) FROM observations WHERE together <> 0)").Scan(&groups, &used))
	if groups > used+10 {
		t.Errorf("%d groups are kept, and %d used", groups, used)
	}
}
