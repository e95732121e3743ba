package tables

import (
	"fmt"
	"testing"
	"time"

	"deskd/scheduler/plan"
)

// An outcome that is written while phones are seen is not taken for what was seen.
func TestSeenBesideAnOutcome(t *testing.T) {
	sightings := func(at time.Time) (seen []plan.Observation) {
		for i := range 20 {
			seen = append(seen, plan.Observation{Device: fmt.Sprintf("SEP%012X", i), Known: true, At: at})
		}
		return seen
	}
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var w Written
	s := w.SeenAgain(sightings(at))
	w.Forget(s.Whole[:1])
	w.Note(s)
	at = at.Add(time.Minute)
	s = w.SeenAgain(sightings(at))
	if len(s.Whole) != 1 || s.Whole[0].Device != "SEP000000000000" || len(s.join) != 1 || len(s.join[0].devices) != 19 {
		t.Errorf("written whole: %v; seen again: %v", s.Whole, s.join)
	}
}

// What is seen again and again is one row, however many phones it is; one that is written
// otherwise leaves the others, and joins them again.
func TestSeenTogether(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var w Written
	sees := func(from, to int, person string, whole, moved, left, join int) {
		t.Helper()
		at = at.Add(time.Minute)
		var seen []plan.Observation
		for i := from; i < to; i++ {
			seen = append(seen, plan.Observation{Device: fmt.Sprintf("SEP%012X", i), Person: person, Known: true, At: at})
			person = ""
		}
		s := w.SeenAgain(seen)
		devices := func(parts []seenAt) (n int) {
			for _, p := range parts {
				n += len(p.devices)
			}
			return n
		}
		if len(s.Whole) != whole || len(s.moved) != moved || devices(s.left) != left || devices(s.join) != join {
			t.Errorf("%d to %d: %d whole, %d moved, %d left, %d join; want %d, %d, %d, %d", from, to, len(s.Whole), len(s.moved), devices(s.left), devices(s.join), whole, moved, left, join)
		}
		w.Note(s)
	}
	sees(0, 40, "", 40, 0, 0, 0)
	sees(0, 40, "", 0, 1, 0, 40)
	sees(0, 40, "", 0, 1, 0, 0)
	sees(0, 40, "jane", 1, 1, 0, 0)  // she leaves the others …
	sees(0, 40, "jane", 0, 1, 0, 1)  // … and is again with them
	sees(1, 40, "", 0, 1, 1, 0)      // one was not asked
	sees(0, 10, "jane", 0, 1, 0, 10) // most were not: these ten are others from now on
	sees(0, 40, "jane", 0, 2, 0, 0)
	w.Forget([]plan.Observation{{Device: "SEP000000000005"}})
	sees(0, 40, "jane", 1, 2, 0, 0)
	sees(0, 40, "jane", 0, 2, 0, 1)
	sees(0, 5, "jane", 5, 0, 0, 0) // few are not worth it
	at = at.Add(time.Hour)
	sees(0, 40, "jane", 40, 0, 0, 0) // what was written long ago is written again
}
