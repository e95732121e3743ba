package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
	"deskd/reservations/feed/recur"
)

// expander turns events into the occurrences of a window.
type expander struct {
	from, to  int64 // the window, in Unix seconds
	zones     localClocks
	log       *Report
	work      recur.Work
	allowed   allowance        // what a series may have at this turn, and
	room      int              // the occurrences that are left of it; at its end
	full      error            // is said
	had       map[uint64]tally // by organizer
	bulk      int              // see burden
	folded    []byte
	shelf     *shelf
	doubts    Doubts
	names     Names             // nil where nothing is looked up
	glimpses  map[int32]glimpse // of lost events, by line
	nameless  []event           // lost, and without a UID
	calendars []*ical.Calendar
	prop      ical.Property // for reuse
	skimmed   event
	record    record
	series    series
	events    []*event
	rules     map[string]*recur.Rule
	set       recur.Set
	expanded  *event // whose set it is
	walls     []ical.Wall
	shown     []*Event
	out       []found
}

func newExpander(o Options, log *Report) *expander {
	x := &expander{
		from:  o.Window.Start.Unix(),
		to:    o.Window.End.Unix(),
		log:   log,
		work:  recur.Work{PerRule: maxRuleWork, Total: maxFeedWork, OverTotal: errFeedWork},
		bulk:  maxBulk,
		shelf: newShelf(),
		rules: make(map[string]*recur.Rule),
		names: o.Names,
	}
	x.set.Odd = x.odd
	x.zones = localClocks{recur.NewZones(o.Zone, o.Window.Start, o.Window.End, &recur.Work{PerRule: maxZoneWork, Series: maxZonesWork, Total: maxZonesWork})}
	return x
}

// calendar is the number of cal.
func (x *expander) calendar(cal *ical.Calendar) int32 {
	if n := len(x.calendars); n == 0 || x.calendars[n-1] != cal {
		x.calendars = append(x.calendars, cal)
	}
	return int32(len(x.calendars) - 1) //nolint:gosec // at most maxComponents
}

// guard turns a panic over an event into the loss of that event: it must not take the
// others with it.
func (x *expander) guard(e *event) {
	if cause := recover(); cause != nil {
		for text := x.shelf.text(e.record); len(text) > 0 && e.uid == nil; {
			var n ical.Name
			var rest []byte
			if n, _, rest, text = text.Next(); n == ical.PropUID {
				e.uid = bytes.TrimLeft(rest, ":")
			}
		}
		x.log.lose(e, ical.Fault{Line: int(e.line), Err: fmt.Errorf("the event broke the reader: %v", cause)}, "please report this with the event's text", nil)
		x.doubts.Event(reservations.Lost{UID: e.id()})
	}
}

// all expands every series. Its error refuses the feed: a limit was met that
// belongs to the feed, so that what is there is not all there is.
func (x *expander) all() ([]Occurrence, error) {
	x.doubts.Mentions = x.shelf.has
	for i := range x.nameless {
		if e := &x.nameless[i]; !e.cancelled() { // METHOD may follow its events
			x.doubts.Event(x.lostOf(e))
		}
	}
	if err := x.share(); err != nil {
		return nil, err
	}
	return x.occurrences(), nil
}

// expand appends the occurrences of the series that has its turn, or reports why
// there are none; later says that it has to wait for its next turn. The error ends
// the reading.
func (x *expander) expand(t turn, a allowance) (later bool, err error) {
	first := x.shelf.record(t.first)
	before, shown, left, feed := len(x.out), len(x.shown), len(x.doubts.Lost), x.work.Total
	said, done := x.log.mark(), false
	defer x.guard(&event{record: first})
	defer func() {
		if !done {
			x.out, x.shown = x.out[:before], x.shown[:shown] // half a series does not count
		}
		x.charge(t, len(x.out)-before, feed)
	}()
	x.grant(t, a)
	s, err := x.collect(first)
	switch parts := x.byOwner(s); {
	case err != nil:
	case len(parts) > 1:
		t.writer = 0 // what others have under one UID does not belong to the first
		err = x.apart(parts)
	default:
		err = x.one(s)
	}
	switch {
	case errors.Is(err, recur.ErrStopped):
		return false, err
	case err != nil && x.waits(err):
		x.log.undo(said)
		x.doubts.Lost = x.doubts.Lost[:left]
		return true, nil
	case err != nil:
		x.lose(s, err)
	}
	done = err == nil
	return false, nil
}

// one expands a series.
func (x *expander) one(s *series) error {
	x.choose(s)
	x.doubt(s)
	switch {
	case s.cancelled:
		return nil
	case len(s.masters) > 1:
		x.grantShared()
		return x.each(s)
	}
	return x.instances(s)
}

// collect reads the events of a series off the shelf.
func (x *expander) collect(first *record) (*series, error) {
	s := &x.series
	*s = series{masters: s.masters[:0], overrides: s.overrides[:0], unread: s.unread[:0]}
	for n, r := 0, first; ; n, r = n+1, x.shelf.record(r.next) {
		e := x.event(n)
		e.record, e.cal, e.text = r, x.calendars[r.calendar], x.shelf.text(r)
		if bad := e.readTiming(e.text, int(r.line), &x.prop); bad != nil && !r.unread {
			return s, bad // cannot be: it was read before
		}
		if n > 0 && x.follows(e, x.events[n-1]) {
			r.organizer = x.events[n-1].organizer
		}
		s.add(e)
		if n == maxChanges {
			return s, excess(fmt.Sprintf("more than %d events with this UID", maxChanges))
		}
		if r.next == 0 {
			break
		}
	}
	return s, nil
}

// choose finds the masters of s that count.
func (x *expander) choose(s *series) {
	x.outdated(s)
	if len(s.masters) > 1 {
		s.known = true
		x.versions(s)
	}
	s.masters = slices.DeleteFunc(s.masters, func(e *event) bool {
		s.known, s.cancelled = true, e.cancelled()
		return e.level == gone
	})
	if len(s.masters) == 1 {
		s.master = s.masters[0]
	}
	if !s.known {
		s.adopt()
	}
	if s.master != nil && !s.known {
		s.known, s.cancelled = true, s.master.cancelled()
	}
}

// outdated takes out the versions that are older than one that cannot be read.
func (x *expander) outdated(s *series) {
	top := -1
	for _, e := range s.unread {
		if e.original == nil && !e.record.vague {
			top = max(top, e.sequence)
		}
	}
	s.masters = slices.DeleteFunc(s.masters, func(e *event) bool {
		if e.sequence >= top {
			return false
		}
		x.superseded(e, "of a higher SEQUENCE, which cannot be read")
		return true
	})
}

// event is an empty event for the n-th of a series.
func (x *expander) event(n int) *event {
	if n == len(x.events) {
		x.events = append(x.events, new(event))
	}
	x.events[n].reset()
	return x.events[n]
}
