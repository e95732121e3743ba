package limit

import (
	"slices"
	"time"
)

// How times are judged.
const (
	window   = 32      // answers that are judged together
	slow     = 1.5     // times the base: longer than answers vary
	bearable = 1.25    // times the base: what a lower limit should bring back
	quicker  = 1.0 / 8 // of the difference: how far the base follows a faster window …
	slower   = 1.0 / 256
)

// times are how long the answers to one operation took. The zero times have met none.
type times struct {
	newest  []time.Duration // since the last judgement
	crowded int             // of them, those that were not alone
	last    time.Duration   // median of the last full window
	base    float64         // what windows are held against, in nanoseconds; 0 for nothing yet
}

// usual is how long an answer takes, 0 when none came.
func (t *times) usual() time.Duration {
	if t.last > 0 {
		return t.last
	}
	return median(t.newest)
}

// note takes in an answer, and returns how many times as long as usual the answers of a full
// window took; 1 for no longer than they vary, or not on account of how many there were.
func (t *times) note(a Answer) float64 {
	if a.Took <= 0 {
		return 1
	}
	t.newest = append(t.newest, a.Took)
	if a.Among > 1 {
		t.crowded++
	}
	if len(t.newest) < window {
		return 1
	}
	alone := t.crowded <= window/2
	t.last, t.newest, t.crowded = median(t.newest), nil, 0
	took := float64(t.last)
	if t.base == 0 || alone {
		t.base = took
	}
	by := took / t.base
	switch {
	case by < 1:
		t.base += (took - t.base) * quicker
	default:
		t.base += (took - t.base) * slower
	}
	if by > slow {
		return by
	}
	return 1
}

// accept takes the newest answers for the usual ones.
func (t *times) accept() { t.base = float64(t.last) }

// median is the middle one, 0 of none.
func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
