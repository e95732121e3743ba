package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"deskd/reservations/feed/ical"
)

// event is the part of a VEVENT that says when it is, and which of its versions
// this is. Zones are not resolved yet, because a VTIMEZONE may follow its events.
type event struct {
	*record
	text      ical.Lines
	uid       []byte
	cal       *ical.Calendar
	shown     int    // its place in expander.shown, from 1, once an occurrence needs it
	started   bool   // has a DTSTART
	following bool   // RANGE=THISANDFUTURE
	stated    bool   // has a STATUS
	cancels   bool   // STATUS:CANCELLED
	ruleless  bool   // has an RRULE that says nothing
	status    []byte // where it is none that an event can have
	start     ical.Time
	end       *ical.Time
	length    *ical.Duration
	original  *ical.Time // RECURRENCE-ID
	rules     []rawRule
	exrules   []rawRule
	rdates    []ical.Period
	exdates   []ical.Time
	standIn   string // what is said of a zone that another stands in for
	backwards bool   // it ends before it begins
	shared    bool   // other events that count have its UID
	vague     bool   // the RECURRENCE-ID cannot be read
	sequence  int
	modified  ical.Wall // LAST-MODIFIED
	stamped   ical.Wall // DTSTAMP

	// What end, length and original point to.
	endStamp, originalStamp ical.Time
	lengthValue             ical.Duration
}

type rawRule struct {
	text   []byte
	line   int
	except bool // EXRULE
}

// reset empties e, but keeps the capacity of its lists.
func (e *event) reset() {
	*e = event{rules: e.rules[:0], exrules: e.exrules[:0], rdates: e.rdates[:0], exdates: e.exdates[:0]}
}

// id is the UID as it is shown and stored.
func (e *event) id() string { return ical.ClipUID(e.uid) }

// repeats reports whether e says by itself that it has several instances.
func (e *event) repeats() bool { return len(e.rules)+len(e.rdates) > 0 }

func (e *event) cancelled() bool { return e.cal.Cancelled || e.cancels }

// newer reports whether e replaces o of the same UID and instance: the higher
// SEQUENCE, then the later modification, then the one further down the file.
func (e *event) newer(o *event) bool {
	if e.sequence != o.sequence {
		return e.sequence > o.sequence
	}
	return e.changed() >= o.changed()
}

func (e *event) changed() ical.Wall {
	if e.modified != 0 {
		return e.modified
	}
	return e.stamped
}

// readTiming reads what text says about version and time of the event that
// begins on the given line. It reads on behind a fault and returns the first.
func (e *event) readTiming(text ical.Lines, first int, p *ical.Property) (bad *ical.Fault) {
	for len(text) > 0 {
		var rest []byte
		p.Name, p.Line, rest, text = text.Next()
		if p.Line += first; p.Name > ical.PropExDates {
			continue
		}
		err := p.Split(rest)
		if err == nil {
			err = e.read(p)
		} else if p.Name == ical.PropRecurrenceID {
			e.vague = true
		}
		if err != nil && bad == nil {
			bad = &ical.Fault{Line: p.Line, Err: fmt.Errorf("%s: %w", p.Name, err)}
		}
	}
	return bad
}

