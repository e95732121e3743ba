package calendar

import (
	"cmp"
	"errors"
	"hash/maphash"
	"slices"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
	"deskd/reservations/feed/recur"
)

// A UID is no secret: the writer of one of several calendars that are read as one can
// use the UID of another person's event, with a higher SEQUENCE, a RECURRENCE-ID or as
// a cancellation. So the events of one UID are versions, changes and cancellations of
// each other only where they are of one organizer; those of two organizers are events
// of their own that happen to share a UID. An event without ORGANIZER has no owner, and
// changes no organizer's event; only the change of an instance that comes right behind its
// series, in one VCALENDAR, belongs to that organizer
// (testdata/feeds/servers/open-xchange.ics). Of two VCALENDARs without ORGANIZER that
// book for two people, neither changes the other's; one that names no person may cancel.
//
// When an organizer hands an event over, there is one event with the UID: it belongs to
// the new one, and keeps desk and row.

// organizerOf is the organizer of an event as its [record] has it. Two addresses of one
// person are one.
func (x *expander) organizerOf(text ical.Lines) uint32 {
	for len(text) > 0 {
		var n ical.Name
		var rest []byte
		n, _, rest, text = text.Next()
		if n != ical.PropOrganizer || x.prop.Split(rest) != nil {
			continue
		}
		if who := x.who(x.prop.Party().Address); who != "" {
			return max(1, uint32(maphash.String(x.shelf.seed, who))) //nolint:gosec // a half of it will do
		}
	}
	return 0
}

// who has an address, in a form that can be compared.
func (x *expander) who(address string) string {
	if x.names == nil {
		return reservations.NameKey(address)
	}
	return x.names.Who(address)
}

// follows reports whether e is the change of an instance, without ORGANIZER, that comes
// right behind before, an event of its UID.
func (x *expander) follows(e, before *event) bool {
	return e.organizer == 0 && e.original != nil && e.calendar == before.calendar && x.shelf.record(before.next-1) == before.record
}

// owner is the owner of an event: its organizer or, without one, the person whom its
// VCALENDAR books for with this UID.
type owner struct {
	organizer uint32
	booker    string // folded; empty where it names none
}

// byOwner are the events of s for each owner, in the order of the file; nil where there
// is one.
func (x *expander) byOwner(s *series) []*series {
	all := slices.Concat(s.masters, s.overrides, s.unread)
	if len(all) < 2 {
		return nil
	}
	var bookers map[int32]string
	if slices.ContainsFunc(all, func(e *event) bool { return e.calendar != all[0].calendar }) {
		bookers = x.bookers(all)
	}
	var parts []*series
	of := make(map[owner]*series, 1)
	for _, e := range all {
		who := owner{organizer: e.organizer}
		if e.organizer == 0 {
			who.booker = bookers[e.calendar]
		}
		if of[who] == nil {
			of[who] = new(series)
			parts = append(parts, of[who])
		}
		of[who].add(e)
	}
	if len(parts) < 2 {
		return nil
	}
	return parts
}

// bookers are the people whom VCALENDARs book for, of those of the given events that have
// no organizer. One that names no person, as a cancellation may, belongs to the first one.
func (x *expander) bookers(all []*event) map[int32]string {
	bookers := make(map[int32]string)
	first := ""
	for _, e := range all {
		if e.organizer != 0 || bookers[e.calendar] != "" {
			continue
		}
		bookers[e.calendar] = x.booker(e)
		first = cmp.Or(first, bookers[e.calendar])
	}
	for calendar, who := range bookers {
		bookers[calendar] = cmp.Or(who, first)
	}
	return bookers
}

// booker is the person an event is for, as the feed's rules tell.
func (x *expander) booker(e *event) string {
	if x.names == nil || e.level != whole && e.level != placed {
		return ""
	}
	return reservations.PersonKey(x.glimpse(describe(e, &x.prop)).person)
}

// apart expands the events of several organizers. An unreadable event costs only its own
// organizer's.
func (x *expander) apart(parts []*series) error {
	for _, s := range parts[1:] {
		if !collide(parts) {
			break // a tool that has one UID for all
		}
		x.log.tell(int(s.any().line), s.any().id(), "events of several organizers have this UID: none of them changes or cancels another's",
			"give each event a UID of its own; where one was handed over, delete the former one")
	}
	for _, s := range parts {
		for _, e := range slices.Concat(s.masters, s.overrides, s.unread) {
			e.shared = true
		}
		x.grant(turn{}, x.allowed) // what one gets of this UID is not taken from the others
		before, shown := len(x.out), len(x.shown)
		err := x.one(s)
		if errors.Is(err, recur.ErrStopped) || x.waits(err) {
			return err
		}
		if err != nil {
			x.out, x.shown = x.out[:before], x.shown[:shown]
			x.lose(s, err)
		}
	}
	return nil
}

// collide reports whether, of one organizer, some of the events would change others.
func collide(parts []*series) bool {
	sequence := -1
	for _, s := range parts {
		if len(s.overrides) > 0 {
			return true
		}
		for _, e := range s.masters {
			if e.cancelled() || sequence >= 0 && e.sequence != sequence {
				return true
			}
			sequence = e.sequence
		}
	}
	return false
}
