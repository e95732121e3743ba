package reservations

import (
	"slices"
	"time"
)

// Change is what turns the stored reservations of one source into the ones its
// feed lists. Each list is in calendar order.
type Change struct {
	Add    []Reservation // new
	Update []Reservation // carry the ID of the stored row they replace
	Drop   []Reservation // stored rows the feed no longer lists
}

// Empty reports whether there is nothing to do.
func (c Change) Empty() bool { return len(c.Add)+len(c.Update)+len(c.Drop) == 0 }

type slot struct {
	desk, person string
	start, end   int64
}

func slotOf(r Reservation) slot {
	return slot{r.Desk, PersonKey(r.Person), r.Start.Unix(), r.End.Unix()}
}

type event struct{ uid, occurrence string }

// Diff compares the rows stored for one feed with the occurrences the feed
// lists now. A stored row and an occurrence are the same when desk, person,
// start and end agree (feeds that invent new UIDs at every fetch change
// nothing); of the rest, those with the same UID, instance and desk are an
// update, which keeps the row's ID and with it its history. Rows that are over
// at now are left as they are: the past is not rewritten, unless the feed does not
// list a row any more and lists another in its place that goes on. Rows a
// person cancelled match and stay cancelled.
func Diff(have, want []Reservation, now time.Time) Change {
	bySlot := make(map[slot][]int)
	for i, h := range have {
		bySlot[slotOf(h)] = append(bySlot[slotOf(h)], i)
	}
	used := make([]bool, len(have))
	var rest []Reservation
	for _, w := range want {
		if at := bySlot[slotOf(w)]; len(at) > 0 {
			used[at[0]] = true
			bySlot[slotOf(w)] = at[1:]
			continue
		}
		rest = append(rest, w)
	}

	byEvent := make(map[event][]int)
	for i, h := range have {
		if !used[i] && h.UID != "" && h.End.After(now) {
			key := event{h.UID, h.Occurrence}
			byEvent[key] = append(byEvent[key], i)
		}
	}
	var c Change
	for _, w := range rest {
		key := event{w.UID, w.Occurrence}
		at := byEvent[key]
		// An event with several desks has a row for each: keep to the desk if it is among them.
		pick := slices.IndexFunc(at, func(i int) bool { return have[i].Desk == w.Desk })
		if pick < 0 && len(at) == 1 {
			pick = 0
		}
		switch {
		case pick >= 0:
			used[at[pick]] = true
			w.ID = have[at[pick]].ID
			byEvent[key] = slices.Delete(slices.Clone(at), pick, pick+1)
			c.Update = append(c.Update, w)
		case !w.End.After(now):
		default:
			// A row that is over, unlisted, and in the way of this one has become it:
			// an event that was prolonged is often read after its former end.
			i := slices.IndexFunc(have, func(h Reservation) bool { return h.yields(w, now) })
			if i < 0 || used[i] {
				c.Add = append(c.Add, w)
				continue
			}
			used[i], w.ID = true, have[i].ID
			c.Update = append(c.Update, w)
		}
	}
	for i, h := range have {
		if !used[i] && h.End.After(now) && h.Status != Cancelled {
			c.Drop = append(c.Drop, h)
		}
	}
	slices.SortStableFunc(c.Add, before)
	slices.SortStableFunc(c.Update, before)
	slices.SortStableFunc(c.Drop, before)
	return c
}

// yields reports whether h, which is over at now, stands in the way of w on its desk.
func (h Reservation) yields(w Reservation, now time.Time) bool {
	return !h.End.After(now) && h.Status == Confirmed && h.Desk == w.Desk && h.Overlaps(w.Span)
}

// Brake is the most a feed may take away in one change: a share of its current
// and future bookings, or a count, whichever allows more.
type Brake struct {
	Share float64 // 0 to 1
	Count int
}

// Holds reports whether a change that drops lost of total current and future
// bookings is more than the brake lets through without confirmation.
func (b Brake) Holds(lost, total int) bool {
	return lost > b.Count && float64(lost) > b.Share*float64(total)
}
