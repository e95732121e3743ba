package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/scheduler/plan"
)

// sightings are what twenty phones show at an instant: on each the person of its number.
func sightings(at time.Time) []plan.Observation {
	seen := make([]plan.Observation, 20)
	for i := range seen {
		seen[i] = plan.Observation{Device: fmt.Sprintf("SEP%012X", i), Person: fmt.Sprint("user", i), Exists: true, Known: true, Ours: i%2 == 0, Since: at0(), First: at0(), At: at}
	}
	return seen
}

func at0() time.Time { return at(0, 0) }

// What is seen again is in the database afterwards, whichever way it was written: an instant
// alone, a person who came or went, a row that an outcome has written meanwhile, one that
// another program has removed or spoilt.
func TestSeenAgain(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "desk.db"), Options{})
	seen := sightings(at(1, 0))
	check(t, s.See(ctx, seen))
	for name, change := range map[string]func(){
		"nothing":  func() {},
		"a person": func() { seen[3].Person, seen[3].Ours = "jane", false },
		"an outcome": func() { // and the phone shows what it did before
			a := must(s.Begin(ctx, attempt("4.12", at(1, 0))))(t)
			check(t, s.Finish(ctx, a, plan.Observation{Device: seen[4].Device, Person: "max", Exists: true, Known: true}))
		},
		"a row removed":     func() { check(t, writer(s).Exec("DELETE FROM observations WHERE device = ?", seen[5].Device).Error) },
		"two of one device": func() { seen = append(seen, seen[6]); seen[20].Person = "zoe"; seen = append(seen[:6], seen[7:]...) },
		"few of an instant": func() { seen[0].At = seen[0].At.Add(time.Minute) },
		"one that is spoilt, an hour later": func() {
			check(t, writer(s).Exec("UPDATE observations SET person = 'eve' WHERE device = ?", seen[7].Device).Error)
			for i := range seen {
				seen[i].At = seen[i].At.Add(time.Hour)
			}
		},
	} {
		for i := range seen {
			seen[i].At = seen[i].At.Add(time.Minute)
		}
		change()
		check(t, s.See(ctx, seen))
		got := make(map[string]plan.Observation)
		for _, h := range must(s.Seen(ctx))(t) {
			got[h.Device] = h
		}
		for _, h := range seen {
			if diff := cmp.Diff(h, got[h.Device]); diff != "" {
				t.Errorf("%s (-seen +stored):\n%s", name, diff)
			}
		}
	}
}

// BenchmarkSeeAgain writes what a sweep sees of ten thousand phones on which nothing has
// changed, in the parts that a round asks about.
func BenchmarkSeeAgain(b *testing.B) {
	s := openFile(b, filepath.Join(b.TempDir(), "desk.db"), Options{})
	seen := make([]plan.Observation, 10_000)
	for i := range seen {
		seen[i] = plan.Observation{Device: fmt.Sprintf("SEP%012X", i), Person: fmt.Sprint("user", i), Exists: true, Known: true, Since: at(0, 0), At: at(0, 0)}
	}
	check(b, s.See(ctx, seen))
	for n := 1; b.Loop(); n++ {
		for i := range seen {
			seen[i].At = at(0, 0).Add(time.Duration(n) * time.Second)
		}
		for k := 0; k < len(seen); k += 500 {
			check(b, s.See(ctx, seen[k:k+500]))
		}
	}
}
