package reservations

import (
	"cmp"
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
	g := &groups{
		byDesk:   groupedBy(c.all, func(r Reservation) string { return r.Desk }),
		byPerson: groupedBy(c.all, func(r Reservation) string { return PersonKey(r.Person) }),
	}
	delete(g.byPerson, "")
	return g
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
