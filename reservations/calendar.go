package reservations

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Calendar is a set of reservations in the order start, desk, id. Build one
// with [NewCalendar]; the zero Calendar is empty.
type Calendar struct {
	all    []Reservation
	groups *groups // nil for a part of another one
}

// groups are the reservations of a calendar by desk and by person, made once: many plans
// are made with one calendar.
type groups struct{ byDesk, byPerson map[string][]Reservation }

// NewCalendar returns the calendar of the confirmed ones among all. It keeps
// its own copy.
func NewCalendar(all []Reservation) Calendar {
	kept := make([]Reservation, 0, len(all))
	for _, r := range all {
		if r.Status == Confirmed && !r.Empty() {
			kept = append(kept, r)
		}
	}
	slices.SortStableFunc(kept, InCalendarOrder)
	c := Calendar{all: kept}
	c.groups = c.grouped()
	return c
}

// With returns c with out taken from it, and the confirmed ones of in put into it. It costs
// a copy: nothing is sorted again. What was made of c before stays as it is.
func (c Calendar) With(out, in []Reservation) Calendar {
	out, in = slices.Clone(out), NewCalendar(in).all
	slices.SortFunc(out, InCalendarOrder)
	n := Calendar{all: make([]Reservation, 0, len(c.all)+len(in)), groups: c.grouped().with(out, in)}
	rest := c.all
	upTo := func(r Reservation) (there bool) {
		at, there := slices.BinarySearchFunc(rest, r, InCalendarOrder)
		n.all, rest = append(n.all, rest[:at]...), rest[at:]
		return there
	}
	for len(out)+len(in) > 0 {
		if len(in) == 0 || len(out) > 0 && InCalendarOrder(out[0], in[0]) <= 0 {
			if upTo(out[0]) {
				rest = rest[1:]
			}
			out = out[1:]
			continue
		}
		upTo(in[0])
		n.all, in = append(n.all, in[0]), in[1:]
	}
	n.all = append(n.all, rest...)
	return n
}

// InCalendarOrder orders reservations by start, desk and id. The id settles ties, so
// that every run of the program settles them alike.
func InCalendarOrder(a, b Reservation) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Desk, b.Desk), cmp.Compare(a.ID, b.ID))
}

// All returns the reservations in the calendar's order. The caller must not
// change them.
func (c Calendar) All() []Reservation { return c.all }

// Len is the number of reservations.
func (c Calendar) Len() int { return len(c.all) }

// At returns the calendar of the instant t: at most one reservation per desk.
// Where several hold the same desk (a database that lost its trigger, a merge
// of sources) the one that started first wins, then the smaller id;
// [Calendar.Conflicts] names the losers.
func (c Calendar) At(t time.Time) Calendar {
	taken := make(map[string]bool)
	var at []Reservation
	for _, r := range c.all {
		if r.Start.After(t) {
			break
		}
		if r.Contains(t) && !taken[r.Desk] {
			taken[r.Desk] = true
			at = append(at, r)
		}
	}
	return Calendar{all: at}
}

// Overlapping returns the reservations that share an instant with s.
func (c Calendar) Overlapping(s Span) Calendar {
	var hit []Reservation
	for _, r := range c.all {
		if r.Overlaps(s) {
			hit = append(hit, r)
		}
	}
	return Calendar{all: hit}
}

// Overlap is a pair of confirmed reservations that want one desk at one time.
type Overlap struct {
	Kept, Lost Reservation
}

// Conflicts returns the overlaps on each desk in the calendar's order: Kept is
// the one that [Calendar.At] answers with where both claim the instant.
func (c Calendar) Conflicts() []Overlap {
	var found []Overlap
	last := make(map[string]Reservation) // per desk, the one that reaches farthest
	for _, r := range c.all {
		prev, ok := last[r.Desk]
		if ok && prev.Overlaps(r.Span) {
			found = append(found, Overlap{Kept: prev, Lost: r})
		}
		if !ok || r.End.After(prev.End) {
			last[r.Desk] = r
		}
	}
	return found
}

// ByDesk groups the calendar's reservations by desk, each group in order. The caller must
// not change them.
func (c Calendar) ByDesk() map[string][]Reservation { return c.grouped().byDesk }

// ByPerson groups the calendar's reservations by person (folded to the phone
// system's case-insensitive identity), each group in order. The caller must not change
// them.
func (c Calendar) ByPerson() map[string][]Reservation { return c.grouped().byPerson }

func (c Calendar) grouped() *groups {
	if c.groups != nil {
		return c.groups
	}
	g := &groups{byDesk: groupedBy(c.all, deskOf), byPerson: groupedBy(c.all, personOf)}
	delete(g.byPerson, "")
	return g
}

func deskOf(r Reservation) string { return r.Desk }

func personOf(r Reservation) string { return PersonKey(r.Person) }

// with is g without out, and with in.
func (g *groups) with(out, in []Reservation) *groups {
	n := &groups{byDesk: regrouped(g.byDesk, deskOf, out, in), byPerson: regrouped(g.byPerson, personOf, out, in)}
	delete(n.byPerson, "")
	return n
}

// regrouped is a copy of all in which other groups stand for those that out or in are of.
func regrouped(all map[string][]Reservation, keyOf func(Reservation) string, out, in []Reservation) map[string][]Reservation {
	all = maps.Clone(all)
	gone, fresh := make(map[string]bool), groupedBy(in, keyOf)
	for _, r := range out {
		gone[r.ID] = true
		if key := keyOf(r); fresh[key] == nil {
			fresh[key] = nil // a group that loses, and gains nothing
		}
	}
	for key, added := range fresh {
		group := slices.DeleteFunc(slices.Clone(all[key]), func(r Reservation) bool { return gone[r.ID] })
		group = append(group, added...)
		slices.SortStableFunc(group, InCalendarOrder)
		if all[key] = group; len(group) == 0 {
			delete(all, key)
		}
	}
	return all
}

// groupedBy groups reservations by a key, each group in their order.
func groupedBy(all []Reservation, keyOf func(Reservation) string) map[string][]Reservation {
	keys, order := make([]string, len(all)), make([]int, len(all))
	n := 0
	groups := make(map[string][]Reservation, len(all)/2)
	for i, r := range all {
		keys[i], order[i] = keyOf(r), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(keys[a], keys[b]) })
	sorted := make([]Reservation, len(all))
	for k, i := range order {
		sorted[k] = all[i]
		if k+1 == len(order) || keys[order[k+1]] != keys[i] {
			groups[keys[i]] = sorted[n : k+1 : k+1]
			n = k + 1
		}
	}
	return groups
}
