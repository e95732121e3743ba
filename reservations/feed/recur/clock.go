package recur

import (
	"math"
	"time"

	"deskd/reservations/feed/ical"
)

// Clock reads a zone, with a memory: nearly all questions of a calendar are about the
// same few months. Make one with [NewClock]; it must not be shared between goroutines.
type Clock struct {
	Location *time.Location
	known    [2]stretch // the one that answered last is first
}

// stretch is a time in which the offset of a zone does not change, half-open,
// in Unix seconds. The zero stretch holds no instant.
type stretch struct{ from, to, offset int64 }

// NewClock is the clock of a zone.
func NewClock(loc *time.Location) *Clock { return &Clock{Location: loc} }

// Offset is how many seconds the clock is ahead of UTC at an instant.
func (c *Clock) Offset(unix int64) int64 {
	if s := &c.known[0]; unix >= s.from && unix < s.to {
		return s.offset
	}
	c.known[0], c.known[1] = c.known[1], c.known[0]
	if s := &c.known[0]; unix < s.from || unix >= s.to {
		*s = c.look(unix)
	}
	return c.known[0].offset
}

func (c *Clock) look(unix int64) stretch {
	at := time.Unix(unix, 0).In(c.Location)
	_, offset := at.Zone()
	s := stretch{math.MinInt64, math.MaxInt64, int64(offset)}
	from, to := at.ZoneBounds()
	if !from.IsZero() {
		s.from = from.Unix()
	}
	if !to.IsZero() {
		s.to = to.Unix()
	}
	return s
}

// Read is what the clock shows at an instant.
func (c *Clock) Read(unix int64) ical.Wall { return ical.Wall(unix + c.Offset(unix)) }

// Resolve is the instant, in Unix seconds, at which the clock shows w. Where it
// was put forward over w, the offset before counts (RFC 5545 3.3.5); where it
// was put back, the first of the two.
func (c *Clock) Resolve(w ical.Wall) int64 {
	before := c.Offset(int64(w) - ical.DaySeconds)
	t := int64(w) - before
	if c.Offset(t) != before {
		if later := c.Offset(int64(w) + ical.DaySeconds); c.Offset(int64(w)-later) == later {
			t = int64(w) - later
		}
	}
	return t
}

// Later is the instant l after start, at which c shows from. What begins in
// the second of two equal hours and ends by the wall clock in them ends in the
// second, too.
func (c *Clock) Later(start int64, from ical.Wall, l ical.Duration) int64 {
	end := c.Resolve(from + l.Nominal)
	if second := end + start - c.Resolve(from); c.Read(second) == from+l.Nominal {
		end = second
	}
	return end + int64(l.Exact.Seconds())
}
