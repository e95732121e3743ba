package wave

import "time"

// Pace is what a cluster takes. The zero Pace is unlimited.
type Pace struct {
	Concurrent int           // requests in flight
	PerMinute  int           // requests begun in a minute
	Service    time.Duration // what a request takes, as measured
	Held       time.Duration // for how long it keeps others from its place, if that is longer
}

// margin is what is added to the service time: answers vary, and a wave that has begun too
// late is not saved by anything.
const margin = 1.05

// MadeUp is how late a request may begin in its slot so that those behind it keep theirs. A
// minute's worth of slots is longer than a minute by as much: so no minute, wherever it
// begins, holds more requests than it may.
const MadeUp = 300 * time.Millisecond

// Gap is the time between two slots: what a request takes of the rate, or of the places
// for requests in flight, whichever is more.
func (p Pace) Gap() time.Duration {
	gap := time.Duration(0)
	if p.PerMinute > 0 {
		gap = (time.Minute + MadeUp) / time.Duration(p.PerMinute)
	}
	if p.Concurrent > 0 {
		gap = max(gap, max(time.Duration(margin*float64(p.Service)), p.Held)/time.Duration(p.Concurrent))
	}
	return gap
}

// What is in the hands of those who send: the next round may have something more urgent.
const (
	slice   = 5 * time.Second // of the cluster's pace at most …
	MostOut = 1000            // … and never more requests than this
)

// Room is how many requests may be in hand at once: those of a slice, those that are
// answered meanwhile, and as many behind.
func (p Pace) Room() int {
	gap := p.Gap()
	if gap <= 0 {
		return MostOut
	}
	return min(MostOut, max(1, int((slice+2*p.Service)/gap)))
}
