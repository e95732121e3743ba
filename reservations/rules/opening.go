package rules

import (
	"path"
	"slices"

	"deskd/reservations"
)

// Open are the parts of a day in which a desk is there to be booked, in their order: the hours
// of the place, without closures, holidays, and desks out of service. Who may book it, and how
// long ahead, changes nothing of that.
func Open(r Rules, w World, d reservations.Desk, on Date) []reservations.Span {
	hours := Hours{0, 24 * 60}
	if r.Week != nil {
		hours = r.Week[on.Weekday()]
	}
	away := slices.ContainsFunc(slices.Concat(r.Holidays, w.Holidays), func(h Holiday) bool { return !on.Before(h.From) && !h.To.Before(on) })
	broken := slices.ContainsFunc(r.OutOfService, func(pattern string) bool {
		hit, _ := path.Match(pattern, d.ID) // the configuration has checked the pattern
		return hit
	})
	whole := reservations.Span{Start: at(on, hours.From, r.clock()), End: at(on, hours.To, r.clock())}
	if away || broken || whole.Empty() {
		return nil
	}
	open := []reservations.Span{whole}
	for _, c := range w.Closures {
		open = without(open, c.Span)
	}
	return open
}

// without are the parts of some spans that are not in another one.
func without(all []reservations.Span, gone reservations.Span) (left []reservations.Span) {
	for _, s := range all {
		before := cut(s, reservations.Span{Start: s.Start, End: gone.Start})
		after := cut(s, reservations.Span{Start: gone.End, End: s.End})
		if !s.Overlaps(gone) {
			before, after = s, reservations.Span{}
		}
		for _, part := range []reservations.Span{before, after} {
			if !part.Empty() {
				left = append(left, part)
			}
		}
	}
	return left
}
