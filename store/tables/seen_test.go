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
	whole, _ := w.SeenAgain(sightings(at))
	w.Forget(whole[:1])
	w.Note(whole)
	at = at.Add(time.Minute)
	whole, again := w.SeenAgain(sightings(at))
	if len(whole) != 1 || whole[0].Device != "SEP000000000000" || len(again[at]) != 19 {
		t.Errorf("written whole: %v; seen again: %v", whole, again)
	}
}
