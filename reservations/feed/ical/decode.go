package ical

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
)

// spoil records what makes an event or a time zone unusable, and may hide any part of it.
// The first reason is reported.
func (d *decoder) spoil(number int, format string, args ...any) {
	d.draft.Unsure = true
	d.fail(number, format, args...)
}

// spoilLine is spoil where it is a line that is not read.
func (d *decoder) spoilLine(n Name, number int, format string, args ...any) {
	d.draft.Vague = d.draft.Vague || n == PropRecurrenceID
	d.draft.Unsure = d.draft.Unsure || n > PropExDates
	d.fail(number, format, args...)
}

func (d *decoder) fail(number int, format string, args ...any) {
	to := &d.draft.Fault
	if d.zone != nil {
		to = &d.zone.fault
	}
	if *to == nil {
		*to = &Fault{Line: number, Err: fmt.Errorf(format, args...)}
	}
}

// decoder splits a feed into components and hands each event over as it ends.
type decoder struct {
	to         Handler
	lines      *lineReader
	cal        *Calendar
	stack      []string // open components, outermost first
	over       int      // components open below maxDepth
	draft      Event
	inEvent    bool
	zone       *TimeZone
	zones      map[uint64]*TimeZone // by their text, so that each is kept once
	seed       maphash.Seed
	prop       Property
	components int
	calendars  int
	strayed    bool // there is text outside of them
}

// Decode reads src to its end, in one pass and with one buffer, and gives each event
// to h. Its error refuses the whole calendar: one of the Err values of this package,
// that of src, or that of h.Event, with the line. A fault in a line or component costs only
// that.
func Decode(src io.Reader, h Handler) error {
	d := decoder{to: h.withDefaults(), lines: newLineReader(src), zones: make(map[uint64]*TimeZone), seed: maphash.MakeSeed()}
	opened := false
	for {
		l, ok := d.lines.next()
		if !ok {
			break
		}
		if first := bytes.TrimSpace(l.text); !opened && len(first) > 0 {
			if err := checkFirst(first); err != nil {
				return err
			}
			opened = true
		}
		if err := d.line(l); err != nil {
			return fmt.Errorf("line %d: %w", l.number, err)
		}
	}
	switch {
	case d.lines.err != nil:
		return fmt.Errorf("line %d: %w", d.lines.number+1, d.lines.err)
	case !opened:
		return ErrEmpty
	case len(d.stack) > 0 || d.calendars == 0:
		return ErrTruncated
	}
	return nil
}

// line takes one unfolded line. Its error refuses the feed.
func (d *decoder) line(l line) error {
	text := trimRight(l.text)
	if len(d.stack) == 0 {
		var err error
		if text, err = outsideText(text); err != nil {
			return err
		}
	}
	if len(text) == 0 {
		return nil
	}
	at := nameEnd(text)
	if at < 0 {
		d.unreadable(l, text)
		return nil
	}
	word := text[:at]
	if at > 0 && (word[0] == ' ' || word[at-1] == ' ' || word[at-1] == '\t') {
		word = bytes.TrimSpace(word)
	}
	if d.inEvent && mutilated(word) {
		d.unreadable(l, text)
		return nil
	}
	switch {
	case len(word) == 5 && strings.EqualFold(string(word), "BEGIN"):
		return d.begin(structureName(text[at+1:]), l.number)
	case len(word) == 3 && strings.EqualFold(string(word), "END"):
		return d.end(structureName(text[at+1:]), l.number)
	}
	d.property(word, text[at:], l)
	return nil
}

// trimRight is text without the blanks behind it.
func trimRight(text []byte) []byte {
	for n := len(text); n > 0 && (text[n-1] == ' ' || text[n-1] == '\t'); n-- {
		text = text[:n-1]
	}
	return text
}

// nameEnd is the place of the first ";" or ":", or -1.
func nameEnd(text []byte) int {
	for i, c := range text {
		if c == ':' || c == ';' {
			return i
		}
	}
	return -1
}

// leading is the name that text begins with.
func leading(text []byte) []byte {
	for i, c := range text {
		if c != '-' && !('A' <= c && c <= 'Z' || 'a' <= c && c <= 'z') {
			return text[:i]
		}
	}
	return text
}

// mutilated reports whether word, which stands before a ";" or ":", is a name in
// capitals and a part of its value: the line has lost its colon ("RRULE FREQ=DAILY;…").
func mutilated(word []byte) bool {
	name := leading(word)
	return len(name) < len(word) && nameOf(name) != PropNone && bytes.Equal(name, bytes.ToUpper(name))
}

// structureName keeps the name of a component comparable and short.
func structureName(text []byte) string {
	switch text = bytes.TrimSpace(text[:min(len(text), 64)]); string(text) {
	case "VEVENT": // most of them, without an allocation
		return "VEVENT"
	case "VALARM":
		return "VALARM"
	}
	return strings.ToUpper(string(text))
}

// unreadable reports a line without a colon. Text that lost its folding is
// harmless; a line we would have needed spoils its event.
func (d *decoder) unreadable(l line, text []byte) {
	if n := nameOf(leading(text[:min(len(text), 80)])); n != PropNone && d.inEvent {
		d.spoilLine(n, l.number, "%s without a colon", n)
		return
	}
	if len(d.stack) == 0 {
		d.outside(l.number, text)
		return
	}
	d.to.Note(l.number, "line without a colon: %q", text[:min(len(text), 80)])
}

