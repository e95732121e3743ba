package feed

import (
	"cmp"
	"fmt"
	"slices"

	"deskd/reservations"
)

// maxClaims is the most a feed may book of one desk in a window.
const maxClaims = 5_000

// settle keeps, of claims on one desk at one time, the one created first (the
// one further up the feed where that is not said) and reports the others.
func (m *mapper) settle() []reservations.Reservation {
	slices.SortFunc(m.claims, func(i, k int) int { return older(&m.out[i], &m.out[k]) })
	taken := make(map[string][]int) // per desk the claims that stand, by start
	stand := 0
	for _, i := range m.claims {
		c := &m.out[i]
		have := taken[c.Desk]
		at, _ := slices.BinarySearchFunc(have, c, func(k int, c *Mapped) int { return m.out[k].Start.Compare(c.Start) })
		near := have[max(0, at-1):min(len(have), at+1)]
		rival := slices.IndexFunc(near, func(k int) bool { return m.out[k].Overlaps(c.Span) })
		switch {
		case rival >= 0 && m.same(c, &m.out[near[rival]]):
			c.Desk, c.Person, c.Problem = "", "", reservations.Problem{}
			m.log.notes.add(problemOf(c.Occurrence, &miss{what: fmt.Sprintf("desk %q is booked for that time by another event with this UID", m.out[near[rival]].Desk)}))
		case rival >= 0:
			m.displace(c, &miss{
				what: fmt.Sprintf("desk %q is taken by the event %s in that time", c.Desk, m.body.where(m.out[near[rival]].Line)),
				hint: "move or delete one of the two",
			})
		case len(have) == maxClaims:
			m.displace(c, &miss{what: fmt.Sprintf("more than %d bookings of desk %q", maxClaims, c.Desk)})
			m.doubts.lost(c.Occurrence, c.Person)
		default:
			taken[c.Desk] = slices.Insert(have, at, i)
			stand++
		}
	}
	return m.standing(taken, stand)
}

// same reports whether two claims on a desk are of one booking, which a merged
// calendar has more than once.
func (m *mapper) same(a, b *Mapped) bool { return a.shared && b.UID == a.UID && a.Span.Equal(b.Span) }

// displace takes its desk from a claim.
func (m *mapper) displace(c *Mapped, why *miss) {
	c.Desk, c.Person, c.Problem = "", "", problemOf(c.Occurrence, why)
	m.log.problem(c.Problem)
}

// older orders claims by age; those of unknown age come last.
func older(a, b *Mapped) int {
	switch {
	case a.Created.Equal(b.Created):
		return cmp.Or(cmp.Compare(a.Line, b.Line), a.Start.Compare(b.Start), cmp.Compare(a.Desk, b.Desk))
	case a.Created.IsZero():
		return 1
	case b.Created.IsZero():
		return -1
	}
	return a.Created.Compare(b.Created)
}

// standing lists the n claims of all desks in the order of a calendar.
func (m *mapper) standing(taken map[string][]int, n int) []reservations.Reservation {
	order := make([]int, 0, n)
	for _, claims := range taken {
		order = append(order, claims...)
	}
	slices.SortFunc(order, func(i, k int) int {
		a, b := &m.out[i], &m.out[k]
		if n := a.Start.Compare(b.Start); n != 0 {
			return n
		}
		return cmp.Compare(a.Desk, b.Desk)
	})
	kept := make([]reservations.Reservation, 0, n)
	for _, i := range order {
		kept = append(kept, m.reservation(m.out[i]))
	}
	return kept
}
