package clock

import (
	"context"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// Clock tells the time and waits. The zero Clock is the machine's own; one
// made by [FastClock] runs a whole day in a minute, one by [MovedClock] jumps.
type Clock struct {
	fast  *fastClock
	moved func() time.Duration
}

// Those who wait on a fast clock look at it every glance. A clock that nobody
// has looked at for longer than stall was on a machine that had no time for the
// whole program.
const (
	glance = 2 * time.Millisecond
	stall  = 2 * glance
)

// fastClock runs speed times as fast as the machine's clock, and stands still
// while anything is busy, or everything is held up.
type fastClock struct {
	speed float64

	mu    sync.Mutex
	shown time.Time // what the clock showed …
	at    time.Time // … when it was looked at last, by the machine's clock
	busy  int
}

// FastClock returns a clock that shows origin now and runs speed times as fast
// as the machine's, as long as it is waited on or looked at. It stands
// still while the machine has no time for the program: a tenth of a second
// would be minutes of a fast day. Speed must be positive.
func FastClock(origin time.Time, speed float64) Clock {
	return Clock{fast: &fastClock{speed: speed, shown: origin, at: time.Now()}}
}

// MovedClock returns the machine's clock as it shows when it has been moved by
// what moved says at each look: one that jumps when that changes.
func MovedClock(moved func() time.Duration) Clock { return Clock{moved: moved} }

// Now is the instant the clock shows, in UTC.
func (c Clock) Now() time.Time {
	if c.fast == nil {
		wall, _ := c.both()
		return wall
	}
	c.fast.mu.Lock()
	defer c.fast.mu.Unlock()
	return c.fast.now().UTC()
}

// both is the instant the clock shows, and that of the monotonic clock, which cannot
// be set and which stands still while the machine sleeps. Only differences between two
// of the latter mean anything. A fast clock is never set.
func (c Clock) both() (wall, monotonic time.Time) {
	if c.fast != nil {
		now := c.Now()
		return now, now
	}
	monotonic = time.Now()
	if c.moved == nil {
		return monotonic.UTC(), monotonic
	}
	return monotonic.UTC().Add(c.moved()), monotonic
}

// Watch returns a function that tells by how much c has been set since,
// negative for back. Time that the machine slept counts as set forward.
func (c Clock) Watch() (set func() time.Duration) {
	var began Drift
	began.Look(c)
	return func() time.Duration {
		d := began
		return d.Look(c)
	}
}

func (f *fastClock) now() time.Time {
	at := time.Now()
	if f.busy == 0 {
		f.shown = f.shown.Add(time.Duration(float64(min(at.Sub(f.at), stall)) * f.speed))
	}
	f.at = at
	return f.shown
}

// Busy stops a fast clock until the returned function is called, so that what
// the machine needs for its work does not count as time of a day that runs a
// thousand times too fast. On the machine's clock it does nothing.
func (c Clock) Busy() (done func()) {
	if c.fast == nil {
		return func() {}
	}
	c.fast.turn(1)
	return func() { c.fast.turn(-1) }
}

func (f *fastClock) turn(by int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now()
	f.busy += by
}

// Real is how long to wait on the machine's clock for d of this one, before
// looking at it again.
func (c Clock) Real(d time.Duration) time.Duration {
	if c.fast == nil {
		return d
	}
	return min(c.fast.real(d), glance)
}

func (f *fastClock) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / f.speed)
}

// Sleep waits for d of this clock, or until ctx ends, whose error it returns.
func (c Clock) Sleep(ctx context.Context, d time.Duration) error {
	_, began := c.both()
	for left := d; left > 0; {
		t := time.NewTimer(c.Real(left))
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
			_, now := c.both() // however the wall clock is set meanwhile
			left = d - now.Sub(began)
		}
	}
	return ctx.Err()
}

// Schedule lets s run on c in zone: cron asks with the machine's time and gets it back.
func (c Clock) Schedule(s cron.Schedule, zone *time.Location) cron.Schedule {
	return onClock{c, s, zone}
}

type onClock struct {
	clock Clock
	cron.Schedule
	zone *time.Location
}

// Next is the machine's instant of the schedule's next activation after t.
func (o onClock) Next(t time.Time) time.Time {
	if o.clock.fast == nil && o.clock.moved == nil {
		return o.Schedule.Next(t.In(o.zone))
	}
	shown := o.clock.Now()
	next := o.Schedule.Next(shown.In(o.zone))
	if next.IsZero() {
		return next
	}
	if o.clock.fast == nil {
		return t.Add(next.Sub(shown))
	}
	return t.Add(o.clock.fast.real(next.Sub(shown)))
}
