package feed

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// event is the part of a VEVENT that says when it is, and which of its versions
// this is. Zones are not resolved yet, because a VTIMEZONE may follow its events.
type event struct {
	*record
	text      packedText
	uid       []byte
	cal       *calendar
	shown     int    // its place in expander.shown, from 1, once an occurrence needs it
	started   bool   // has a DTSTART
	following bool   // RANGE=THISANDFUTURE
	stated    bool   // has a STATUS
	cancels   bool   // STATUS:CANCELLED
	ruleless  bool   // has an RRULE that says nothing
	status    []byte // where it is none that an event can have
	start     stamp
	end       *stamp
	length    *length
	original  *stamp // RECURRENCE-ID
	rules     []rawRule
	exrules   []rawRule
	rdates    []rdate
	exdates   []stamp
	standIn   string // what is said of a zone that another stands in for
	backwards bool   // it ends before it begins
	shared    bool   // other events that count have its UID
	vague     bool   // the RECURRENCE-ID cannot be read
	sequence  int
	modified  wall // LAST-MODIFIED
	stamped   wall // DTSTAMP

	// What end, length and original point to.
	endStamp, originalStamp stamp
	lengthValue             length
}

type rawRule struct {
	text   []byte
	line   int
	except bool // EXRULE
}

// rdate is an RDATE with the end it has of its own if it is a PERIOD.
type rdate struct {
	stamp
	end    *stamp
	length *length
}

// reset empties e, but for the room its lists have.
func (e *event) reset() {
	*e = event{rules: e.rules[:0], exrules: e.exrules[:0], rdates: e.rdates[:0], exdates: e.exdates[:0]}
}

// id is the UID as it is shown and stored.
func (e *event) id() string { return clipUID(e.uid) }

// repeats reports whether e says by itself that it has several instances.
func (e *event) repeats() bool { return len(e.rules)+len(e.rdates) > 0 }

func (e *event) cancelled() bool { return e.cal.cancelled || e.cancels }

// newer reports whether e replaces o of the same UID and instance: the higher
// SEQUENCE, then the later modification, then the one further down the file.
func (e *event) newer(o *event) bool {
	if e.sequence != o.sequence {
		return e.sequence > o.sequence
	}
	return e.changed() >= o.changed()
}

func (e *event) changed() wall {
	if e.modified != 0 {
		return e.modified
	}
	return e.stamped
}

// readTiming reads what text says about version and time of the event that
// begins on the given line. It reads on behind a fault and returns the first.
func (e *event) readTiming(text packedText, first int, p *property) (bad *fault) {
	for len(text) > 0 {
		var rest []byte
		p.name, p.line, rest, text = text.next()
		if p.line += first; p.name > nExceptions {
			continue
		}
		err := p.split(rest)
		if err == nil {
			err = e.read(p)
		} else if p.name == nOriginal {
			e.vague = true
		}
		if err != nil && bad == nil {
			bad = &fault{p.line, fmt.Errorf("%s: %w", p.name, err)}
		}
	}
	return bad
}

// read takes one property about version or time.
func (e *event) read(p *property) (err error) {
	switch p.name {
	case nSequence:
		// It only settles which of two versions is newer: what cannot be read is 0.
		e.sequence, _ = strconv.Atoi(string(bytes.TrimSpace(p.value)))
	case nModified:
		e.modified = lenient(p.value)
	case nStamp:
		e.stamped = lenient(p.value)
	case nStatus:
		err = e.readStatus(p.value)
	case nUID:
		uid := bytes.TrimSpace(p.value)
		if e.uid != nil && !bytes.Equal(uid, e.uid) {
			return errTwice
		}
		e.uid = uid
		if bytes.IndexByte(e.uid, 0) >= 0 {
			err = errors.New("it holds a NUL, which no text may (RFC 5545 3.1)")
		}
	case nStart:
		err = e.readStart(p)
	case nEnd:
		err = e.readEnd(p)
	case nDuration:
		before := e.length
		was := e.lengthValue
		e.lengthValue, err = parseDuration(string(p.value))
		if e.length = &e.lengthValue; err == nil && before != nil && e.lengthValue != was {
			err = errTwice
		}
	case nOriginal:
		err = e.readOriginal(p)
	case nRule:
		e.rules = e.appendRule(e.rules, rawRule{text: p.value, line: p.line})
	case nExRule:
		e.exrules = e.appendRule(e.exrules, rawRule{p.value, p.line, true})
	case nDates:
		err = e.readDates(p)
	case nExceptions:
		err = e.readExceptions(p)
	}
	return err
}

