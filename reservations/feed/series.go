package feed

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
)

// maxOccurrences is the most a feed may have in the window.
const maxOccurrences = 1_000_000

var errOccurrences = fmt.Errorf("the feed has more than %d occurrences in the window", maxOccurrences)

// series is everything a feed says under one UID.
type series struct {
	master    *event
	overrides []*event
}

// any is the event that stands for s in messages.
func (s *series) any() *event {
	if s.master != nil {
		return s.master
	}
	return s.overrides[0]
}

// expander turns events into the occurrences of a window.
type expander struct {
	window reservations.Span
	zones  *zones
	log    *report
	work   work
	series []*series
	byUID  map[string]*series
	out    []Occurrence
}

func newExpander(window reservations.Span, zone *time.Location, log *report) *expander {
	return &expander{
		window: window,
		zones:  newZones(zone, window.Start, window.End),
		log:    log,
		work:   work{feed: maxFeedWork},
		byUID:  make(map[string]*series),
	}
}

// add takes a component of the feed.
func (x *expander) add(cal *calendar, c *component) {
	e := &event{Event: Event{Line: c.line}}
	defer x.guard(e)
	e, bad := newEvent(cal, c)
	if bad != nil {
		x.log.lose(e, bad.line, bad.err.Error(), "")
		return
	}
	if e.UID == "" {
		x.log.note(e.Line, "", "event without UID", "")
		x.series = append(x.series, &series{master: e})
		return
	}
	s := x.byUID[e.UID]
	if s == nil {
		s = new(series)
		x.byUID[e.UID] = s
		x.series = append(x.series, s)
	}
	switch {
	case e.original != nil:
		s.overrides = append(s.overrides, e)
	case s.master == nil || e.newer(s.master):
		s.master = e
	}
}

// guard turns a panic while e is dealt with into the loss of e: no event may
// take the others with it.
func (x *expander) guard(e *event) {
	if cause := recover(); cause != nil {
		x.log.lose(e, e.Line, fmt.Sprintf("the event broke the reader: %v", cause), "please report this with the event's text")
	}
}

// all expands every series. Its error refuses the feed: a limit was met that
// belongs to the feed, so that what is there is not all there is.
func (x *expander) all() ([]Occurrence, error) {
	for _, s := range x.series {
		if err := x.expand(s); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(x.out, byStart)
	return x.out, nil
}

// byStart is the order of the result.
func byStart(a, b Occurrence) int {
	if n := a.Start.Compare(b.Start); n != 0 {
		return n
	}
	return cmp.Or(cmp.Compare(a.UID, b.UID), cmp.Compare(a.Recurrence, b.Recurrence), cmp.Compare(a.Line, b.Line))
}

// expand appends the occurrences of s, or reports why there are none.
func (x *expander) expand(s *series) error {
	s.adopt()
	e := s.any()
	defer x.guard(e)
	before, done := len(x.out), false
	defer func() {
		if !done {
			x.out = x.out[:before] // half a series is none
		}
	}()
	err := x.instances(s)
	switch {
	case errors.Is(err, errFeedWork), errors.Is(err, errOccurrences):
		return err
	case err != nil:
		var at *fault
		if !errors.As(err, &at) {
			at = &fault{e.Line, err}
		}
		x.log.lose(e, at.line, at.err.Error(), "")
	}
	done = err == nil
	return nil
}

// adopt makes an override with a rule of its own the master where there is
// none: some servers export the rest of a split series so.
func (s *series) adopt() {
	if s.master != nil {
		return
	}
	for i, o := range s.overrides {
		if len(o.rules) > 0 && !o.following {
			s.master = o
			s.overrides = slices.Delete(s.overrides, i, i+1)
			return
		}
	}
}
