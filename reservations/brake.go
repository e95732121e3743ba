package reservations

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Brake is the most that may go, or come, in one change: a share of the current and
// future bookings, or a count, whichever allows more.
type Brake struct {
	Share float64 // 0 to 1
	Count int     // of what goes
	Added int     // of what comes
}

// Holds reports whether a change that drops lost of total current and future
// bookings is more than the brake lets through without confirmation.
func (b Brake) Holds(lost, total int) bool {
	return lost > b.Count && float64(lost) > b.Share*float64(total)
}

// party is whose bookings belong together: one person can take back all of them
// without anything being wrong with the feed. Those of nobody, and of a feed that is
// one person's, belong together by their event.
type party struct {
	person, uid string
	start       int64
}

func partyOf(r Reservation, byPerson bool) party {
	switch {
	case byPerson && r.Person != "":
		return party{person: PersonKey(r.Person)}
	case r.Occurrence != "":
		return party{uid: r.UID}
	}
	return party{uid: r.UID, start: r.Start.Unix()} // calendars without UIDs, or with one for all
}

// HoldsLoss reports whether drop, taken from have, is more than the brake lets
// through. One person, or one series, that goes is no broken server, however many its
// bookings are: besides the bookings, the people who lose any count, and in the same
// way. A feed of several people that has lost all is held all the same, and however few
// those were: a calendar that was emptied looks so.
func (b Brake) HoldsLoss(drop, have []Reservation, now time.Time) bool {
	drop, current := currentOf(drop, now), currentOf(have, now)
	people := make(map[string]bool)
	for _, h := range current {
		people[PersonKey(h.Person)] = true
	}
	many := b.Holds(len(drop), len(current))
	switch {
	case len(drop) == len(current) && b.Share < 1 && (many || len(people) > 1):
		return true
	case !many:
		return false
	}
	parties := func(list []Reservation) int {
		all := make(map[party]bool)
		for _, r := range list {
			all[partyOf(r, len(people) > 1)] = true
		}
		return len(all)
	}
	lost := parties(drop)
	return lost > 1 && float64(lost) > b.Share*float64(parties(current))
}

// currentOf are those of list that are neither over nor cancelled.
func currentOf(list []Reservation, now time.Time) []Reservation {
	return slices.DeleteFunc(slices.Clone(list), func(r Reservation) bool { return !r.End.After(now) || r.Status == Cancelled })
}

// addedWithin is the time in which additions count together: a calendar that grows by a
// little less than is asked about, at every poll, is stopped as well.
const addedWithin = time.Hour

// HeldBack are those of add that wait, because they and what came lately are more than
// the brake lets through beside the other current and future bookings of have: of the
// people, or events of nobody, who add most, as many as it takes. A feed that has never
// booked anything is being set up, and is not asked about; one that was emptied and is
// filled again is.
func (b Brake) HeldBack(add, have []Reservation, now time.Time) []Reservation {
	current := currentOf(have, now)
	lately := b.lately(current, now)
	most := max(b.Added, int(b.Share*float64(len(current)-lately)))
	if len(add)+lately <= most {
		return nil
	}
	sizes := make(map[party]int)
	for _, r := range add {
		sizes[partyOf(r, true)]++
	}
	var each []int
	for _, n := range sizes {
		each = append(each, n)
	}
	slices.SortFunc(each, func(a, b int) int { return cmp.Compare(b, a) })
	left, least := len(add)+lately, 0
	for _, n := range each { // of equal ones all wait
		if left <= most && n != least {
			break
		}
		left, least = left-n, n
	}
	var waits []Reservation
	for _, r := range add {
		if sizes[partyOf(r, true)] >= least {
			waits = append(waits, r)
		}
	}
	return waits
}

// lately counts the bookings of current that were first seen within the last while,
// without those of the feed's first reading, and without what came at once and was more
// than comes unasked: a person has accepted that, or it has waited.
func (b Brake) lately(current []Reservation, now time.Time) (n int) {
	came := make(map[int64]int) // at an instant
	first := int64(math.MaxInt64)
	for _, r := range current {
		came[r.Seen.UnixMilli()]++
		first = min(first, r.Seen.UnixMilli())
	}
	most := max(b.Added, int(b.Share*float64(len(current))))
	for at, count := range came {
		if at > now.Add(-addedWithin).UnixMilli() && at != first && count <= most {
			n += count
		}
	}
	return n
}
