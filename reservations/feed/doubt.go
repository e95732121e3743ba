package feed

import (
	"time"

	"deskd/reservations"
)

// doubts collects what a reading leaves open.
type doubts struct{ reservations.Doubt }

// mark enters key into a set, which is made on first use.
func mark[K comparable](set *map[K]bool, key K) {
	if *set == nil {
		*set = make(map[K]bool)
	}
	(*set)[key] = true
}

// event says that nothing is known of what the event uid books.
func (d *doubts) event(uid string) {
	if uid == "" {
		d.Nameless = true
		return
	}
	mark(&d.UIDs, uid)
}

// instance says that nothing is known of one instance.
func (d *doubts) instance(uid string, original int64) {
	mark(&d.Instances, reservations.Instance{UID: uid, Occurrence: recurrenceID(original)})
}

func (d *doubts) cancelled(uid string, original int64) {
	mark(&d.Cancelled, reservations.Instance{UID: uid, Occurrence: recurrenceID(original)})
}

// start says that an event which begins then is lost, and that its UID may not
// tell which of the stored ones it is.
func (d *doubts) start(uid string, unix int64) {
	if d.Starts == nil {
		d.Starts = make(map[int64][]string)
	}
	d.Starts[unix] = append(d.Starts[unix], uid)
}

// lost says that what o books is not known.
func (d *doubts) lost(o Occurrence) {
	switch {
	case o.UID == "" || o.shared:
	case o.override:
		mark(&d.Instances, reservations.Instance{UID: o.UID, Occurrence: o.Recurrence})
	default:
		mark(&d.UIDs, o.UID)
	}
	d.start(o.UID, o.Start.Unix())
}

// whose says that it is not known who has the desk of o.
func (d *doubts) whose(o Occurrence) {
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
	for _, e := range s.unread {
		switch at, ok := x.startOf(e); {
		case !s.known || !ok || e.repeats():
			x.doubts.event(e.id())
		default: // one of several events that share the UID
			x.doubts.start(e.id(), at)
		}
	}
}

// unnamed notes what a lost event without a UID leaves open.
func (x *expander) unnamed(e *event) {
	if at, ok := x.startOf(e); ok && !e.repeats() {
		x.doubts.start("", at)
		return
	}
	x.doubts.Nameless = true
}

// startOf is when a lost event begins, if that much of it could be read.
func (x *expander) startOf(e *event) (unix int64, ok bool) {
	if !e.started {
		return 0, false
	}
	clock, _, err := x.zones.of(e.start, e.cal, x.zones.floating(e.cal), nil)
	if err != nil {
		return 0, false
	}
	return clock.resolve(e.start.wall), true
}
