package booking

import (
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// state is what many bookings of one person are held against, read once: however many there
// are, the database is asked about a desk and the person once.
type state struct {
	look
	all     reservations.Span // from the first of the bookings to the last
	desks   map[string]*deskState
	longest time.Duration   // of the person's bookings
	change  map[string]bool // ids of bookings that are about to change
	new     []reservations.Reservation
	// other are the desks that occurrences were moved to, the first one first.
	other []string
}

// deskState is what bookings of one desk are held against.
type deskState struct {
	rules.World
	// ahead and others are the rules of the desk, see [rules.Rules.OnAhead].
	ahead, others rules.Rules
}

// read reads what requests like q, at these times, are held against.
func (s *state) read(t *try, q rules.Request, spans []reservations.Span) (err error) {
	*s = state{look: look{Bookings: t.Bookings, book: t.book, now: t.now}, all: q.Span, desks: make(map[string]*deskState)}
	for _, one := range spans {
		s.all.Start, s.all.End = reservations.Earliest(s.all.Start, one.Start), reservations.Latest(s.all.End, one.End)
	}
	q.Span = s.all
	if s.closed, err = t.book.Closures(s.all); err != nil {
		return err
	}
	err = s.readOwn(q)
	for _, o := range s.own {
		s.longest = max(s.longest, o.Duration())
	}
	return err
}

// at reads what bookings of a desk are held against, unless that is known.
func (s *state) at(d reservations.Desk) (*deskState, error) {
	if known := s.desks[d.ID]; known != nil {
		return known, nil
	}
	its := &deskState{}
	its.ahead, its.others = s.Rules(d).OnAhead()
	standing, err := s.book.Around(Place{Desk: d.ID}, s.all.Start)
	if err != nil {
		return nil, err
	}
	for _, one := range standing {
		its.World = s.worldOf(one)
	}
	wide := around(rules.Request{Span: s.all}, its.others.Buffer)
	if its.Near, err = s.book.Timeline(d.ID, wide); err != nil {
		return nil, err
	}
	its.Near = slices.DeleteFunc(its.Near, func(r reservations.Reservation) bool { return s.change[r.ID] })
	s.desks[d.ID] = its
	for _, r := range s.new {
		its.insert(r, d.ID)
	}
	return its, nil
}

// insert counts a booking, if it is of the desk called id.
func (d *deskState) insert(r reservations.Reservation, id string) {
	if r.Desk == id {
		at, _ := slices.BinarySearchFunc(d.Near, r.Start, byStart)
		d.Near = slices.Insert(d.Near, at, r)
	}
}

// against is what stands against a request: first the booking that has the desk.
func (s *state) against(q rules.Request) (all []rules.Refusal, err error) {
	d, err := s.at(q.Desk)
	if err != nil {
		return nil, err
	}
	w := d.World
	w.Near = within(w.Near, around(q, d.others.Buffer))
	w.Own = s.ownWithin(d.others.Window(q.Span))
	for _, n := range w.Near {
		if n.Overlaps(q.Span) {
			all = append(all, taken(n))
			break
		}
	}
	all = append(all, rules.Check(d.others, w, q, s.now)...)
	if len(d.ahead.Quotas) == 0 || slices.ContainsFunc(all, func(r rules.Refusal) bool { return r.Code == rules.OverQuota }) {
		return all, nil
	}
	return append(all, rules.Check(d.ahead, rules.World{Own: s.own}, q, s.now)...), nil
}

// taken words a booking that has the desk, which may be one of the new ones.
func taken(n reservations.Reservation) rules.Refusal {
	if n.ID != "" {
		return takenBy(n)
	}
	return rules.Refusal{Code: Taken, Until: n.End, Text: fmt.Sprintf("%v: another booking of the series has it from %s to %s",
		reservations.ErrOverlap, n.Start.Format(time.RFC3339), n.End.Format(time.RFC3339))}
}

// beside are the person's bookings of other desks at the same time.
func (s *state) beside(q rules.Request) (all []reservations.Reservation) {
	for _, o := range s.ownWithin(q.Span) {
		if o.Overlaps(q.Span) && o.Desk != q.Desk.ID {
			all = append(all, o)
		}
	}
	return all
}

// granted counts a booking for those that follow.
func (s *state) granted(r reservations.Reservation) {
	s.new = append(s.new, r)
	if r.Person != "" {
		at, _ := slices.BinarySearchFunc(s.own, r.Start, byStart)
		s.own = slices.Insert(s.own, at, r)
		s.longest = max(s.longest, r.Duration())
	}
	if d := s.desks[r.Desk]; d != nil {
		d.insert(r, r.Desk)
	}
}

// forget leaves bookings out that are about to change, before anything is read of desks.
func (s *state) forget(all map[string]bool) {
	s.change = all
	s.own = slices.DeleteFunc(s.own, func(r reservations.Reservation) bool { return all[r.ID] })
}

func sortByStart(all []reservations.Reservation) {
	slices.SortStableFunc(all, func(a, b reservations.Reservation) int { return a.Start.Compare(b.Start) })
}

func spansOf(all []reservations.Reservation) []reservations.Span {
	spans := make([]reservations.Span, len(all))
	for i, r := range all {
		spans[i] = r.Span
	}
	return spans
}

func byStart(r reservations.Reservation, at time.Time) int { return r.Start.Compare(at) }

// within are those of a desk's bookings, in their order, that share an instant with a span.
// No two of them overlap.
func within(all []reservations.Reservation, s reservations.Span) []reservations.Reservation {
	from, _ := slices.BinarySearchFunc(all, s.Start, byStart)
	if from > 0 && all[from-1].End.After(s.Start) {
		from--
	}
	to, _ := slices.BinarySearchFunc(all, s.End, byStart)
	return all[from:max(from, to)]
}

// ownWithin are at least those of the person's bookings that share an instant with a span:
// those that begin in it, or so long before it as the longest of them is.
func (s *state) ownWithin(span reservations.Span) []reservations.Reservation {
	from, _ := slices.BinarySearchFunc(s.own, span.Start.Add(-s.longest), byStart)
	to, _ := slices.BinarySearchFunc(s.own, span.End, byStart)
	return s.own[from:max(from, to)]
}

// nearestFree is the desk to which a request is moved, ” for none: one that was moved to
// before, so that a person has one other desk and not many, else the nearest.
func (s *state) nearestFree(q rules.Request) (string, error) {
	for _, id := range s.other {
		d, err := s.offers(q, Place{Desk: id})
		if err != nil {
			return "", err
		}
		if len(d) > 0 && s.untaken(id, q.Span) {
			return id, nil
		}
	}
	desks, err := s.nearest(q)
	for _, d := range desks {
		if s.untaken(d.ID, q.Span) {
			s.other = append(s.other, d.ID)
			return d.ID, err
		}
	}
	return "", err
}

// untaken reports whether none of the new bookings has a desk.
func (s *state) untaken(desk string, span reservations.Span) bool {
	return !slices.ContainsFunc(s.new, func(r reservations.Reservation) bool { return r.Desk == desk && r.Overlaps(span) })
}
