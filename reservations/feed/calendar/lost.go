package calendar

import (
	"errors"
	"slices"

	"deskd/reservations/feed/ical"
)

// keepLost reports an event that could not be read, and keeps its identity until all
// events of its series are there. A cancellation needs only the UID.
func (x *expander) keepLost(e *event, d *ical.Event, bad *ical.Fault) {
	vague, l := e.vague || d.Vague, lost
	if e.cancelled() && !vague {
		x.log.note(bad.Line, e.id(), "cancelled, and something else of it cannot be read: "+bad.Err.Error(), "")
		if len(e.uid) == 0 {
			return
		}
		if !d.Unsure {
			l = placed
		}
	} else {
		g := x.glimpsed(e, d)
		hint := hintOfExcess(bad.Err)
		if len(e.uid) == 0 && !e.started && e.end == nil {
			hint = g.hint()
		}
		x.log.lose(e, *bad, hint, x.seen(e, d))
	}
	if len(e.uid) == 0 {
		x.keepNameless(e)
		return
	}
	if errors.Is(bad.Err, errBulk) {
		l = heavy
	}
	e.unread, e.record.vague, e.record.repeats = true, vague, e.repeats()
	e.calendar = x.calendar(e.cal)
	x.shelf.add(e.uid, d.Text, *e.record, l)
}

// keepNameless keeps a lost event without a UID.
func (x *expander) keepNameless(e *event) {
	if len(x.nameless) == maxGlimpses {
		x.log.nameless = true
		return
	}
	r := *e.record
	n := event{record: &r, cal: e.cal, started: e.started, start: e.start, endStamp: e.endStamp}
	if e.end != nil {
		n.end = &ical.Time{}
		*n.end = *e.end
	}
	// The next event reuses its lists; it is enough that there were some.
	n.rules, n.rdates = slices.Clone(e.rules[:min(1, len(e.rules))]), slices.Clone(e.rdates[:min(1, len(e.rdates))])
	x.nameless = append(x.nameless, n)
}
