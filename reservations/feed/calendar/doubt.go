package calendar

import (
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

// Doubts collects what a reading leaves open about stored bookings.
type Doubts struct{ reservations.Doubt }

// mark enters key into a set, which is made on first use.
func mark[K comparable](set *map[K]bool, key K) {
	if *set == nil {
		*set = make(map[K]bool)
	}
	(*set)[key] = true
}

// Event says that nothing is known of what the event l books.
func (d *Doubts) Event(l reservations.Lost) {
	if l.UID != "" {
		mark(&d.UIDs, l.UID)
	}
	d.add(l)
}

// add keeps l among what was lost. Of very many it keeps only that there are more: they
// may be any rows but those that are known by their UID.
func (d *Doubts) add(l reservations.Lost) {
	switch n := len(d.Lost); {
	case n == maxGlimpses:
		l = reservations.Lost{UID: "more than can be listed"}
	case n > maxGlimpses:
		return
	}
	d.Lost = append(d.Lost, l)
}

// instance says that nothing is known of one instance.
func (d *Doubts) instance(uid string, original int64) {
	mark(&d.Instances, reservations.Instance{UID: uid, Occurrence: recurrenceID(original)})
}

// cancelled says that one instance is gone, whatever else is in doubt.
func (d *Doubts) cancelled(uid string, original int64) {
	mark(&d.Cancelled, reservations.Instance{UID: uid, Occurrence: recurrenceID(original)})
}

// Occurrence says that what o books is not known, beside the person.
func (d *Doubts) Occurrence(o Occurrence, person string) {
	l := reservations.Lost{UID: o.UID, Shared: o.Shared, Start: o.Start.Unix(), Person: person}
	if o.StandIn != "" {
		l.Start = 0
	}
	switch {
	case o.UID == "" || o.Shared:
	case o.override:
		d.Instance(o.UID, o.Recurrence)
	default:
		d.UID(o.UID)
	}
	d.add(l)
}

// Instance says that what one instance books may be more than was read.
func (d *Doubts) Instance(uid, recurrence string) {
	mark(&d.Instances, reservations.Instance{UID: uid, Occurrence: recurrence})
}

// UID says that what the events of a UID book may be more than was read.
func (d *Doubts) UID(uid string) { mark(&d.UIDs, uid) }

// Unzoned says that the zone of an event is not known, so that its times may be others.
func (d *Doubts) Unzoned(uid string) { mark(&d.When, uid) }

// Nobody says that it is not known who has the desk of o.
func (d *Doubts) Nobody(o Occurrence) {
	mark(&d.Whose, reservations.Instance{UID: o.UID, Occurrence: o.Recurrence})
}

// recurrenceID is the instant as [Occurrence] has it.
func recurrenceID(unix int64) string { return time.Unix(unix, 0).UTC().Format(recurrenceForm) }

// recurrenceForm is the form of a RECURRENCE-ID in UTC.
const recurrenceForm = "20060102T150405Z"

// doubt notes what the unread events of s leave open: an event that was not read
// is no cancellation of what it said before.
func (x *expander) doubt(s *series) {
	if s.vague {
		mark(&x.doubts.Vague, s.any().id())
	}
	for _, e := range s.masters {
		if e.ruleless {
			mark(&x.doubts.UIDs, e.id())
		}
	}
	for _, e := range s.unread {
		l := x.lostOf(e)
		if l.Shared = (s.known || e.shared) && l.Start != 0 && !l.Repeats; l.Shared { // one of several events that share the UID
			x.doubts.add(l)
			continue
		}
		x.doubts.Event(l)
	}
}

// glimpse is what a lost event certainly names, besides its time.
type glimpse struct {
	desks  []string
	person string
}

// maxGlimpses bounds what is kept of lost events. Of any more, nothing is known.
const maxGlimpses = 20_000

// glimpsed keeps what can be seen of an event that is lost.
func (x *expander) glimpsed(e *event, d *ical.Event) glimpse {
	if x.names == nil || d.Unsure || len(x.glimpses) == maxGlimpses {
		return glimpse{}
	}
	for text := d.Text; len(text) > 0; {
		var n ical.Name
		var rest []byte
		n, _, rest, text = text.Next()
		if n > ical.PropExDates && x.prop.Split(rest) != nil {
			return glimpse{}
		}
	}
	e.text = d.Text
	g := x.glimpse(describe(e, &x.prop))
	if len(g.desks) > 0 || g.person != "" {
		if x.glimpses == nil {
			x.glimpses = make(map[int32]glimpse)
		}
		x.glimpses[e.line] = g
	}
	return g
}

// glimpse is what e certainly names.
func (x *expander) glimpse(e *Event) (g glimpse) {
	g.desks, g.person = x.names.Named(e)
	return g
}

// lostOf is what can be seen of a lost event.
func (x *expander) lostOf(e *event) reservations.Lost {
	g := x.glimpses[e.line]
	l := reservations.Lost{UID: e.id(), Repeats: e.repeats() || e.record.repeats, Desks: g.desks, Person: g.person}
	if e.started {
		l.Start = x.instantOf(e, e.start)
	}
	if e.end != nil {
		l.End = x.instantOf(e, *e.end)
	}
	return l
}

// instantOf is a stamp of e in Unix seconds, 0 where its zone is not known.
func (x *expander) instantOf(e *event, s ical.Time) int64 {
	clock, note, err := x.zones.of(s, e.cal, x.zones.Floating(e.cal), nil)
	if err != nil || note != "" {
		return 0
	}
	return clock.Resolve(s.Wall)
}

// startOf is when an event begins, if that much of it could be read.
func (x *expander) startOf(e *event) (unix int64, ok bool) {
	if !e.started {
		return 0, false
	}
	clock, _, err := x.zones.of(e.start, e.cal, x.zones.Floating(e.cal), nil)
	if err != nil {
		return 0, false
	}
	return clock.Resolve(e.start.Wall), true
}

// hint says what becomes of bookings while it is unknown which event was lost.
func (g glimpse) hint() string {
	switch {
	case len(g.desks) > 0 && g.person != "":
		return "until it can be read, what its person has booked of its desk stays, though the calendar does not list it"
	case len(g.desks) > 0:
		return "until it can be read, every booking of its desk stays, though the calendar does not list it"
	case g.person != "":
		return "until it can be read, every booking of its person stays, though the calendar does not list it"
	}
	return "until it can be read, every booking stays, though the calendar does not list it"
}