func (d *decoder) begin(name string, number int) error {
	d.components++
	if d.components > maxComponents {
		return ErrComponents
	}
	switch {
	case name == "VCALENDAR" && len(d.stack) > 0:
		return fmt.Errorf("a calendar begins inside another: %w", ErrTruncated)
	case name == "VCALENDAR":
		d.calendars++
		d.cal = &Calendar{}
	case name == "VEVENT":
		if err := d.beginEvent(number); err != nil {
			return err
		}
	}
	if len(d.stack) == maxDepth {
		d.over++
		if d.inEvent || d.zone != nil {
			d.spoil(number, "components nested deeper than %d", maxDepth)
		}
		return nil
	}
	d.stack = append(d.stack, name)
	if d.stack[0] != "VCALENDAR" {
		return nil
	}
	switch {
	case len(d.stack) == 2 && name == "VEVENT":
		d.inEvent, d.draft = true, Event{Line: number, Text: d.draft.Text[:0]}
	case len(d.stack) == 2 && name == "VTIMEZONE":
		d.zone = &TimeZone{line: number}
		d.zone.sum.SetSeed(d.seed)
	case len(d.stack) == 3 && d.zone != nil:
		d.zoneLine("BEGIN", []byte(":"+name), number)
		d.zone.parts = append(d.zone.parts, nil)
	}
	return nil
}

// beginEvent closes components that cannot contain an event: only a calendar can,
// so the end of something else is missing or misspelled. An event outside of any
// calendar is reported.
func (d *decoder) beginEvent(number int) error {
	switch {
	case len(d.stack) == 0 || d.stack[0] != "VCALENDAR":
		d.to.Lost(number, "event outside of a calendar", "put it before END:VCALENDAR")
		return nil
	case len(d.stack) == 1:
		return nil
	case d.inEvent || d.zone != nil:
		d.spoil(number, "BEGIN:VEVENT before END:%s", d.stack[1])
	default:
		d.to.Note(number, "BEGIN:VEVENT before END:%s", Clip(d.stack[1]))
	}
	return d.finish(1)
}

func (d *decoder) end(name string, number int) error {
	if d.over > 0 && name != "VCALENDAR" && (name != "VEVENT" || !d.inEvent) {
		d.over--
		return nil
	}
	d.over = 0
	at := slices.Index(d.stack, name)
	if at < 0 && name == "VEVENT" && len(d.stack) == 1 { // its BEGIN was garbled, and its lines were taken for the calendar's
		d.to.Lost(number, "END:VEVENT without its BEGIN: an event is lost", "let the event begin with BEGIN:VEVENT")
		return nil
	}
	if at < 0 {
		d.to.Note(number, "END:%s without its BEGIN", Clip(name))
		return nil
	}
	if at < len(d.stack)-1 && (d.inEvent || d.zone != nil) {
		d.spoil(number, "END:%s before END:%s", name, Clip(d.stack[len(d.stack)-1]))
	}
	return d.finish(at)
}

// finish closes all components down to depth at and hands over what is done.
func (d *decoder) finish(at int) (err error) {
	d.stack, d.over = d.stack[:at], 0
	if at > 1 {
		return nil
	}
	if d.inEvent {
		err = d.to.Event(d.cal, &d.draft)
	}
	if d.zone != nil {
		d.keepZone(d.zone)
	}
	d.inEvent, d.zone = false, nil
	return err
}

// property keeps the line if its component reads it: a line of an alarm must not pass
// for its event's.
func (d *decoder) property(word, rest []byte, l line) {
	switch depth := len(d.stack); {
	case depth == 0:
		d.outside(l.number, word)
	case d.over > 0:
	case depth == 1:
		d.calendarProperty(strings.ToUpper(string(word[:min(len(word), maxLongName)])), rest, l)
	case d.inEvent && depth == 2:
		if n := nameOf(word); n != PropNone && (!d.draft.Unsure || n.Identifies()) {
			d.eventProperty(n, rest, l)
		}
	case d.inEvent && !d.draft.Unsure && inPlace(d.stack[2:], word):
		d.eventProperty(PropPlace, rest, l)
	case d.zone != nil && depth <= 3 && d.zone.fault == nil:
		if l.long {
			d.spoil(l.number, "a line is longer than %d bytes", maxLine)
			return
		}
		d.zoneLine(strings.ToUpper(string(word)), rest, l.number)
	}
}

func (d *decoder) eventProperty(n Name, rest []byte, l line) {
	room := MaxEvent - 64
	if !n.Identifies() || len(rest) > maxNaming {
		room -= maxNaming // an event that is too long is still identified
	}
	switch {
	case l.long:
		d.spoilLine(n, l.number, "%s is longer than %d bytes", n, maxLine)
	case len(d.draft.Text)+len(rest) > room:
		d.spoil(l.number, "%w", ErrEventSize)
	default:
		d.draft.Add(n, l.number, rest)
	}
}

func (d *decoder) calendarProperty(word string, rest []byte, l line) {
	if d.stack[0] != "VCALENDAR" || l.long || word != "METHOD" && word != "X-WR-TIMEZONE" && word != "X-DESKD-DATABASE" {
		return
	}
	if err := d.prop.Split(rest); err != nil {
		d.to.Note(l.number, "%s: %v", word, err)
		return
	}
	switch value := bytes.TrimSpace(d.prop.Value); word {
	case "METHOD":
		d.cal.Cancelled = bytes.EqualFold(value, []byte("CANCEL"))
	case "X-WR-TIMEZONE":
		d.cal.DefaultTZID = Unescape(value)
	case "X-DESKD-DATABASE":
		d.cal.Database = Unescape(value)
	}
}
