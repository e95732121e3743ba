package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"deskd/reservations/feed/ical"
)

// add takes an event of the feed. What cannot touch the window is not built:
// only its time and version are read, and what of it may change other events is
// kept.
func (x *expander) add(cal *ical.Calendar, d *ical.Event) error {
	e := &x.skimmed
	e.reset()
	x.record = record{line: int32(d.Line)} //nolint:gosec // lines of at most ical.MaxSize bytes
	e.record, e.cal = &x.record, cal
	defer x.guard(e)
	x.record.organizer = x.organizerOf(d.Text)
	l, bad := x.judge(e, d)
	if bad != nil {
		x.keepLost(e, d, bad)
		return nil
	}
	if len(e.uid) == 0 {
		if l != whole {
			return nil
		}
		x.log.note(d.Line, "", "event without UID", "")
	}
	if e.status != nil && l == whole {
		x.log.note(d.Line, e.id(), "STATUS is "+ical.Quote(string(e.status))+", which no event can have; taken as CONFIRMED", "")
	}
	e.calendar, e.record.repeats = x.calendar(cal), e.repeats()
	x.shelf.add(e.uid, d.Text, *e.record, l)
	return nil
}

// judge reads the times of e, and says how much of it to keep, and what is wrong with it.
func (x *expander) judge(e *event, d *ical.Event) (l level, bad *ical.Fault) {
	bad = earlier(d.Fault, e.readTiming(d.Text, d.Line, &x.prop))
	// A cancellation may name its instance and nothing else (RFC 5546 3.2.5).
	if !e.started && bad == nil && !e.cancelled() {
		bad = &ical.Fault{Line: d.Line, Err: errors.New("event without DTSTART")}
	}
	if e.end != nil && e.end.Wall-e.start.Wall > ical.MaxDuration {
		bad = earlier(bad, &ical.Fault{Line: d.Line, Err: errors.New("event longer than a hundred years")})
	}
	if l = x.level(e); bad != nil {
		return l, bad
	}
	switch {
	case l == whole:
		bad = x.readable(d)
	case !e.cancelled():
		bad = e.impossible()
	}
	if bad == nil && l != gone && !x.keeps(burden(e, d)) {
		bad = &ical.Fault{Line: d.Line, Err: errBulk}
	}
	return l, bad
}

// impossible is what is wrong with the dates of an event that is out of reach: otherwise a
// typo in the year would count as a move to that year.
func (e *event) impossible() *ical.Fault {
	switch year := e.start.Time().Year(); {
	case !e.started:
	case e.end != nil && e.end.Wall+ical.DaySeconds < e.start.Wall: // more than any two zones differ by
		return &ical.Fault{Line: int(e.line), Err: errors.New("event that ends before it starts")}
	case year < firstYear && !e.repeats():
		return &ical.Fault{Line: int(e.line), Err: fmt.Errorf("event in the year %d", year)}
	}
	return nil
}

// firstYear is the first whole year of the calendar that RFC 5545 counts by. Series may
// begin before: some birthdays do.
const firstYear = 1583

// seen is what a lost event says besides its time. Of one whose lines were not all
// read it is not known whether it is private.
func (x *expander) seen(e *event, d *ical.Event) *Event {
	if d.Fault != nil {
		return nil
	}
	e.text = d.Text
	return describe(e, &x.prop)
}

// What an event usually needs. More is a burden, because it has to be kept.
const (
	usualEvent = 4 << 10
	usualRule  = 128
)

// keeps reports whether there is room for an event of that burden. One without is
// always kept.
func (x *expander) keeps(burden int) bool {
	if burden > x.bulk {
		return false
	}
	x.bulk -= burden
	return true
}

// burden is what an event takes by its size, beyond the usual.
func burden(e *event, d *ical.Event) int {
	n := 2 * max(0, len(d.Text)-usualEvent)
	for _, raw := range e.rules {
		n += 8 * max(0, len(raw.text)-usualRule)
	}
	return n
}

// earlier is the fault further up in the feed, nil when there is none.
func earlier(a, b *ical.Fault) *ical.Fault {
	if a == nil || b != nil && b.Line < a.Line {
		return b
	}
	return a
}

// readable checks the properties that describe an event.
func (x *expander) readable(d *ical.Event) *ical.Fault {
	var said [ical.PropPlace]string // of what an event has once
	for text := d.Text; len(text) > 0; {
		var rest []byte
		x.prop.Name, x.prop.Line, rest, text = text.Next()
		if err := x.prop.Split(rest); err != nil {
			return &ical.Fault{Line: d.Line + x.prop.Line, Err: fmt.Errorf("%s: %w", x.prop.Name, err)}
		}
		if n := x.prop.Name; n == ical.PropTransparency || n == ical.PropBusyStatus || n == ical.PropLocation {
			text := string(bytes.TrimSpace(x.prop.Value))
			if said[n] != "" && !strings.EqualFold(said[n], text) {
				return &ical.Fault{Line: d.Line + x.prop.Line, Err: fmt.Errorf("%s: %w", n, errTwice)}
			}
			said[n] = text
		}
	}
	return nil
}

// level decides how much of e is kept.
func (x *expander) level(e *event) level {
	switch touches := !e.cancels && x.touches(e); {
	case touches:
		return whole
	case e.cancelled():
		return placed
	case e.repeats() || e.original != nil || len(e.exdates) > 0:
		return bare
	}
	return gone
}

// touches reports whether e may have an occurrence in the window. A day on
// either side covers every offset between clocks.
func (x *expander) touches(e *event) bool {
	if e.following || len(e.rdates) > 0 {
		return true
	}
	last := e.start.Wall
	for _, raw := range e.rules {
		last = max(last, lastOf(raw.text))
	}
	switch {
	case e.end != nil:
		last = max(last, last+e.end.Wall-e.start.Wall)
	case e.length != nil:
		last = max(last, last+e.length.Seconds())
	}
	if e.start.Date {
		last += ical.DaySeconds
	}
	return int64(e.start.Wall)-ical.DaySeconds < x.to && int64(last)+ical.DaySeconds >= x.from
}

// lastOf is the last reading a rule may select, judged by its UNTIL alone.
func lastOf(rule []byte) ical.Wall {
	for part := range bytes.SplitSeq(rule, []byte{';'}) {
		text, ok := bytes.CutPrefix(part, []byte("UNTIL="))
		if !ok {
			continue
		}
		if s, err := ical.ParseTime(text); err == nil {
			return s.Wall + ical.DaySeconds
		}
	}
	return ical.LastWall
}
