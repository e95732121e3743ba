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
	// Wait are the feed's claims on desks that other events of it have.
	Wait []Waiting
}

// Waiting is a claim of a feed's event on a desk that another event of the feed has.
type Waiting struct {
	Event string // a hash of event, instance and desk
	Span
	Seen time.Time // when deskd first saw it; zero: now
}

// Empty reports whether there is nothing to do.
func (c Change) Empty() bool { return len(c.Add)+len(c.Update)+len(c.Drop) == 0 }

// Without is c without what kept drops and adds.
func (c Change) Without(kept Change) Change {
	ids, slots := make(map[string]bool, len(kept.Drop)), make(map[slot]bool, len(kept.Add))
	for _, r := range kept.Drop {
		ids[r.ID] = true
	}
	for _, r := range kept.Add {
		slots[slotOf(r)] = true
	}
	c.Drop = slices.DeleteFunc(slices.Clone(c.Drop), func(r Reservation) bool { return ids[r.ID] })
	c.Add = slices.DeleteFunc(slices.Clone(c.Add), func(r Reservation) bool { return slots[slotOf(r)] })
	return c
}

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
// nothing); of the rest, those with the same UID and instance are an update, which
// keeps the row's ID and with it its history. Where several have the same, as the
// desks of one event do, and the events of a calendar that gives one UID to all,
// it takes two of desk, person and time to know one. Rows that are over
// at now are left as they are: the past is not rewritten, unless the feed does not
// list a row any more and lists another in its place that goes on: one of its event
// or person is an update of it, and for anybody else's it is dropped. Rows a person
// cancelled match and stay cancelled.
func Diff(have, want []Reservation, now time.Time) Change {
	d := diff{have: have, used: make([]bool, len(have)), now: now}
	rest := d.unlisted(want)
	d.index(want)
	c := Change{Update: d.vouched}
	for _, w := range rest {
		switch i := d.formerly(w); {
		case i >= 0:
			d.used[i], w.ID = true, have[i].ID
			c.Update = append(c.Update, w)
		case w.End.After(now):
			c.Add = append(c.Add, w)
			for _, i := range d.inTheWay(w) {
				d.used[i] = true
				c.Drop = append(c.Drop, have[i])
			}
		}
	}
	for i, h := range have {
		if !d.used[i] && h.End.After(now) && h.Status != Cancelled {
			c.Drop = append(c.Drop, h)
		}
	}
	slices.SortStableFunc(c.Add, InCalendarOrder)
	slices.SortStableFunc(c.Update, InCalendarOrder)
	slices.SortStableFunc(c.Drop, InCalendarOrder)
	return c
}

// diff is a comparison on its way: the stored rows, and which of them have found
// their occurrence.
type diff struct {
	have    []Reservation
	used    []bool
	byEvent map[event][]int  // current and future rows without occurrence
	shared  map[event]bool   // events with several rows or occurrences
	vouched []Reservation    // what is as it was, but for what stands for its person
	ended   map[string][]int // by desk: rows that are over, likewise, in the order of their ends
	now     time.Time
}

// unlisted are the occurrences that no row agrees with.
func (d *diff) unlisted(want []Reservation) []Reservation {
	bySlot := make(map[slot][]int)
	for i, h := range d.have {
		bySlot[slotOf(h)] = append(bySlot[slotOf(h)], i)
	}
	var rest []Reservation
	for _, w := range want {
		if at := bySlot[slotOf(w)]; len(at) > 0 {
			d.used[at[0]] = true
			bySlot[slotOf(w)] = at[1:]
			if h := d.have[at[0]]; h.Vouched != w.Vouched && h.End.After(d.now) {
				w.ID = h.ID
				d.vouched = append(d.vouched, w)
			}
			continue
		}
		rest = append(rest, w)
	}
	return rest
}

func (d *diff) index(want []Reservation) {
	d.byEvent, d.ended, d.shared = make(map[event][]int), make(map[string][]int), make(map[event]bool)
	for _, list := range [][]Reservation{d.have, want} {
		seen := make(map[event]bool, len(list))
		for _, r := range list {
			key := event{r.UID, r.Occurrence}
			if r.UID != "" && r.End.After(d.now) && seen[key] {
				d.shared[key] = true
			}
			seen[key] = true
		}
	}
	for i, h := range d.have {
		switch {
		case d.used[i]:
		case !h.End.After(d.now):
			if h.Status == Confirmed {
				d.ended[h.Desk] = append(d.ended[h.Desk], i)
			}
		case h.UID != "":
			key := event{h.UID, h.Occurrence}
			d.byEvent[key] = append(d.byEvent[key], i)
		}
	}
	for _, at := range d.ended {
		slices.SortStableFunc(at, func(i, j int) int { return d.have[i].End.Compare(d.have[j].End) })
	}
}

// formerly is the row that has become w, -1 for none: one of the same event,
// and otherwise one of the same event or person that is over and in the way of w
// on its desk. An event that was prolonged is often read after its former end.
func (d *diff) formerly(w Reservation) int {
	key := event{w.UID, w.Occurrence}
	if i := d.nearest(w, d.byEvent[key], d.shared[key]); i >= 0 {
		return i
	}
	if !w.End.After(d.now) {
		return -1
	}
	for _, i := range d.inTheWay(w) {
		h := d.have[i]
		if SamePerson(h.Person, w.Person) || h.UID == w.UID && h.Occurrence == w.Occurrence {
			return i
		}
	}
	return -1
}

// nearest is the row of at, not taken yet, that has most in common with w: an event
// with several desks has a row for each, and events that share a UID have nothing
// but their desk, person and time to be known by. Where there are several rows or
// several occurrences (shared), one thing in common is not enough.
func (d *diff) nearest(w Reservation, at []int, shared bool) int {
	best, most, apart := -1, -1, time.Duration(0)
	for _, i := range at {
		if d.used[i] {
			continue
		}
		h, n := d.have[i], 0
		for _, same := range []bool{h.Desk == w.Desk, SamePerson(h.Person, w.Person), h.Start.Equal(w.Start) || h.Overlaps(w.Span)} {
			if same {
				n++
			}
		}
		if away := h.Start.Sub(w.Start).Abs(); n > most || n == most && away < apart {
			best, most, apart = i, n, away
		}
	}
	if shared && most < 2 {
		return -1
	}
	return best
}

// inTheWay are the rows that are over, not listed any more, and overlap w.
func (d *diff) inTheWay(w Reservation) []int {
	at := d.ended[w.Desk]
	from, _ := slices.BinarySearchFunc(at, w.Start, func(i int, start time.Time) int { return d.have[i].End.Compare(start) })
	var rows []int
	for _, i := range at[from:] { // confirmed rows of a desk do not overlap: these begin one after the other, too
		if !d.have[i].Start.Before(w.End) {
			break
		}
		if !d.used[i] && d.have[i].Overlaps(w.Span) {
			rows = append(rows, i)
		}
	}
	return rows
}
