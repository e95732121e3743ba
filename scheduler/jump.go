package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// A wall clock is set by people and by NTP, and one of a machine that slept has
// gone on without the program. Either way it has jumped, as the clock shows that
// nobody can set. What was seen, read and waited for says nothing then: all is
// asked again. A sleep is treated like a clock that was set: the time may be
// right, but neither calendars nor phones have been asked since, the network may
// not be up, and the hardware's clock not yet be corrected.
//
// Nobody can tell by the jump whether the clock is right now or was before. So a
// clock that has stayed for a while serves empty phones, which harms nobody; but
// whoever was on a phone before stays until both clocks say that their time is
// over (doubt.go). At the start the clock is compared with the newest instant in
// the database, and with the phone system's clock (witness.go): a daemon that was off
// has not seen the jump.
const (
	noticed   = 15 * time.Second // smaller ones only move waits, until they add up
	doubted   = 5 * time.Minute  // a larger one, or those of a day together, may be a mistake …
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

// drift compares the two clocks. The zero drift has not looked yet.
type drift struct{ wall, steady time.Time }

// look is by how much the wall clock has jumped since the last look, negative
// for back.
func (d *drift) look(c Clock) time.Duration {
	before := *d
	d.wall, d.steady = c.both()
	d.wall = d.wall.Round(0) // without the steady clock's reading, which Sub would prefer
	if before.steady.IsZero() {
		return 0
	}
	return d.wall.Sub(before.wall) - d.steady.Sub(before.steady)
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

// isBack reports whether the wall clock, which has just jumped by that much, is
// f again. While deskd was off, f has moved on, nobody knows by how much: only if
// the clock of the start is known to be wrong, is one that is some minutes past f
// right. After a night off, a clock that is set back to the evening is not.
func (f FormerClock) isBack(by time.Duration) bool {
	switch {
	case f.Mild, f.Start && !f.Disproved:
		return false
	case f.By.Abs() < doubted:
		return true
	}
	return f.Start && f.By > 0 && f.By < time.Hour && f.By*4 < by.Abs()
}

// returnsTo is which of the former clocks the wall clock is again after a jump,
// which they have taken in, and -1 if it is none. One that is later at a start may as
// well be wrong still, deskd having been off for as long, but for months.
func (c Clocks) returnsTo(jumped FormerClock) int {
	if jumped.Start && jumped.By > 0 && jumped.By < offAtMost {
		return -1
	}
	return slices.IndexFunc(c.Former, func(f FormerClock) bool { return f.isBack(jumped.By) })
}

// Clocks are what is remembered of a machine's clock beyond a restart. The zero
// Clocks are those of a clock that is trusted.
type Clocks struct {
	Former   []FormerClock   `json:"former,omitempty"` // oldest first
	Misdated []plan.Misdated `json:"misdated,omitempty"`
	Steps    []ClockStep     `json:"steps,omitempty"` // of a day, oldest first
	// Apart is how far the wall clock is believed to be ahead of the phone system's.
	Apart time.Duration `json:"apart,omitempty"`
}

// Blank reports whether nothing is remembered.
func (c Clocks) Blank() bool { return len(c.Former)+len(c.Misdated)+len(c.Steps) == 0 && c.Apart == 0 }

// jump is what is known of the clock's jumps.
type jump struct {
	drift
	Clocks
	until     time.Time               // whatever is due only by the last jump waits; zero when it does no more
	worlds    []reservations.Calendar // the bookings around the instant by each former clock
	unkept    bool                    // Clocks have changed and are not written yet
	examined  bool                    // the phone system's clock was looked at since the start
	unnoticed time.Duration           // by so much the clock has moved in steps too small to be noticed
	waits     string                  // why phones wait for the clock; empty while none does
}

// now is the instant by the wall clock alone: instants that are kept in memory
// compare with those of the database and of bookings.
func (r *Reconciler) now() time.Time { return r.Clock.Now().Round(0) }

// startled looks whether the clock has jumped, and reports whether all has to
// be asked again because it has.
func (r *Reconciler) startled() bool {
	by := r.jump.look(r.Clock)
	now := r.now()
	r.proofs.Shift(by) // to the second: they are doubted for little longer than a node is behind
	r.jump.unnoticed += by
	if by.Abs() < noticed && r.jump.unnoticed.Abs() < noticed {
		r.settle(now)
		return false
	}
	by, r.jump.unnoticed = r.jump.unnoticed, 0
	r.leap(FormerClock{By: by, At: now, After: r.newest}, now)
	r.forget(by, now)
	return true
}

// hasJumped reports whether the clock has jumped since the round began: it ends
// then, and the next one asks every device.
func (r *Reconciler) hasJumped() bool {
	d := r.jump.drift
	return d.look(r.Clock).Abs() >= noticed
}

// include counts an attempt whose answer has come as one by the clock before the
// last jump, if it was under way meanwhile: no answer takes so long.
func (j *jump) include(a plan.Attempt, now time.Time) {
	if n := len(j.Former); n > 0 && now.Sub(a.Began).Abs() >= doubted && a.ID > j.Former[n-1].After {
		j.Former[n-1].After, j.unkept = a.ID, true
	}
}

// leap takes in that the wall clock is ahead of f since a moment ago. It may be
// that of before an earlier jump again: what was done since by clocks in between
// has no date then.
func (r *Reconciler) leap(f FormerClock, now time.Time) {
	j, by := &r.jump, f.By
	for i := range j.Former {
		j.Former[i].By += f.By
		j.Former[i].At = j.Former[i].At.Add(f.By)
	}
	if !f.Start {
		f, j.unkept = j.step(f), true
	}
	switch back := j.returnsTo(f); {
	case back >= 0:
		if after := j.Former[back].After; r.newest > after {
			j.Misdated = fewer(append(j.Misdated, plan.Misdated{After: after, Through: r.newest}))
		}
		j.believeSteps(j.Former[back].By)
		j.Former, j.until, j.unkept = j.Former[:back], time.Time{}, true
		r.Log.Info("clock is back where it was", "cluster", r.Cluster)
	case f.By.Abs() >= doubted && !j.until.IsZero(): // the one in between was never trusted
		j.until, j.unkept = now.Add(doubtedIn), true
		r.Log.Error("clock has jumped: what is due only by that waits", "cluster", r.Cluster,
			"by", f.By.Round(time.Second), "until", j.until)
	case f.By.Abs() >= doubted:
		j.remember(f)
		j.unkept = true
		if f.Start {
			return // said by compareClock
		}
		j.until = now.Add(doubtedIn)
		r.Log.Error("clock has jumped: what is due only by that waits", "cluster", r.Cluster,
			"by", f.By.Round(time.Second), "until", j.until)
	case !j.until.IsZero():
		j.until = j.until.Add(by)
	}
	r.publishClock()
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

// settle believes a clock that has stayed for long enough.
func (r *Reconciler) settle(now time.Time) {
	j := &r.jump
	if j.dropSteps(now) {
		j.unkept = true
	}
	if len(j.Former) == 0 {
		return
	}
	if !j.until.IsZero() && !now.Before(j.until) {
		j.until = time.Time{}
		r.Log.Info("clock has stayed where it jumped to, and counts", "cluster", r.Cluster, "by", j.Former[len(j.Former)-1].By.Round(time.Second))
	}
	n := len(j.Former)
	j.Former = slices.DeleteFunc(j.Former, func(f FormerClock) bool {
		over := now.Sub(f.At) >= believed || f.Mild && now.Sub(f.At) >= mildFor
		if over && (!f.Start || f.Witness) {
			j.Apart += f.By
		}
		return over
	})
	if len(j.Former) < n {
		j.unkept = true
		r.publishClock()
	}
}

// compareClock compares the clock, at a start, with the newest instant at which
// deskd has seen a phone or a feed. A clock before that is wrong, or was then; one
// much later may be, or deskd was off. Since then nobody has seen what happened.
func (r *Reconciler) compareClock(ctx context.Context, now time.Time) error {
	s, err := r.Standings.Standing(ctx, r.Cluster)
	if err != nil {
		return fmt.Errorf("read standing: %w", err)
	}
	newest, err := r.Journal.Newest(ctx)
	if err != nil {
		return fmt.Errorf("read newest instants: %w", err)
	}
	r.jump.look(r.Clock)
	r.jump.Clocks, r.newest = s.Clocks, newest.Attempt
	defer r.publishClock()
	r.resumeWait(now)
	if newest.At.IsZero() || r.Beside {
		return nil
	}
	r.jump.addStep(ClockStep{After: newest.Attempt, At: now, Seen: newest.At})
	r.jump.unkept = true
	by := now.Sub(newest.At)
	if by < doubted && by > -noticed {
		return nil
	}
	f := FormerClock{By: by, At: now, After: newest.Attempt, Start: true, Mild: by > 0 && by <= plausible, Disproved: by < 0}
	if f.Mild { // the time may just have passed, by whichever clock
		r.jump.Former = append(r.jump.Former, f)
		r.jump.unkept = true
		return nil
	}
	n := len(r.jump.Former)
	r.leap(f, now)
	if len(r.jump.Former) > n {
		r.Log.Warn("clock is not where deskd last saw it: who is on a phone stays until both times agree, or for a day",
			"cluster", r.Cluster, "by", by.Round(time.Second), "seen", newest.At)
	}
	return nil
}

// resumeWait goes on with the wait after a jump that was noticed a moment ago, by
// the process before or by the one beside this.
func (r *Reconciler) resumeWait(now time.Time) {
	if n := len(r.jump.Former); n > 0 {
		last := r.jump.Former[n-1]
		if until := last.At.Add(doubtedIn); !last.Start && !now.Before(last.At) && now.Before(until) {
			r.jump.until = until
		}
	}
}

// publishClock lets others ask for the trusted clock; see [Reconciler.Trusted].
func (r *Reconciler) publishClock() {
	r.status.Lock()
	defer r.status.Unlock()
	r.clock = shownClock{drift: r.jump.drift}
	for _, f := range r.jump.Former {
		if !f.Mild {
			r.clock.by = f.By
			return
		}
	}
}

// shownClock is how far the wall clock was ahead of the trusted one at a look.
type shownClock struct {
	drift
	by time.Duration
}

// Trusted is the instant by the clock that was trusted last, which is that of now
// unless the wall clock has jumped and is not believed yet. It may be called from
// any goroutine, and is up to date also while a round is under way.
func (r *Reconciler) Trusted(now time.Time) time.Time {
	r.status.Lock()
	c := r.clock
	r.status.Unlock()
	by := c.by + c.look(r.Clock)
	if by.Abs() < doubted {
		return now
	}
	return now.Add(-by)
}

// keepClock writes down what is remembered of the clock, if that has changed, and
// nothing else: another program may have been let in with keys that were refused.
func (r *Reconciler) keepClock(ctx context.Context) error {
	if !r.jump.unkept {
		return nil
	}
	s := r.standing
	if !r.unkept { // else what is written down is older
		var err error
		if s, err = r.Standings.Standing(ctx, r.Cluster); err != nil {
			return fmt.Errorf("record clock: %w", err)
		}
	}
	s.Clocks = Clocks{slices.Clone(r.jump.Former), slices.Clone(r.jump.Misdated), slices.Clone(r.jump.Steps), r.jump.Apart}
	if err := r.Standings.SaveStanding(ctx, s); err != nil {
		return fmt.Errorf("record clock: %w", err)
	}
	r.standing.Clocks, r.jump.unkept, r.unkept = s.Clocks, false, false
	return nil
}

// forget lets nothing count that is from before a jump, except whose sessions
// are whose. The journal is read again, and a sweep asks every device.
func (r *Reconciler) forget(by time.Duration, now time.Time) {
	r.read, r.folded, r.last = time.Time{}, time.Time{}, now
	clear(r.looks)
	r.stays.watched = nil
	r.said = r.said.Add(by)
	for device, v := range r.vanished {
		r.vanished[device] = vanished{v.at.Add(by), v.was}
	}
	for person, a := range r.away {
		r.away[person] = away{Away: plan.Away{On: a.On}}
	}
	for device, h := range r.seen {
		h.Known = false
		if !h.Ours { // so long ago they came, whatever the clock shows
			h.Since = h.Since.Add(by)
			if !h.At.IsZero() {
				h.At = h.At.Add(by)
			}
		}
		r.seen[device] = h
	}
	if !r.halted.IsZero() {
		r.halted = r.standing.Until(now)
	}
	r.startSweep(nil)
}
