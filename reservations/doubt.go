package reservations

import (
	"cmp"
	"slices"
	"time"
)

// Instance names one booking of a calendar's event: the event's UID and the
// instance's original start, empty for an event that does not repeat.
type Instance struct{ UID, Occurrence string }

func instanceOf(r Reservation) Instance { return Instance{r.UID, r.Occurrence} }

// Doubt is what the reading of a feed leaves open: an event that cannot be read
// is no cancellation, and what it booked before stays as it was. The zero Doubt
// leaves nothing open.
//
//	the event                                       its rows                   what the feed lists of it
//	cannot be read (UIDs), or one instance of it    stay                       is applied
//	has a change that may be of any instance        stay                       only what is new
//	names a person nobody knows (Whose)             stay, with their person    books the desk for nobody
//	is in a zone nobody knows (When)                stay, if they were read    only what is new
//	                                                in a zone that was known
//	cannot be read, and no row has its UID (Lost)   stay, of those the feed    is applied
//	                                                does not mention, which
//	                                                may be its
type Doubt struct {
	// UIDs are those of events that could not be read, Vague those of series with
	// a change that could not, and may be of any instance.
	UIDs, Vague map[string]bool
	// Instances could not be read, Cancelled ones are gone whatever is in doubt
	// about the rest of their series.
	Instances, Cancelled map[Instance]bool
	// Whose are the instances of which it is not clear who has the desk. What is
	// listed of them has no person.
	Whose map[Instance]bool
	// When are the UIDs of events whose times were read in a zone that stands in
	// for one that nobody knows. What is listed of them has a Note.
	When map[string]bool
	// Lost are events that could not be read. Those whose UID leads to no row may
	// be any that Mentions knows nothing of: there are calendars without UIDs, and
	// with new ones at every fetch.
	Lost []Lost
	// Mentions reports whether the feed says anything under a UID, even that its
	// event is cancelled. It may be nil: nothing is mentioned.
	Mentions func(uid string) bool
	// Bookable reports whether the feed may have a row at all: its desk and person
	// are known and allowed. What deskd's owner took out goes, whatever the feed
	// says. It may be nil: all are.
	Bookable func(Reservation) bool
}

// Lost is an event that could not be read, by what can still be seen of it. A row
// that contradicts any of it is not its.
type Lost struct {
	UID        string   // "" for none
	Shared     bool     // the UID is that of other events, too, and tells nothing alone
	Repeats    bool     // it has other instances, from Start on
	Start, End int64    // in Unix seconds, 0 where they are not known
	Desks      []string // nil likewise
	Person     string   // "" likewise
}

// exact reports whether it is known when the event is.
func (l Lost) exact() bool { return !l.Repeats && (l.Start != 0 || l.End != 0) }

// mayBe reports whether h may be a booking of l.
func (l Lost) mayBe(h Reservation) bool {
	switch {
	case len(l.Desks) > 0 && !slices.Contains(l.Desks, h.Desk), l.Person != "" && h.Person != "" && !SamePerson(l.Person, h.Person):
		return false
	case l.Repeats:
		return l.Start == 0 || h.Start.Unix() >= l.Start
	case l.Start != 0:
		return h.Start.Unix() == l.Start
	}
	return l.End == 0 || h.End.Unix() == l.End
}

// Settle takes out of a change from have what d leaves open, and returns what is
// left with the rows that stay although the feed does not list them so. Rows
// that are over at now are not in doubt: each stays to its own end.
func (d Doubt) Settle(c Change, have []Reservation, now time.Time) (left Change, kept []Reservation) {
	s := settling{
		Doubt: d, now: now, rows: make(map[string]Reservation, len(have)), uids: make(map[string]bool),
		last: make(map[string]time.Time), unsure: make(map[slot]bool), stays: make(map[slot]bool),
		shifted: make(map[size][]Reservation), unseen: make(map[Instance]bool),
	}
	for _, h := range have {
		s.rows[h.ID], s.uids[h.UID] = h, true
	}
	for _, w := range c.Add {
		if s.Whose[instanceOf(w)] && w.Person == "" {
			s.unsure[slotOf(w)] = true
		}
		if s.When[w.UID] && w.Note != "" && !s.uids[w.UID] {
			s.shifted[sizeOf(w)] = append(s.shifted[sizeOf(w)], w)
		}
	}
	if len(c.Drop) > 0 {
		s.search(c, have)
	}
	left.Update = slices.DeleteFunc(slices.Clone(c.Update), s.keepsFrom)
	for _, h := range c.Drop {
		if s.keeps(h) || s.may(h) && (h.Person != "" && s.unsure[ofNobody(h)] || s.isShifted(h)) {
			s.keep(h)
			continue
		}
		left.Drop = append(left.Drop, h)
	}
	left.Add = slices.DeleteFunc(slices.Clone(c.Add), s.waits)
	slices.SortStableFunc(s.kept, InCalendarOrder)
	return left, s.kept
}

// settling is a change on its way through a [Doubt].
type settling struct {
	Doubt
	now  time.Time
	rows map[string]Reservation // by ID
	uids map[string]bool        // that rows have
	kept []Reservation
	last map[string]time.Time // by UID: the last end of what is kept
	// unsure are the slots that are new and of which it is not clear whose they
	// are, stays those of kept rows; both without a person.
	unsure, stays map[slot]bool
	// shifted are what is new in a zone that stands in for another, under UIDs no row
	// has, unseen those of them that wait for a row which stays.
	shifted map[size][]Reservation
	unseen  map[Instance]bool
	starts  map[int64][]Lost // by start, or end where that alone is known
	loose   []Lost           // when they are is not known
	shared  map[string][]Lost
}

