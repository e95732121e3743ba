package feed

import (
	"errors"
	"hash/maphash"
	"slices"
)

// A UID is no secret: whoever writes one of several calendars that are read as one can
// use that of another's event, with a higher SEQUENCE, a RECURRENCE-ID or as a
// cancellation. So the events of one UID are versions, changes and cancellations of
// each other only where they are of one organizer; those of two organizers are events
// of their own that happen to share a UID. Without ORGANIZER an event is nobody's, and
// changes nothing of somebody's; only the change of an instance that stands right
// behind its series, in one VCALENDAR, is that organizer's
// (testdata/feeds/servers/open-xchange.ics).
//
// Where an organizer hands an event over, there is one event with the UID: it is the
// new one's, and keeps desk and row.

// organizerOf is the organizer of an event as its [record] has it. Two addresses of one
// person are one.
func (x *expander) organizerOf(text packedText) uint32 {
	for len(text) > 0 {
		var n name
		var rest []byte
		n, _, rest, text = text.next()
		if n != nOrganizer || x.prop.split(rest) != nil {
			continue
		}
		if who := x.who(party(&x.prop).Address); who != "" {
			return max(1, uint32(maphash.String(x.shelf.seed, who))) //nolint:gosec // a half of it will do
		}
	}
	return 0
}

// follows reports whether e is the change of an instance, without ORGANIZER, that stands
// right behind before, an event of its UID.
func (x *expander) follows(e, before *event) bool {
	return e.organizer == 0 && e.original != nil && e.calendar == before.calendar && x.shelf.record(before.next-1) == before.record
}

// byOrganizer are the events of s for each organizer, in the order of the file; nil
// where there is one.
func (s *series) byOrganizer() []*series {
	var parts []*series
	of := make(map[uint32]*series, 1)
	for _, e := range slices.Concat(s.masters, s.overrides, s.unread) {
		if of[e.organizer] == nil {
			of[e.organizer] = new(series)
			parts = append(parts, of[e.organizer])
		}
		of[e.organizer].add(e)
	}
	if len(parts) < 2 {
		return nil
	}
	return parts
}

// apart expands the events of several organizers. What cannot be read costs its own
// organizer's alone.
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
		x.grant(turn{}, x.allowed) // what one has of this UID is nothing that another lacks
		before, shown := len(x.out), len(x.shown)
		err := x.one(s)
		if errors.Is(err, errStopped) || x.waits(err) {
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
