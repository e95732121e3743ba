package feed

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	"deskd/reservations"
)

// The limits of what is read. They stand before any parsing, so that no feed
// decides how much memory or time it takes.
const (
	maxFeed       = 256 << 20
	maxLine       = 64 << 10 // unfolded
	maxDepth      = 8
	maxParams     = 64
	maxParam      = 4 << 10
	maxComponents = 500_000
	maxZones      = 2_000 // of the feed's own making
	maxZoneLines  = 2_000 // of one of them
)

// Errors that refuse a feed as a whole; tell them apart with errors.Is. The
// last good state of the feed stays in force.
var (
	ErrEmpty       = errors.New("the feed is empty")
	ErrHTML        = errors.New("the feed is a web page, perhaps a login or error page, not a calendar")
	ErrJSON        = errors.New("the feed is JSON, not a calendar")
	ErrNotCalendar = errors.New("the feed is not a calendar")
	ErrTruncated   = errors.New("the feed is cut off: END:VCALENDAR is missing")
	ErrTooLarge    = errors.New("the feed is larger than deskd reads")

	errComponents = fmt.Errorf("more than %d components", maxComponents)
)

// spoil records what makes an event or a time zone unusable, and may hide anything
// of it; the first reason
// is the one reported.
func (d *decoder) spoil(number int, format string, args ...any) {
	d.draft.unsure = true
	d.fail(number, format, args...)
}

// spoilLine is spoil where it is a line that is not read.
func (d *decoder) spoilLine(n name, number int, format string, args ...any) {
	d.draft.vague = d.draft.vague || n == nOriginal
	d.draft.unsure = d.draft.unsure || n > nExceptions
	d.fail(number, format, args...)
}

func (d *decoder) fail(number int, format string, args ...any) {
	to := &d.draft.fault
	if d.zone != nil {
		to = &d.zone.fault
	}
	if *to == nil {
		*to = &fault{line: number, err: fmt.Errorf(format, args...)}
	}
}

// fault is a reason with the line it was found on.
type fault struct {
	line int
	err  error
}

// Error makes a fault an error that keeps its line.
func (f *fault) Error() string { return f.err.Error() }

func (f *fault) Unwrap() error { return f.err }

// calendar is what one VCALENDAR says for all its events.
type calendar struct {
	cancelled bool   // METHOD:CANCEL
	zone      string // X-WR-TIMEZONE, for floating times
	zones     map[string]*component
}

// decoder cuts a feed into components and hands each event over as it ends.
type decoder struct {
	lines      *lineReader
	log        *report
	event      func(*calendar, *draft) error
	named      func(zone string) bool // whether a zone needs no VTIMEZONE
	cal        *calendar
	stack      []string // open components, outermost first
	over       int      // components open below maxDepth
	draft      draft
	inEvent    bool
	zone       *component
	zones      map[uint64]*component // by their text, so that each is kept once
	seed       maphash.Seed
	prop       property
	components int
	calendars  int
	strayed    bool // there is text outside of them
}

