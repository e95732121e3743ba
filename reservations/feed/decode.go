package feed

import (
	"bytes"
	"errors"
	"fmt"
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
	maxProperties = 10_000 // kept of one component
)

// Errors that refuse a feed as a whole; tell them apart with errors.Is. The
// last good state of the feed stays in force.
var (
	ErrEmpty       = errors.New("the feed is empty")
	ErrHTML        = errors.New("the feed is a web page, perhaps a login or error page, not a calendar")
	ErrJSON        = errors.New("the feed is JSON, not a calendar")
	ErrNotCalendar = errors.New("the feed is not a calendar: it does not begin with BEGIN:VCALENDAR")
	ErrTruncated   = errors.New("the feed is cut off: END:VCALENDAR is missing")
	ErrTooLarge    = errors.New("the feed is larger than deskd reads")
)

// property is one content line (RFC 5545 3.1) with its name in capitals.
type property struct {
	name   string
	params []param
	value  string
	line   int
}

type param struct{ name, value string }

// param is the value of the named parameter, without quotes; empty when absent.
func (p property) param(name string) string {
	for _, q := range p.params {
		if q.name == name {
			return q.value
		}
	}
	return ""
}

// component is a VEVENT or VTIMEZONE with the properties that are read; parts
// are the observances of a time zone.
type component struct {
	name  string
	line  int
	props []property
	parts []component
	fault *fault
}

// spoil records what makes c unusable; the first reason is the one reported.
func (c *component) spoil(line int, format string, args ...any) {
	if c.fault == nil {
		c.fault = &fault{line: line, err: fmt.Errorf(format, args...)}
	}
}

// fault is a reason with the line it was found on.
type fault struct {
	line int
	err  error
}

// calendar is what one VCALENDAR says for all its events.
type calendar struct {
	cancelled bool   // METHOD:CANCEL
	zone      string // X-WR-TIMEZONE, for floating times
	zones     map[string]*component
}

// decoder cuts a feed into components and hands each event over as it ends.
type decoder struct {
	lines      lineReader
	log        *report
	event      func(*calendar, *component)
	cal        *calendar
	stack      []string // open components, outermost first
	over       int      // components open below maxDepth
	cur        *component
	components int
	calendars  int
}

// decode reads the whole feed. The error refuses it; what is wrong with single
// lines and components goes to log.
func decode(data []byte, log *report, event func(*calendar, *component)) error {
	if err := checkOpening(data); err != nil {
		return err
	}
	d := decoder{lines: newLineReader(data), log: log, event: event}
	for {
		l, ok := d.lines.next()
		if !ok {
			break
		}
		if err := d.line(l); err != nil {
			return fmt.Errorf("line %d: %w", l.number, err)
		}
	}
	if len(d.stack) > 0 || d.calendars == 0 {
		return ErrTruncated
	}
	return nil
}

// checkOpening refuses what is not a calendar by its first bytes.
func checkOpening(data []byte) error {
	if len(data) > maxFeed {
		return fmt.Errorf("%w: %d bytes, the most is %d", ErrTooLarge, len(data), maxFeed)
	}
	head := firstLine(data)
	const opening = "BEGIN:VCALENDAR"
	switch {
	case len(head) == 0:
		return ErrEmpty
	case len(head) >= len(opening) && strings.EqualFold(string(head[:len(opening)]), opening):
		return nil
	case bytes.HasPrefix(head, []byte("<")):
		return ErrHTML
	case bytes.HasPrefix(head, []byte("{")) || bytes.HasPrefix(head, []byte("[")):
		return ErrJSON
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return fmt.Errorf("%w: it is written in UTF-16, calendars are UTF-8", ErrNotCalendar)
	case len(head) > 0 && len(head) < len(opening) && strings.EqualFold(string(head), opening[:len(head)]):
		return ErrTruncated
	}
	return ErrNotCalendar
}

// firstLine is the first line that is not blank, unfolded.
func firstLine(data []byte) []byte {
	lines := newLineReader(data)
	for {
		l, ok := lines.next()
		if text := bytes.TrimSpace(l.text); !ok || len(text) > 0 {
			return text
		}
	}
}

// line takes one unfolded line. Its error refuses the feed.
func (d *decoder) line(l line) error {
	text := bytes.TrimRight(l.text, " \t")
	if len(text) == 0 {
		return nil
	}
	at := bytes.IndexAny(text, ";:")
	if at < 0 {
		d.unreadable(l, text)
		return nil
	}
	name := bytes.TrimSpace(text[:at])
	switch {
	case bytes.EqualFold(name, []byte("BEGIN")):
		return d.begin(structureName(text[at+1:]), l.number)
	case bytes.EqualFold(name, []byte("END")):
		return d.end(structureName(text[at+1:]), l.number)
	}
	d.property(capitals(name), text[at:], l)
	return nil
}

// capitals is name in upper case, without a copy where it is that already and
// is a name that is read.
func capitals(name []byte) string {
	if known, ok := readNames[string(name)]; ok {
		return known
	}
	return string(bytes.ToUpper(name))
}

// structureName keeps the name of a component comparable and short.
func structureName(text []byte) string {
	return strings.ToUpper(string(bytes.TrimSpace(text[:min(len(text), 64)])))
}

// unreadable reports a line without a colon. Text that lost its folding is
// harmless; a line we would have needed spoils its event.
func (d *decoder) unreadable(l line, text []byte) {
	word, _, _ := strings.Cut(string(text[:min(len(text), 80)]), " ")
	if _, needed := readers[strings.ToUpper(word)]; needed && d.cur != nil {
		d.cur.spoil(l.number, "%s without a colon", strings.ToUpper(word))
		return
	}
	d.log.note(l.number, "", "line without a colon: "+quote(string(text[:min(len(text), 80)])), "")
}

