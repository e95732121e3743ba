package rules

import (
	"slices"
	"time"

	"deskd/reservations"
)

// Window is the time whose bookings of a person count beside a booking, by these rules
// without [Rules.OnAhead]: what is outside of it need not be looked at.
func (r Rules) Window(s reservations.Span) reservations.Span {
	w := s
	for _, quota := range r.Quotas {
		if quota.Per != PerAhead {
			w.Start = reservations.Earliest(w.Start, PeriodOf(quota.Per, s.Start, r.clock()).Start)
			w.End = reservations.Latest(w.End, PeriodOf(quota.Per, s.End.Add(-time.Nanosecond), r.clock()).End)
		}
	}
	return w
}

// OnAhead parts rules: those for which all that is not over counts, and the others.
func (r Rules) OnAhead() (ahead, others Rules) {
	ahead.Clock, others = r.Clock, r
	others.Quotas = slices.DeleteFunc(slices.Clone(r.Quotas), func(q Quota) bool { return q.Per == PerAhead })
	ahead.Quotas = slices.DeleteFunc(slices.Clone(r.Quotas), func(q Quota) bool { return q.Per != PerAhead })
	return ahead, others
}
