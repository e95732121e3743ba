package reservations

import (
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
//	names somebody nobody knows (Whose)             stay, with their person    books the desk for nobody
//	is in a zone nobody knows (When)                stay, if they were read    only what is new
//	                                                in a zone that was known
//	has neither UID nor start                       stay, and all others the   is applied
//	                                                feed does not mention
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
	// Starts are those, in Unix seconds, of unread events that no UID leads to a
	// row; Nameless says that there are some without a start, too. They may be any
	// row that Mentions knows nothing of.
	Starts   map[int64][]string // with the UIDs of the events, "" for none
	Nameless bool
	// Mentions reports whether the feed says anything under a UID, even that its
	// event is cancelled. It may be nil: nothing is mentioned.
	Mentions func(uid string) bool
	// Bookable reports whether the feed may have a row at all: its desk and person
	// are known and allowed. What deskd's owner took out goes, whatever the feed
	// says. It may be nil: all are.
	Bookable func(Reservation) bool
}

// Settle takes out of a change from have what d leaves open, and returns what is
// left with the rows that stay although the feed does not list them so. Rows
// that are over at now are not in doubt: each stays to its own end.
func (d Doubt) Settle(c Change, have []Reservation, now time.Time) (left Change, kept []Reservation) {
	s := settling{
		Doubt: d, now: now, rows: make(map[string]Reservation, len(have)), uids: make(map[string]bool),
		last: make(map[string]time.Time), unsure: make(map[slot]bool), stays: make(map[slot]bool),
	}
	for _, h := range have {
		s.rows[h.ID], s.uids[h.UID] = h, true
	}
	for _, w := range c.Add {
		if s.Whose[instanceOf(w)] && w.Person == "" {
			s.unsure[slotOf(w)] = true
		}
	}
	left.Update = slices.DeleteFunc(slices.Clone(c.Update), s.keepsFrom)
	for _, h := range c.Drop {
		if s.keeps(h) || h.Person != "" && s.may(h) && s.unsure[ofNobody(h)] {
			s.keep(h)
			continue
		}
		left.Drop = append(left.Drop, h)
	}
	left.Add = slices.DeleteFunc(slices.Clone(c.Add), s.waits)
	slices.SortStableFunc(s.kept, before)
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
	case h.UID != "" && (s.UIDs[h.UID] || s.Vague[h.UID] || s.Instances[i] || s.When[h.UID] && h.Note == ""):
		return true
	case h.UID != "" && s.Mentions != nil && s.Mentions(h.UID):
		return false
	}
	// An event that has a row of its own by its UID is none of the others.
	unknown := func(uid string) bool { return uid == "" || !s.uids[uid] }
	return s.Nameless || slices.ContainsFunc(s.Starts[h.Start.Unix()], unknown)
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
	if s.stays[slotOf(w)] && s.unsure[slotOf(w)] {
		return true
	}
	const clocks = 26 * time.Hour // the most that two zones differ
	last, any := s.last[w.UID]
	return any && w.UID != "" && w.Note != "" && s.When[w.UID] && (w.Occurrence == "" || w.Start.Before(last.Add(clocks)))
}