func (d *decoder) begin(name string, number int) error {
	d.components++
	if d.components > maxComponents {
		return fmt.Errorf("more than %d components", maxComponents)
	}
	switch {
	case name == "VCALENDAR" && len(d.stack) > 0:
		return fmt.Errorf("a calendar begins inside another: %w", ErrTruncated)
	case name == "VCALENDAR":
		d.calendars++
		d.cal = &calendar{zones: make(map[string]*component)}
	case name == "VEVENT":
		d.beginEvent(number)
	}
	if len(d.stack) == maxDepth {
		d.over++
		if d.cur != nil {
			d.cur.spoil(number, "components nested deeper than %d", maxDepth)
		}
		return nil
	}
	d.stack = append(d.stack, name)
	switch {
	case len(d.stack) == 2 && d.stack[0] == "VCALENDAR" && (name == "VEVENT" || name == "VTIMEZONE"):
		d.cur = &component{name: name, line: number}
	case len(d.stack) == 3 && d.cur != nil && d.cur.name == "VTIMEZONE":
		d.cur.parts = append(d.cur.parts, component{name: name, line: number})
	}
	return nil
}

// beginEvent closes what an event cannot be inside of: only a calendar holds
// events, so the end of something else is missing or misspelt. An event outside
// of any calendar belongs to nothing and is reported.
func (d *decoder) beginEvent(number int) {
	switch {
	case len(d.stack) == 0 || d.stack[0] != "VCALENDAR":
		d.log.problem(reservations.Problem{Line: number, What: "event outside of a calendar", Hint: "put it before END:VCALENDAR"})
		return
	case len(d.stack) == 1:
		return
	case d.cur != nil:
		d.cur.spoil(number, "BEGIN:VEVENT before END:%s", d.cur.name)
	default:
		d.log.note(number, "", "BEGIN:VEVENT before END:"+clip(d.stack[1]), "")
	}
	d.finish(1)
}

func (d *decoder) end(name string, number int) error {
	if d.over > 0 && name != "VCALENDAR" && (name != "VEVENT" || d.cur == nil) {
		d.over--
		return nil
	}
	d.over = 0
	at := slices.Index(d.stack, name)
	if at < 0 {
		d.log.note(number, "", "END:"+clip(name)+" without its BEGIN", "")
		return nil
	}
	if at < len(d.stack)-1 && d.cur != nil {
		d.cur.spoil(number, "END:%s before END:%s", name, clip(d.stack[len(d.stack)-1]))
	}
	d.finish(at)
	return nil
}

// finish closes all components down to depth at and hands over what is done.
func (d *decoder) finish(at int) {
	d.stack, d.over = d.stack[:at], 0
	if at > 1 || d.cur == nil {
		return
	}
	c := d.cur
	d.cur = nil
	switch {
	case c.name == "VEVENT":
		d.event(d.cal, c)
	case c.fault != nil:
		d.log.note(c.fault.line, "", "time zone left out: "+c.fault.err.Error(), "")
	default:
		for _, p := range c.props {
			if p.name == "TZID" {
				d.cal.zones[zoneKey(unescape(p.value))] = c
			}
		}
	}
}

// property keeps the line if it is one that is read where it stands.
func (d *decoder) property(name string, rest []byte, l line) {
	if len(d.stack) == 0 {
		d.log.note(l.number, "", "line outside the calendar: "+quote(name), "")
		return
	}
	if len(d.stack) == 1 {
		d.calendarProperty(name, rest, l)
		return
	}
	if d.cur != nil && d.cur.name == "VEVENT" && len(d.stack) > 2 {
		if place, read := placeProperty(d.stack[2:], name); read {
			name = place
		}
	}
	to := d.target(name)
	if to == nil {
		return
	}
	if l.long {
		d.cur.spoil(l.number, "%s is longer than %d bytes", name, maxLine)
		return
	}
	if len(to.props) == maxProperties {
		d.cur.spoil(l.number, "more than %d properties", maxProperties)
		return
	}
	p, err := parseProperty(name, rest, l.number)
	if err != nil {
		d.cur.spoil(l.number, "%s: %w", name, err)
		return
	}
	to.props = append(to.props, p)
}

// target is the component a property belongs to, nil when it is not read: that
// of an alarm must not pass for its event's.
func (d *decoder) target(name string) *component {
	if d.cur == nil || d.over > 0 || d.cur.fault != nil && name != "UID" {
		return nil
	}
	switch {
	case d.cur.name == "VEVENT" && (len(d.stack) == 2 || strings.Contains(name, ".")):
		if _, read := readers[name]; read {
			return d.cur
		}
	case d.cur.name == "VTIMEZONE" && len(d.stack) == 2:
		return d.cur
	case d.cur.name == "VTIMEZONE" && len(d.stack) == 3:
		return &d.cur.parts[len(d.cur.parts)-1]
	}
	return nil
}

func (d *decoder) calendarProperty(name string, rest []byte, l line) {
	if d.stack[0] != "VCALENDAR" || l.long || name != "METHOD" && name != "X-WR-TIMEZONE" {
		return
	}
	p, err := parseProperty(name, rest, l.number)
	if err != nil {
		d.log.note(l.number, "", fmt.Sprintf("%s: %v", name, err), "")
		return
	}
	switch value := strings.TrimSpace(p.value); name {
	case "METHOD":
		d.cal.cancelled = strings.EqualFold(value, "CANCEL")
	case "X-WR-TIMEZONE":
		d.cal.zone = unescape(value)
	}
}
