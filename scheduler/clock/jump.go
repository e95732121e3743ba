package clock

import (
	"slices"
	"time"

	"deskd/scheduler/plan"
)

// How a jump of the wall clock is taken.
const (
	Noticed   = 15 * time.Second // smaller jumps only move waits, until they add up
	Doubted   = 5 * time.Minute  // a larger one, or those of a day together, may be a mistake …
	doubtedIn = 2 * time.Minute  // … that shows within this time, most often
	believed  = 24 * time.Hour   // a clock that has stayed for so long is right

	// A daemon may well have been off for as long as plausible: by that alone the
	// clock is not doubted. It is, however short the time, if sessions are still
	// on phones that must have ended by themselves, by more than outlasts.
	plausible = 4 * time.Hour
	outlasts  = 2 * time.Minute
	mildFor   = 10 * time.Minute // so long after the start that is looked for
	offAtMost = 90 * 24 * time.Hour
)

// Drift compares the wall clock with the monotonic one. The zero Drift has not looked
// yet.
type Drift struct{ wall, monotonic time.Time }

// Look is by how much the wall clock has jumped since the last look, negative
// for back.
func (d *Drift) Look(c Clock) time.Duration {
	before := *d
	d.wall, d.monotonic = c.both()
	d.wall = d.wall.Round(0) // without the monotonic reading, which Sub would prefer
	if before.monotonic.IsZero() {
		return 0
	}
	return d.wall.Sub(before.wall) - d.monotonic.Sub(before.monotonic)
}

// FormerClock is a clock that was trusted before the wall clock jumped, as long
// as it is not known which of them is right.
type FormerClock struct {
	// By is how far the wall clock is ahead of this one, negative for behind.
	By time.Duration `json:"by"`
	// At is when the wall clock jumped, by the wall clock as it is now.
	At time.Time `json:"at"`
	// After is the newest attempt by this clock: later sessions are by the other.
	After int64 `json:"after"`
	// Start says that the jump was found when deskd started: by the newest instant
	// of the database, which is some minutes old.
	Start bool `json:"start,omitempty"`
	// Mild says that deskd may as well have been off, and that no phone says otherwise.
	Mild bool `json:"mild,omitempty"`
	// Witness says that the phone system's clock shows by how much, when deskd has started.
	Witness bool `json:"witness,omitempty"`
	// Disproved says of one with Start that the clock deskd was started by cannot
	// have been right: it was before what had been seen, or phones showed sessions
	// that had ended long ago by it. Otherwise deskd may have been off until then.
	Disproved bool `json:"disproved,omitempty"`
}

// then is the instant by f.
func (f FormerClock) then(now time.Time) time.Time { return now.Add(-f.By) }

// isBack reports whether the wall clock, which has just jumped so, is
// f again. While deskd was off, f has moved on, nobody knows by how much: only if
// the clock of the start is known to be wrong, is one that is some minutes past f
// right. After a night off, a clock that is set back to the evening is not. By how much it
// differs from the phone system's clock, a witness tells exactly; how large a jump is
// that is found at a start, nobody knows as well.
func (f FormerClock) isBack(jumped FormerClock) bool {
	by := jumped.By
	switch {
	case f.Mild, f.Start && !f.Disproved:
		return false
	case f.By.Abs() < Doubted:
		return true
	}
	return f.Start && (!f.Witness || jumped.Start) && f.By > 0 && f.By < time.Hour && f.By*4 < by.Abs()
}

// Clocks are what is remembered of a machine's clock beyond a restart. The zero
// Clocks are those of a clock that is trusted.
type Clocks struct {
	Former   []FormerClock   `json:"former,omitempty"` // oldest first
	Misdated []plan.Misdated `json:"misdated,omitempty"`
	Steps    []Step          `json:"steps,omitempty"` // of a day, oldest first
	// Apart is how far the wall clock is believed to be ahead of the phone system's.
	Apart time.Duration `json:"apart,omitempty"`
}

// Blank reports whether nothing is remembered.
func (c Clocks) Blank() bool { return len(c.Former)+len(c.Misdated)+len(c.Steps) == 0 && c.Apart == 0 }

// Clone is c with lists of its own.
func (c Clocks) Clone() Clocks {
	return Clocks{slices.Clone(c.Former), slices.Clone(c.Misdated), slices.Clone(c.Steps), c.Apart}
}

// returnsTo is which of the former clocks the wall clock is again after a jump,
// which they have taken in, and -1 if it is none. One that is later at a start may as
// well be wrong still, deskd having been off for as long, but for months.
func (c Clocks) returnsTo(jumped FormerClock) int {
	if jumped.Start && jumped.By > 0 && jumped.By < offAtMost {
		return -1
	}
	return slices.IndexFunc(c.Former, func(f FormerClock) bool { return f.isBack(jumped) })
}

// mostMisdated is how many stretches of attempts without a date are remembered. Of
// more the oldest two are one with what lies between: what has no date is old, which
// it is by then.
const mostMisdated = 16

func fewer(m []plan.Misdated) []plan.Misdated {
	if len(m) <= mostMisdated {
		return m
	}
	return append([]plan.Misdated{{After: min(m[0].After, m[1].After), Through: max(m[0].Through, m[1].Through)}}, m[2:]...)
}

// mostFormer is how many former clocks are remembered: one that jumps more often
// is broken.
const mostFormer = 4

// remember adds a former clock. The first is the one that was trusted, and stays.
func (c *Clocks) remember(f FormerClock) {
	c.Former = append(c.Former[:len(c.Former):len(c.Former)], f)
	if len(c.Former) > mostFormer {
		c.Former = append(c.Former[:1:1], c.Former[2:]...)
	}
}