// decode reads the whole feed. The error refuses it; what is wrong with single
// lines and components goes to log. A draft is valid during the call of event
// alone, whose error ends the reading. A VTIMEZONE is kept unless named knows its name.
func decode(src io.Reader, log *report, named func(string) bool, event func(*calendar, *draft) error) error {
	d := decoder{lines: newLineReader(src), log: log, event: event, named: named, zones: make(map[uint64]*component), seed: maphash.MakeSeed()}
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
	text := l.text
	for n := len(text); n > 0 && (text[n-1] == ' ' || text[n-1] == '\t'); n-- {
		text = text[:n-1]
	}
	if len(d.stack) == 0 { // Quirk: calendars put behind each other by a script
		text = bytes.TrimPrefix(text, []byte(bom))
	}
	if len(text) == 0 {
		return nil
	}
	if len(d.stack) == 0 && bytes.HasPrefix(text, []byte("<!--")) {
		return nil // Quirk: a cache says below each page that it has kept it
	}
	if len(d.stack) == 0 {
		if err := checkOutside(text); err != nil {
			return err
		}
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
	return len(name) < len(word) && nameOf(name) != unread && bytes.Equal(name, bytes.ToUpper(name))
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
	if n := nameOf(leading(text[:min(len(text), 80)])); n != unread && d.inEvent {
		d.spoilLine(n, l.number, "%s without a colon", n)
		return
	}
	if len(d.stack) == 0 {
		d.outside(l.number, text)
		return
	}
	if d.log.notes.full() {
		return
	}
	d.log.note(l.number, "", "line without a colon: "+quote(string(text[:min(len(text), 80)])), "")
}

func (d *decoder) begin(name string, number int) error {
	d.components++
	if d.components > maxComponents {
		return errComponents
	}
	switch {
	case name == "VCALENDAR" && len(d.stack) > 0:
		return fmt.Errorf("a calendar begins inside another: %w", ErrTruncated)
	case name == "VCALENDAR":
		d.calendars++
		d.cal = &calendar{}
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
		d.inEvent, d.draft = true, draft{line: number, text: d.draft.text[:0]}
	case len(d.stack) == 2 && name == "VTIMEZONE":
		d.zone = &component{line: number}
		d.zone.sum.SetSeed(d.seed)
	case len(d.stack) == 3 && d.zone != nil:
		d.zoneLine("BEGIN", []byte(":"+name), number)
		d.zone.parts = append(d.zone.parts, nil)
	}
	return nil
}

// beginEvent closes what an event cannot be inside of: only a calendar holds
// events, so the end of something else is missing or misspelt. An event outside
// of any calendar belongs to nothing and is reported.
func (d *decoder) beginEvent(number int) error {
	switch {
	case len(d.stack) == 0 || d.stack[0] != "VCALENDAR":
		d.log.nameless = true
		d.log.problem(reservations.Problem{Line: number, What: "event outside of a calendar", Hint: "put it before END:VCALENDAR; " + glimpse{}.hint()})
		return nil
	case len(d.stack) == 1:
		return nil
	case d.inEvent || d.zone != nil:
		d.spoil(number, "BEGIN:VEVENT before END:%s", d.stack[1])
	default:
		d.log.note(number, "", "BEGIN:VEVENT before END:"+clip(d.stack[1]), "")
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
	if at < 0 && name == "VEVENT" && len(d.stack) == 1 { // its BEGIN was spoilt, and its lines were taken for the calendar's
		d.log.nameless = true
		d.log.problem(reservations.Problem{Line: number, What: "END:VEVENT without its BEGIN: an event is lost", Hint: "let the event begin with BEGIN:VEVENT; " + glimpse{}.hint()})
		return nil
	}
	if at < 0 {
		d.log.note(number, "", "END:"+clip(name)+" without its BEGIN", "")
		return nil
	}
	if at < len(d.stack)-1 && (d.inEvent || d.zone != nil) {
		d.spoil(number, "END:%s before END:%s", name, clip(d.stack[len(d.stack)-1]))
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
		err = d.event(d.cal, &d.draft)
	}
	if d.zone != nil {
		d.keepZone(d.zone)
	}
	d.inEvent, d.zone = false, nil
	return err
}

// property keeps the line if it is one that is read where it stands: that of an
// alarm must not pass for its event's.
func (d *decoder) property(word, rest []byte, l line) {
	switch depth := len(d.stack); {
	case depth == 0:
		d.outside(l.number, word)
	case d.over > 0:
	case depth == 1:
		d.calendarProperty(strings.ToUpper(string(word[:min(len(word), maxLongName)])), rest, l)
	case d.inEvent && depth == 2:
		if n := nameOf(word); n != unread && (!d.draft.unsure || n.names()) {
			d.eventProperty(n, rest, l)
		}
	case d.inEvent && !d.draft.unsure && inPlace(d.stack[2:], word):
		d.eventProperty(nPlace, rest, l)
	case d.zone != nil && depth <= 3 && d.zone.fault == nil:
		if l.long {
			d.spoil(l.number, "a line is longer than %d bytes", maxLine)
			return
		}
		d.zoneLine(strings.ToUpper(string(word)), rest, l.number)
	}
}

func (d *decoder) eventProperty(n name, rest []byte, l line) {
	room := maxEvent - 64
	if !n.names() || len(rest) > maxNaming {
		room -= maxNaming // of an event that is too long, it is said which it is
	}
	switch {
	case l.long:
		d.spoilLine(n, l.number, "%s is longer than %d bytes", n, maxLine)
	case len(d.draft.text)+len(rest) > room:
		d.spoil(l.number, "%w", excess(fmt.Sprintf("the event is longer than %d bytes, without its description", maxEvent)))
	default:
		d.draft.add(n, l.number, rest)
	}
}

func (d *decoder) calendarProperty(word string, rest []byte, l line) {
	if d.stack[0] != "VCALENDAR" || l.long || word != "METHOD" && word != "X-WR-TIMEZONE" {
		return
	}
	if err := d.prop.split(rest); err != nil {
		d.log.note(l.number, "", fmt.Sprintf("%s: %v", word, err), "")
		return
	}
	switch value := bytes.TrimSpace(d.prop.value); word {
	case "METHOD":
		d.cal.cancelled = bytes.EqualFold(value, []byte("CANCEL"))
	case "X-WR-TIMEZONE":
		d.cal.zone = unescape(value)
	}
}

// faultOf is err with its line, or with the one given.
func faultOf(err error, line int) *fault {
	var at *fault
	if errors.As(err, &at) {
		return at
	}
	return &fault{line, err}
}
