package wave

import "time"

// Starts are the instants before which the logins of jobs do not go out, by index: their
// slots. Late ones wait only where slots are kept for others; where there are none, they
// go out as soon as they are due and the cluster takes them. It reports whether there are
// late ones.
func Starts(jobs []Job, gap time.Duration, now time.Time) (starts []time.Time, late bool) {
	slots := Schedule(jobs, gap, now)
	kept := mixed(slots)
	starts = make([]time.Time, len(slots))
	for i, s := range slots {
		starts[i], late = s.In, late || s.Late
		if s.Late && (!kept || !s.In.After(now)) {
			starts[i] = jobs[i].Due
		}
	}
	return starts, late
}

// mixed reports whether late phones go out among those that are in time.
func mixed(slots []Slot) bool {
	var first, last time.Time // of those in time, and of the late ones
	for _, s := range slots {
		switch {
		case s.Late:
			last = later(last, s.In)
		case first.IsZero() || s.In.Before(first):
			first = s.In
		}
	}
	return !first.IsZero() && !last.Before(first)
}