// mostLoose bounds what each row is compared with. If there is more, each row may
// be anything's.
const mostLoose = 300

// search sorts what was lost by how a row is found to be its.
func (s *settling) search(c Change, have []Reservation) {
	s.starts, s.shared = make(map[int64][]Lost), make(map[string][]Lost)
	renames := s.renames(c, have)
	for _, l := range s.Lost {
		switch known := l.UID != "" && s.uids[l.UID]; {
		case known && l.Shared:
			s.shared[l.UID] = append(s.shared[l.UID], l)
		case known: // an event that has a row of its own by its UID is none of the others
		case l.exact():
			at := cmp.Or(l.Start, l.End)
			s.starts[at] = append(s.starts[at], l)
		case l.UID == "" || renames:
			s.loose = append(s.loose, l)
		}
	}
	if len(s.loose) > mostLoose {
		s.loose = []Lost{{}}
	}
}

// renames reports whether the calendar gives its events new UIDs at every fetch, as
// far as rows tell: more of those that it still lists have a UID it does not know
// any more than one that it does, or there is none of either.
func (s *settling) renames(c Change, have []Reservation) bool {
	gone := make(map[string]bool, len(c.Drop))
	for _, h := range c.Drop {
		gone[h.ID] = true
	}
	n := 0
	for _, h := range have {
		switch {
		case h.UID == "" || !h.End.After(s.now):
		case s.mentions(h.UID):
			n--
		case !gone[h.ID]:
			n++
		}
	}
	return n >= 0
}

func (s *settling) mentions(uid string) bool {
	return uid != "" && s.Mentions != nil && s.Mentions(uid)
}

// size is what two bookings have in common of which one is at another time.
type size struct {
	desk, person string
	length       time.Duration
}

func sizeOf(r Reservation) size { return size{r.Desk, PersonKey(r.Person), r.Duration()} }

// clocks is the most that two zones differ.
const clocks = 26 * time.Hour

// isShifted reports whether a row may be of an event that is new by its UID, and in
// a zone that stands in for one nobody knows. That waits then.
func (s *settling) isShifted(h Reservation) bool {
	if h.Note != "" || s.mentions(h.UID) {
		return false
	}
	for _, w := range s.shifted[sizeOf(h)] {
		if i := instanceOf(w); !s.unseen[i] && h.Start.Sub(w.Start).Abs() <= clocks {
			s.unseen[i] = true
			return true
		}
	}
	return false
}

func (s *settling) keep(h Reservation) {
	s.kept = append(s.kept, h)
	s.stays[ofNobody(h)] = true
	if h.End.After(s.last[h.UID]) {
		s.last[h.UID] = h.End
	}
}

// may reports whether a row can be in doubt at all.
func (s *settling) may(h Reservation) bool {
	return h.End.After(s.now) && h.Status != Cancelled && (s.Bookable == nil || s.Bookable(h))
}

// keepsFrom reports whether the row that u replaces stays as it was instead.
func (s *settling) keepsFrom(u Reservation) bool {
	h, ok := s.rows[u.ID]
	if !ok || !s.may(h) {
		return false
	}
	unsure := s.Vague[u.UID] || s.When[u.UID] && u.Note != "" && h.Note == "" ||
		u.Person == "" && h.Person != "" && s.Whose[instanceOf(u)]
	if unsure {
		s.keep(h)
	}
	return unsure
}

// keeps reports whether a row stays that the feed does not list.
func (s *settling) keeps(h Reservation) bool {
	switch i := instanceOf(h); {
	case !s.may(h) || s.Cancelled[i]:
		return false
	case h.UID != "" && (s.UIDs[h.UID] || s.Vague[h.UID] || s.Instances[i] || s.alone(h) || s.When[h.UID] && h.Note == ""):
		return true
	case h.UID != "" && slices.ContainsFunc(s.shared[h.UID], func(l Lost) bool { return l.mayBe(h) }):
		return true
	case s.mentions(h.UID):
		return false
	}
	its := func(l Lost) bool { return l.mayBe(h) }
	return slices.ContainsFunc(s.loose, its) || slices.ContainsFunc(s.starts[h.Start.Unix()], its) || slices.ContainsFunc(s.starts[h.End.Unix()], its)
}

// alone reports whether h, of an event that did not repeat, is an instance that could
// not be read: it has become the change of one, by its own start.
func (s *settling) alone(h Reservation) bool {
	return h.Occurrence == "" && s.Instances[Instance{h.UID, h.Start.UTC().Format("20060102T150405Z")}]
}

// ofNobody is the slot of r without its person: calendars that invent new UIDs
// have nothing else in common with their rows when it is in doubt whose they are.
func ofNobody(r Reservation) slot {
	r.Person = ""
	return slotOf(r)
}

// waits reports whether w is not added: it is what a kept row may be. Of a series
// whose times are in doubt, what is far enough behind the last kept row is new.
func (s *settling) waits(w Reservation) bool {
	if s.stays[slotOf(w)] && s.unsure[slotOf(w)] || s.unseen[instanceOf(w)] {
		return true
	}
	last, any := s.last[w.UID]
	return any && w.UID != "" && w.Note != "" && s.When[w.UID] && (w.Occurrence == "" || w.Start.Before(last.Add(clocks)))
}
