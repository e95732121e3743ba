package rules

import (
	"slices"
	"time"

	"deskd/reservations"
)

// Location is the clock of the rules; it is never nil.
func (r Rules) Location() *time.Location { return r.clock() }

// Since is the instant from which a person's bookings count, by these rules, beside one that
// begins at start. A booking that is over by then does not.
func (r Rules) Since(start, now time.Time) time.Time {
	since := start
	for _, quota := range r.Quotas {
		from := now // what is ahead
		if quota.Per != PerAhead {
			from = PeriodOf(quota.Per, start, r.clock()).Start
		}
		since = reservations.Earliest(since, from)
	}
	return since
}

// Shifted is a booking as long as s that begins at start: whole days stay whole days.
func (r Rules) Shifted(s reservations.Span, start time.Time) reservations.Span {
	if !WholeDays(s, r.clock()) {
		return reservations.Span{Start: start, End: start.Add(s.Duration())}
	}
	first := dateOf(start, r.clock())
	n := int(length(s, r.clock()) / day)
	return reservations.Span{Start: startOf(first, r.clock()), End: startOf(first.Plus(n), r.clock())}
}

// Starts are instants at which a booking like s might begin, for so long from an instant on:
// on each day at the time of s, when the site opens, and when slots begin. They are in no
// order.
func (r Rules) Starts(s reservations.Span, from time.Time, ahead time.Duration) []time.Time {
	zone := r.clock()
	minutes := []int{minuteOf(s.Start, zone)}
	if !WholeDays(s, zone) {
		for _, slot := range r.Slots {
			minutes = append(minutes, slot.From)
		}
		if r.Week != nil {
			for _, h := range r.Week {
				minutes = append(minutes, h.From)
			}
		}
	}
	slices.Sort(minutes)
	minutes = slices.Compact(minutes)
	var all []time.Time
	for d := dateOf(from, zone); !at(d, 0, zone).After(from.Add(ahead)); d = d.Plus(1) {
		for _, m := range minutes {
			all = append(all, at(d, m, zone).UTC())
		}
	}
	return all
}
