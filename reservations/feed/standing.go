package feed

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"deskd/reservations"
)

// The claim that deskd saw first has the desk. What an event says of itself (CREATED,
// its place in the calendar) is free text to its writer, and orders only what is new in
// the same reading:
//
//	1  what is booked: the event, or the person, that has the desk, for the time they have it
//	2  what waits for the desk, by when it was first seen
//	3  what is new, and what grows or moves beyond the time it has: by CREATED, then by
//	   the place in the calendar
//
// A booked event that grows into another's time keeps what it has.

// stake is a claim on a desk with its rank.
type stake struct {
	claim int // of mapper.out
	// held is the part of the claim's time that is booked for it; empty for none.
	held reservations.Span
	// seen is when the claim was first seen; zero: now.
	seen time.Time
	// cancelled says that a person has cancelled it: it takes nobody's desk.
	cancelled bool
	// exact says that it is booked just as it is.
	exact bool
	// grows says that this is about the rest of a claim's time, beyond what is held.
	grows bool
}

// rank orders stakes by the kinds above.
func (s stake) rank() int {
	switch {
	case s.grows:
		return 4
	case s.cancelled:
		return 0
	case s.exact:
		return 1 // of two versions of one event, the one that has not changed
	case !s.held.Empty():
		return 2
	case !s.seen.IsZero():
		return 3
	}
	return 4
}

// stakes are those of all claims, in the order they are served.
func (m *mapper) stakes() []stake {
	all := make([]stake, len(m.claims))
	for n, i := range m.claims {
		all[n].claim = i
	}
	if len(m.booked) > 0 {
		m.matchBooked(all)
	}
	waits := make(map[string]reservations.Waiting, len(m.waits))
	for _, w := range m.waits {
		waits[w.Event] = w
	}
	for n := range all {
		s := &all[n]
		if len(waits) == 0 || s.rank() < 3 {
			continue
		}
		c := &m.out[s.claim]
		if w, ok := waits[c.key()]; ok && within(c.Span, w.Span) && (s.seen.IsZero() || w.Seen.Before(s.seen)) {
			s.seen = w.Seen
		}
	}
	for _, s := range all {
		if !s.held.Empty() && !s.held.Equal(m.out[s.claim].Span) {
			s.grows, s.seen = true, time.Time{}
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b stake) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), a.seen.Compare(b.seen), older(&m.out[a.claim], &m.out[b.claim]))
	})
	return all
}

// key identifies a claim without revealing whose it is.
func (c *Mapped) key() string {
	sum := sha256.Sum256([]byte(c.UID + "\x00" + c.Recurrence + "\x00" + c.Desk))
	return hex.EncodeToString(sum[:16])
}

func within(s, of reservations.Span) bool { return !s.Start.Before(of.Start) && !s.End.After(of.End) }

// overlap is the time that two spans share; empty for none.
func overlap(a, b reservations.Span) reservations.Span {
	if b.Start.After(a.Start) {
		a.Start = b.Start
	}
	if b.End.Before(a.End) {
		a.End = b.End
	}
	return a
}

// common is what a booking and a claim have in common.
type common struct {
	desk, uid, occurrence, person string
	start, end                    int64
}

// The ways a claim is known to be a booking, the surest first. An event that is
// edited keeps its UID, also when it becomes a series; a calendar that invents new UIDs at
// every fetch still says who sits where.
var sameness = []func(reservations.Reservation) (common, bool){
	func(r reservations.Reservation) (common, bool) {
		return common{desk: r.Desk, person: reservations.PersonKey(r.Person), start: r.Start.Unix(), end: r.End.Unix()}, true
	},
	func(r reservations.Reservation) (common, bool) {
		return common{desk: r.Desk, uid: r.UID, occurrence: r.Occurrence, person: reservations.PersonKey(r.Person)}, r.UID != ""
	},
	func(r reservations.Reservation) (common, bool) {
		return common{desk: r.Desk, uid: r.UID, occurrence: r.Occurrence}, r.UID != ""
	},
	func(r reservations.Reservation) (common, bool) {
		return common{desk: r.Desk, uid: r.UID}, r.UID != "" && r.Status != reservations.Cancelled
	},
	func(r reservations.Reservation) (common, bool) {
		return common{desk: r.Desk, person: reservations.PersonKey(r.Person)}, r.Person != "" && r.Status != reservations.Cancelled
	},
}

// matchBooked finds the bookings of claims. Each booking belongs to one claim.
func (m *mapper) matchBooked(all []stake) {
	used, left := make([]bool, len(m.booked)), make([]int, len(all))
	for n := range all {
		left[n] = n
	}
	for _, same := range sameness {
		rows := make(map[common][]int)
		for i, r := range m.booked {
			if key, ok := same(r); ok && !used[i] {
				rows[key] = append(rows[key], i) // by start, as they come
			}
		}
		left = slices.DeleteFunc(left, func(n int) bool {
			c := m.reservation(m.out[all[n].claim])
			key, ok := same(c)
			return ok && m.matchNearest(&all[n], c.Span, rows[key], used)
		})
		if len(left) == 0 {
			return
		}
	}
}

// matchNearest gives a stake the rank of the nearest of rows, and reports whether there is
// one.
func (m *mapper) matchNearest(s *stake, at reservations.Span, rows []int, used []bool) bool {
	i := m.nearest(at, rows, used)
	if i < 0 {
		return false
	}
	used[i] = true
	s.take(at, m.booked[i])
	return true
}

// mostBehind is how many bookings before the end of a claim are examined: those of one
// desk do not overlap, unless they wait for it.
const mostBehind = 8

// nearest is the one of rows that has most time in common with s, -1 for none.
func (m *mapper) nearest(s reservations.Span, rows []int, used []bool) int {
	at, _ := slices.BinarySearchFunc(rows, s.End, func(i int, end time.Time) int { return m.booked[i].Start.Compare(end) })
	best, most := -1, time.Duration(0)
	for _, i := range slices.Backward(rows[max(0, at-mostBehind):at]) {
		if shared := overlap(s, m.booked[i].Span).Duration(); !used[i] && shared > most {
			best, most = i, shared
		}
	}
	return best
}

// take gives the stake of a claim for that time the rank of the booking r.
func (s *stake) take(at reservations.Span, r reservations.Reservation) {
	switch {
	case r.Status == reservations.Cancelled:
		s.cancelled = true
	case r.Status == reservations.Conflict: // another source has the desk
		if within(at, r.Span) {
			s.seen = r.Seen
		}
	default:
		s.held, s.seen, s.exact = overlap(at, r.Span), r.Seen, at.Equal(r.Span)
	}
}
