package feed

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
)

// maxClaims is the most a feed may book of one desk in a window.
const maxClaims = 5_000

// settle gives each desk, at each time, to the claim that was first, and reports the
// others. What is booked is in the order of a calendar.
func (m *mapper) settle() []reservations.Reservation {
	b := board{mapper: m, taken: make(map[string][]int), at: make(map[int]seat)}
	for _, s := range m.stakes() {
		b.serve(s)
	}
	return b.list()
}

// board records who has the desks.
type board struct {
	*mapper
	taken map[string][]int // per desk the claims that have it, by start
	at    map[int]seat     // by claim
	aside []int            // claims that a person has cancelled
}

// seat is the time a claim has its desk, and since when that is known.
type seat struct {
	reservations.Span
	since time.Time
}

// serve gives a stake its desk, unless an earlier one has it.
func (b *board) serve(s stake) {
	c := &b.out[s.claim]
	have := b.taken[c.Desk]
	switch {
	case s.grows:
		b.grow(s.claim)
		return
	case s.cancelled:
		b.aside = append(b.aside, s.claim)
		return
	}
	want := seat{c.Span, s.seen}
	if !s.held.Empty() {
		want.Span = s.held
	}
	at, _ := slices.BinarySearchFunc(have, want.Start, func(k int, start time.Time) int { return b.at[k].Start.Compare(start) })
	rival := slices.IndexFunc(have[max(0, at-1):min(len(have), at+1)], func(k int) bool { return b.at[k].Overlaps(want.Span) })
	switch {
	case rival >= 0:
		b.lost(s, have[max(0, at-1)+rival])
	case len(have) == maxClaims:
		b.displace(c, &miss{what: fmt.Sprintf("more than %d bookings of desk %q", maxClaims, c.Desk)})
		b.doubts.Occurrence(c.Occurrence, c.Person)
	default:
		b.at[s.claim] = want
		b.taken[c.Desk] = slices.Insert(have, at, s.claim)
	}
}

// lost says that the claim of s does not get its desk, which rival has.
func (b *board) lost(s stake, rival int) {
	c, other := &b.out[s.claim], &b.out[rival]
	if b.same(c, other) {
		desk := c.Desk
		c.Desk, c.Person, c.Problem = "", "", reservations.Problem{}
		b.log.Notes.Add(problemOf(c.Occurrence, &miss{what: fmt.Sprintf("desk %q is booked for that time by another event with this UID", desk)}))
		return
	}
	b.waiting = append(b.waiting, reservations.Waiting{Event: c.key(), Span: c.Span, Seen: s.seen})
	c.rival = true
	b.displace(c, &miss{what: fmt.Sprintf("desk %q is taken by the event %s in that time", c.Desk, b.holder(rival)), hint: "move or delete one of the two"})
}

// holder is the event that has a desk, whose it is, and since when.
func (b *board) holder(claim int) string {
	c := &b.out[claim]
	text := b.body.Where(c.Line)
	if c.Person != "" && !c.Private {
		text += fmt.Sprintf(" (%s)", c.Person)
	}
	if since := b.at[claim].since; !since.IsZero() {
		text += ", which has it since " + since.UTC().Format(time.RFC3339) + ","
	}
	return text
}

// grow gives a claim that has its desk for a part of its time the rest, too. Where others
// have the rest, it keeps its part.
func (b *board) grow(claim int) {
	c := &b.out[claim]
	have, at := b.taken[c.Desk], b.at[claim]
	n := slices.Index(have, claim)
	if n < 0 {
		return
	}
	for _, k := range []int{n - 1, n + 1} {
		if k < 0 || k == len(have) || !b.at[have[k]].Overlaps(c.Span) {
			continue
		}
		rival := have[k]
		why := problemOf(c.Occurrence, &miss{
			what: fmt.Sprintf("desk %q is taken by the event %s in a part of that time: it stays booked from %s to %s", c.Desk, b.holder(rival),
				at.Start.UTC().Format(time.RFC3339), at.End.UTC().Format(time.RFC3339)),
			hint: "move or delete one of the two",
		})
		why.Note = true
		b.log.Notes.Add(why)
		b.waiting = append(b.waiting, reservations.Waiting{Event: c.key(), Span: c.Span})
		c.Span = at.Span
		return
	}
	b.at[claim] = seat{c.Span, at.since}
}

// same reports whether two claims on a desk are of one booking, which a merged
// calendar has more than once.
func (m *mapper) same(a, b *Mapped) bool {
	return a.Shared && b.UID == a.UID && a.Span.Equal(b.Span) && reservations.SamePerson(a.Person, b.Person)
}

// displace takes the desk from a claim.
func (m *mapper) displace(c *Mapped, why *miss) {
	c.Desk, c.Person, c.Problem = "", "", problemOf(c.Occurrence, why)
	m.log.Problem(c.Problem)
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

// list is what is booked, in the order of a calendar, with what a person has cancelled.
func (b *board) list() []reservations.Reservation {
	order := slices.Clone(b.aside)
	for _, claims := range b.taken {
		order = append(order, claims...)
	}
	slices.SortFunc(order, func(i, k int) int {
		x, y := &b.out[i], &b.out[k]
		return cmp.Or(x.Start.Compare(y.Start), cmp.Compare(x.Desk, y.Desk), cmp.Compare(x.Line, y.Line))
	})
	kept := make([]reservations.Reservation, 0, len(order))
	for _, i := range order {
		kept = append(kept, b.reservation(b.out[i]))
	}
	return kept
}
