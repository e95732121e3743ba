package clock

import (
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// A Step is a jump of the wall clock, whatever its size, or a start of deskd.
// Steps of a day are kept for two questions:
//
//   - Do several that are each too small to be doubted add up to one that is?
//   - How long ago did the phone system confirm a login or logout? An answer that
//     contradicts one of a minute ago may be from the past.
//
// A start is a step of unknown size: the wall clock may have been set while deskd was
// off. What was s seconds old when deskd last showed signs of life is at least as old
// at the start, and perhaps no older. That is what it counts as.
type Step struct {
	// After is the newest attempt before the step.
	After int64 `json:"after"`
	// At is when the step was found, by the wall clock as it is now.
	At time.Time `json:"at"`
	// By is how far the clock went ahead, negative for back; 0 of a start.
	By time.Duration `json:"by,omitempty"`
	// Left is the part of By that was believed, and that further steps add to.
	Left time.Duration `json:"left,omitempty"`
	// Seen is, of a start, the newest instant of the database, by the clock of before.
	Seen time.Time `json:"seen,omitzero"`
}

// mostSteps is how many steps are remembered. Of older ones only their sum is.
const mostSteps = 32

// step takes in that the wall clock has jumped by f.By, and returns f as it counts:
// if the small steps of a day have come to more than is believed, all of them are one
// jump, from the clock as it went before the first.
func (c *Clocks) step(f FormerClock) FormerClock {
	c.shiftSteps(f.By)
	c.addStep(Step{After: f.After, At: f.At, By: f.By, Left: f.By})
	if sum := c.crept(); sum.Abs() >= Doubted && sum.Abs() > f.By.Abs() {
		f.By = sum
	}
	if f.By.Abs() >= Doubted {
		c.believeSteps(0)
	}
	return f
}

// addStep remembers s. Where there are too many, the oldest is added to the next.
func (c *Clocks) addStep(s Step) {
	c.Steps = append(slices.Clip(c.Steps), s)
	if len(c.Steps) > mostSteps {
		c.Steps[1].Left += c.Steps[0].Left
		c.Steps = c.Steps[1:]
	}
}

// shiftSteps keeps the instants of the steps those of a wall clock that has jumped.
func (c *Clocks) shiftSteps(by time.Duration) {
	c.Steps = slices.Clone(c.Steps) // what was written down stays as it was
	for i := range c.Steps {
		c.Steps[i].At = c.Steps[i].At.Add(by)
		if !c.Steps[i].Seen.IsZero() {
			c.Steps[i].Seen = c.Steps[i].Seen.Add(by)
		}
	}
}

// crept is how far the steps that were believed have moved the clock together.
func (c Clocks) crept() time.Duration {
	sum := time.Duration(0)
	for _, s := range c.Steps {
		sum += s.Left
	}
	return sum
}

// believeSteps lets nothing of the steps count any more but left.
func (c *Clocks) believeSteps(left time.Duration) {
	c.Steps = slices.Clone(c.Steps)
	for i := range c.Steps {
		c.Steps[i].Left = 0
	}
	if n := len(c.Steps); n > 0 {
		c.Steps[n-1].Left = left
	}
}

// dropSteps forgets the steps that say nothing any more, and reports whether there
// were any. What went before a start is then too old to be contradicted.
func (c *Clocks) dropSteps(now time.Time) bool {
	old := func(s Step) bool {
		return now.Sub(s.At) >= believed || !s.Seen.IsZero() && now.Sub(s.At) >= plan.StaleFor
	}
	if !slices.ContainsFunc(c.Steps, old) {
		return false
	}
	c.Steps = slices.DeleteFunc(slices.Clone(c.Steps), old)
	return true
}

// Confirmed is when the success of a was known, by the wall clock as it is now. It is
// not before the true instant: where the clock may have been set back between the
// request and its answer, or the look in the place of one, it counts as not set.
func (c Clocks) Confirmed(a plan.Attempt) time.Time {
	at := a.Confirmed()
	across := a.Error != "" && a.Code == 0 || at.Before(a.Began)
	for _, s := range c.Steps {
		if s.After >= a.ID && !(across && s.By < 0) {
			at = at.Add(s.By)
		}
	}
	for _, s := range c.Steps {
		if s.After >= a.ID && !s.Seen.IsZero() {
			at = s.At.Add(-max(0, reservations.Earliest(s.Seen, s.At).Sub(at))) // newest may be of a clock that was wrong
		}
	}
	return at
}