// read takes one property about version or time.
func (e *event) read(p *ical.Property) (err error) {
	switch p.Name {
	case ical.PropSequence:
		// It only decides which of two versions is newer: an unreadable one is 0.
		e.sequence, _ = strconv.Atoi(string(bytes.TrimSpace(p.Value)))
	case ical.PropLastModified:
		e.modified = lenient(p.Value)
	case ical.PropTimestamp:
		e.stamped = lenient(p.Value)
	case ical.PropStatus:
		err = e.readStatus(p)
	case ical.PropUID:
		uid := bytes.TrimSpace(p.Value)
		if e.uid != nil && !bytes.Equal(uid, e.uid) {
			return errTwice
		}
		e.uid = uid
		if bytes.IndexByte(e.uid, 0) >= 0 {
			err = errors.New("it holds a NUL, which no text may (RFC 5545 3.1)")
		}
	case ical.PropStart:
		err = e.readStart(p)
	case ical.PropEnd:
		err = e.readEnd(p)
	case ical.PropDuration:
		before := e.length
		was := e.lengthValue
		e.lengthValue, err = ical.ParseDuration(string(p.Value))
		if e.length = &e.lengthValue; err == nil && before != nil && e.lengthValue != was {
			err = errTwice
		}
	case ical.PropRecurrenceID:
		err = e.readOriginal(p)
	case ical.PropRule:
		e.rules = e.appendRule(e.rules, rawRule{text: p.Value, line: p.Line})
	case ical.PropExRule:
		e.exrules = e.appendRule(e.exrules, rawRule{p.Value, p.Line, true})
	case ical.PropDates:
		err = e.readDates(p)
	case ical.PropExDates:
		err = e.readExceptions(p)
	}
	return err
}

// readEnd takes the DTEND, and readOriginal the RECURRENCE-ID. Two of either that say
// different things say nothing.
func (e *event) readEnd(p *ical.Property) error {
	s, err := p.Time(p.Value)
	switch {
	case err != nil:
		return err
	case e.end != nil && s != e.endStamp:
		return errTwice
	}
	e.endStamp, e.end = s, &e.endStamp
	return nil
}

func (e *event) readOriginal(p *ical.Property) error {
	s, err := p.Time(p.Value)
	if err == nil && e.original != nil && s != e.originalStamp {
		err = errTwice
	}
	e.originalStamp, e.original, e.vague = s, &e.originalStamp, e.vague || err != nil
	e.following = strings.EqualFold(string(p.Param("RANGE")), "THISANDFUTURE")
	return err
}

// readStatus takes the STATUS of an event. One that no event can have (RFC 5545
// 3.8.1.11) is kept to be reported.
func (e *event) readStatus(p *ical.Property) error {
	text := p.Word()
	if e.stated && e.cancels != (text == "CANCELLED" || text == "CANCELED") {
		e.cancels = false
		return errTwice
	}
	e.stated = true
	switch text {
	case "CANCELLED", "CANCELED":
		e.cancels = true
	case "", "CONFIRMED", "TENTATIVE":
	case "BUSY", "FREE", "OOF", "WORKINGELSEWHERE":
		// Quirk: Outlook.com says here what belongs into X-MICROSOFT-CDO-BUSYSTATUS
		// (testdata/feeds/servers/outlook-com-live.ics).
	default:
		e.status = p.Value
	}
	return nil
}

// errTwice says that a property that an event may have once is there twice, with two values
// (RFC 5545 3.6.1): it is unknown which is meant.
var errTwice = errors.New("the event has another one, which says something else")

// readStart takes the DTSTART. A second one with another value makes the time of
// the event unknown: it must not occur twice (RFC 5545 3.6.1).
func (e *event) readStart(p *ical.Property) error {
	s, err := p.Time(p.Value)
	if err == nil && e.started && s != e.start {
		return errTwice
	}
	e.start, e.started = s, err == nil
	return err
}

// appendRule keeps a rule that says anything: some web calendars write "RRULE:"
// beside every event. Where it was a series, its rule may have been lost.
func (e *event) appendRule(rules []rawRule, r rawRule) []rawRule {
	if len(bytes.TrimSpace(r.text)) == 0 {
		e.ruleless = e.ruleless || !r.except
		return rules
	}
	return append(rules, r)
}

func (e *event) readDates(p *ical.Property) error {
	for d, err := range p.Periods() {
		if err != nil {
			return err
		}
		e.rdates = append(e.rdates, d)
	}
	return nil
}

func (e *event) readExceptions(p *ical.Property) error {
	for s, err := range p.Times() {
		if err != nil {
			return err
		}
		e.exdates = append(e.exdates, s)
	}
	return nil
}

// lenient reads a time that only breaks ties; an unreadable one is none.
func lenient(text []byte) ical.Wall {
	s, err := ical.ParseTime(text)
	if err != nil {
		return 0
	}
	return s.Wall
}