// readEnd takes the DTEND, and readOriginal the RECURRENCE-ID. Two of either that say
// different things say nothing.
func (e *event) readEnd(p *property) error {
	s, err := readStamp(p, p.value)
	switch {
	case err != nil:
		return err
	case e.end != nil && s != e.endStamp:
		return errTwice
	}
	e.endStamp, e.end = s, &e.endStamp
	return nil
}

func (e *event) readOriginal(p *property) error {
	s, err := readStamp(p, p.value)
	if err == nil && e.original != nil && s != e.originalStamp {
		err = errTwice
	}
	e.originalStamp, e.original, e.vague = s, &e.originalStamp, e.vague || err != nil
	e.following = strings.EqualFold(string(p.param("RANGE")), "THISANDFUTURE")
	return err
}

// readStatus takes the STATUS of an event. One that no event can have (RFC 5545
// 3.8.1.11) is kept to be told.
func (e *event) readStatus(value []byte) error {
	text := word(value)
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
		e.status = value
	}
	return nil
}

// errTwice says that a property that an event has once stands there twice, and says two
// things (RFC 5545 3.6.1): nobody can know which is meant.
var errTwice = errors.New("the event has another one, which says something else")

// readStart takes the DTSTART. Another one that says something else makes the
// event one nobody can know the time of: it must not occur twice (RFC 5545 3.6.1).
func (e *event) readStart(p *property) error {
	s, err := readStamp(p, p.value)
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

// readStamp reads a single date or time with its zone.
func readStamp(p *property, text []byte) (stamp, error) {
	s, err := parseStamp(text)
	switch {
	case err != nil || len(p.params) == 0:
	case !s.date && word(p.param("VALUE")) == "DATE" && s.clock() != 0:
		return s, errors.New("it is a time, and VALUE=DATE says that it is a date")
	case !s.date && word(p.param("VALUE")) == "DATE":
		// Quirk: web calendars write "VALUE=DATE:20260303T000000"
		// (testdata/feeds/decisions/accepted-value-date-with-time.ics).
		s = stamp{wall: wall(s.day() * daySeconds), date: true}
	case !s.utc: // Z wins over TZID
		s.zone = p.known(p.param("TZID"))
	}
	return s, err
}

func (e *event) readDates(p *property) error {
	for text := range bytes.SplitSeq(p.value, []byte{','}) {
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		d, err := readPeriod(p, text)
		if err != nil {
			return err
		}
		e.rdates = append(e.rdates, d)
	}
	return nil
}

// readPeriod reads one RDATE: a date, a time, or "start/end" or "start/duration".
func readPeriod(p *property, text []byte) (d rdate, err error) {
	start, end, period := bytes.Cut(text, []byte{'/'})
	if d.stamp, err = readStamp(p, start); err != nil || !period {
		return d, err
	}
	if l, err := parseDuration(string(end)); err == nil {
		d.length = &l
		return d, nil
	}
	at, err := readStamp(p, end)
	d.end = &at
	return d, err
}

func (e *event) readExceptions(p *property) error {
	for text := range bytes.SplitSeq(p.value, []byte{','}) {
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		s, err := readStamp(p, text)
		if err != nil {
			return err
		}
		e.exdates = append(e.exdates, s)
	}
	return nil
}

// lenient reads a time that only settles ties; one that is unreadable is none.
func lenient(text []byte) wall {
	s, err := parseStamp(text)
	if err != nil {
		return 0
	}
	return s.wall
}
