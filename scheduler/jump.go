package scheduler

import (
	"context"
	"fmt"
	"time"
)

// A wall clock is set by people and by NTP, and one of a machine that slept has
// gone on without the program. Either way it has jumped, as the clock shows that
// nobody can set. What was seen, read and waited for says nothing then: all is
// asked anew. A sleep is treated like a clock that was set: the time may be
// right, but neither calendars nor phones have been asked since, the network may
// not be up, and the hardware's clock not yet be corrected.
const (
	noticed   = 15 * time.Second // a smaller jump only moves waits by as much
	doubted   = 5 * time.Minute  // a larger one may be a mistake …
	doubtedIn = 2 * time.Minute  // … that shows within this time
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

// jump is what is known of the clock's jumps. In doubt, a step goes out only if
// it would by the clock as it went before, too.
type jump struct {
	drift
	by    time.Duration // since the clock was last trusted
	until time.Time     // of the doubt; zero when the clock is trusted
	world World         // the bookings around the instant it would be
}

// now is the instant by the wall clock alone: instants that are kept in memory
// compare with those of the database and of bookings.
func (r *Reconciler) now() time.Time { return r.Clock.Now().Round(0) }

// startled looks whether the clock has jumped, and reports whether all has to
// be asked anew because it has.
func (r *Reconciler) startled() bool {
	by := r.jump.look(r.Clock)
	now := r.now()
	if by.Abs() < noticed {
		r.settle(now)
		return false
	}
	r.jump.by += by
	switch inDoubt := !r.jump.until.IsZero(); {
	case r.jump.by.Abs() < doubted && !inDoubt:
		r.jump.by = 0
	case r.jump.by.Abs() < doubted:
		r.jump.by, r.jump.until = 0, time.Time{}
		r.Log.Info("clock is back where it was", "cluster", r.Cluster)
	default:
		r.jump.until = now.Add(doubtedIn)
		r.Log.Error("clock has jumped: what is due only by that waits", "cluster", r.Cluster,
			"by", r.jump.by.Round(time.Second), "until", r.jump.until)
	}
	r.forget(by, now)
	return true
}

// settle believes a clock that has stayed for long enough.
func (r *Reconciler) settle(now time.Time) {
	if r.jump.until.IsZero() || now.Before(r.jump.until) {
		return
	}
	r.Log.Info("clock has stayed where it jumped to, and counts", "cluster", r.Cluster, "by", r.jump.by.Round(time.Second))
	r.jump.by, r.jump.until, r.jump.world = 0, time.Time{}, World{}
}

// forget lets nothing count that is from before a jump, except whose sessions
// are whose. The journal is read anew, and a sweep asks every device.
func (r *Reconciler) forget(by time.Duration, now time.Time) {
	r.read, r.folded, r.last = time.Time{}, time.Time{}, now
	clear(r.looks)
	r.stays.watched = nil
	r.said = r.said.Add(by)
	for device, v := range r.vanished {
		r.vanished[device] = vanished{v.at.Add(by), v.was}
	}
	for person, a := range r.away {
		r.away[person] = away{on: a.on}
	}
	for device, h := range r.seen {
		h.Known = false
		r.seen[device] = h
	}
	if !r.halted.IsZero() {
		r.halted = r.standing.Until(now)
	}
	r.startSweep(nil)
}

// doubtful says why steps wait because of the clock; empty when none does.
func (j jump) doubtful() string {
	if j.until.IsZero() {
		return ""
	}
	way := "ahead"
	if j.by < 0 {
		way = "back"
	}
	return fmt.Sprintf("the clock has jumped %s %s: what is due only by that waits until %s",
		j.by.Abs().Round(time.Second), way, j.until.UTC().Format(time.RFC3339))
}

// readBefore loads the bookings around the instant it would be without a jump
// that is in doubt.
func (r *Reconciler) readBefore(ctx context.Context, now time.Time) error {
	if r.jump.until.IsZero() {
		return nil
	}
	booked, err := r.Book.Reservations(ctx, r.Policy.Window(now.Add(-r.jump.by)))
	if err != nil {
		return fmt.Errorf("read reservations: %w", err)
	}
	r.jump.world = r.world
	r.jump.world.Calendar = NewWorld(r.Cluster, nil, nil, booked).Calendar
	return nil
}

// doubt lets the steps wait that would not go out by the clock as it went
// before its jump.
func (r *Reconciler) doubt(steps []Step, now time.Time) []Step {
	if r.jump.until.IsZero() {
		return steps
	}
	then := now.Add(-r.jump.by)
	sure := make(map[target]bool)
	for _, s := range r.compare(Wanted(r.jump.world, r.Policy, then), then) {
		if s.Op != OpHold && !s.NotBefore.After(then) {
			sure[targetOf(s)] = true
		}
	}
	for i, s := range steps {
		if s.Op != OpHold && !sure[targetOf(s)] {
			steps[i].NotBefore = latest(s.NotBefore, r.jump.until)
			steps[i].Why += "; " + r.jump.doubtful()
		}
	}
	return steps
}
