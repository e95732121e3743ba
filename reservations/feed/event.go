package feed

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"deskd/reservations"
)

// Party is a person, room or thing an event names.
type Party struct {
	Address string // mail address or user id, without "mailto:"
	Name    string // CN
	Kind    string // CUTYPE in capitals: INDIVIDUAL, RESOURCE, ROOM, GROUP; empty means INDIVIDUAL
	Answer  string // PARTSTAT in capitals: ACCEPTED, DECLINED, NEEDS-ACTION …; empty when the server keeps none
}

// thing reports whether p is declared to be a room or resource.
func (p Party) thing() bool { return p.Kind == "RESOURCE" || p.Kind == "ROOM" }

// Event is what the occurrences of a VEVENT have in common. It is shared by
// them and must not be changed.
type Event struct {
	UID       string
	Line      int  // of its BEGIN:VEVENT
	AllDay    bool // DTSTART is a date
	Free      bool // shown, but the time does not count as taken
	Private   bool // its texts are for nobody's eyes
	Status    string
	Busy      string // X-MICROSOFT-CDO-BUSYSTATUS in capitals: FREE, TENTATIVE, BUSY, OOF, WORKINGELSEWHERE; mostly empty
	Summary   string
	Location  string
	Organizer Party
	Attendees []Party
	Resources []string  // RESOURCES
	Places    []string  // names and addresses of its rooms, things and locations (RFC 9073)
	Created   time.Time // zero when the server does not say
}

// Occurrence is one instance of an event, inside the window it was asked for.
type Occurrence struct {
	*Event
	// Recurrence is the instance's original start in UTC basic form,
	// "20260302T080000Z"; empty for an event that does not repeat.
	Recurrence string
	// Span is in UTC and whole seconds. It is empty for an event without length.
	reservations.Span
}

// event is a VEVENT as the feed wrote it; zones are not resolved yet, because a
// VTIMEZONE may follow its events.
type event struct {
	Event
	cal       *calendar
	started   bool // has a DTSTART
	start     stamp
	end       *stamp
	length    *length
	original  *stamp // RECURRENCE-ID
	following bool   // RANGE=THISANDFUTURE
	rules     []rawRule
	exrules   []rawRule
	rdates    []rdate
	exdates   []stamp
	sequence  int
	modified  wall // LAST-MODIFIED, else DTSTAMP
	stamped   wall
	seethru   bool // TRANSP:TRANSPARENT
}

type rawRule struct {
	text   string
	line   int
	except bool // EXRULE
}

// rdate is an RDATE with the end it has of its own if it is a PERIOD.
type rdate struct {
	stamp
	end    *stamp
	length *length
}

// repeats reports whether e says by itself that it has several instances.
func (e *event) repeats() bool { return len(e.rules)+len(e.rdates) > 0 }

func (e *event) cancelled() bool {
	return e.cal.cancelled || e.Status == "CANCELLED" || e.Status == "CANCELED"
}

// free reports whether the time does not count as taken. What Outlook says is
// finer than TRANSP and goes before it.
func (e *event) free() bool {
	if e.Busy != "" {
		return e.Busy == "FREE"
	}
	return e.seethru
}

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

// readers says how each property of an event is read, and which are.
var readers = map[string]func(*event, property) error{
	"UID":           func(e *event, p property) error { e.UID = clipUID(p.value); return nil },
	"DTSTART":       readStart,
	"DTEND":         readEnd,
	"DURATION":      readDuration,
	"RECURRENCE-ID": readOriginal,
	"RRULE": func(e *event, p property) error {
		e.rules = appendRule(e.rules, rawRule{text: p.value, line: p.line})
		return nil
	},
	"EXRULE": func(e *event, p property) error {
		e.exrules = appendRule(e.exrules, rawRule{p.value, p.line, true})
		return nil
	},
	"RDATE":                      readDates,
	"EXDATE":                     readExceptions,
	"SEQUENCE":                   readSequence,
	"LAST-MODIFIED":              func(e *event, p property) error { e.modified = lenient(p); return nil },
	"DTSTAMP":                    func(e *event, p property) error { e.stamped = lenient(p); return nil },
	"CREATED":                    readCreated,
	"STATUS":                     func(e *event, p property) error { e.Status = word(p.value); return nil },
	"TRANSP":                     func(e *event, p property) error { e.seethru = word(p.value) == "TRANSPARENT"; return nil },
	"X-MICROSOFT-CDO-BUSYSTATUS": func(e *event, p property) error { e.Busy = word(p.value); return nil },
	"CLASS":                      readClass,
	"SUMMARY":                    func(e *event, p property) error { e.Summary = unescape(p.value); return nil },
	"LOCATION":                   func(e *event, p property) error { e.Location = unescape(p.value); return nil },
	"ORGANIZER":                  func(e *event, p property) error { e.Organizer = party(p); return nil },
	"ATTENDEE":                   func(e *event, p property) error { e.Attendees = append(e.Attendees, party(p)); return nil },
	"RESOURCES":                  readResources,
	resourceName:                 readPlace,
	locationName:                 readPlace,
	participantAddress:           readPlace,
}

// readNames holds the keys of readers, to look a name up without a copy.
var readNames = func() map[string]string {
	names := make(map[string]string, len(readers))
	for name := range readers {
		names[name] = name
	}
	return names
}()

// newEvent reads the properties of c. What cannot be read is the fault of the
// event, which then is only good for saying which event was lost.
func newEvent(cal *calendar, c *component) (*event, *fault) {
	e := &event{Event: Event{Line: c.line}, cal: cal}
	bad := c.fault
	for _, p := range c.props {
		if err := readers[p.name](e, p); err != nil && bad == nil {
			bad = &fault{p.line, fmt.Errorf("%s: %w", p.name, err)}
		}
	}
	// A cancellation may name its instance and nothing else (RFC 5546 3.2.5).
	if !e.started && bad == nil && !e.cancelled() {
		bad = &fault{c.line, fmt.Errorf("event without DTSTART")}
	}
	e.AllDay, e.Free = e.start.date, e.free()
	return e, bad
}

// appendRule keeps a rule that says anything: some web calendars write "RRULE:"
// beside every event.
func appendRule(rules []rawRule, r rawRule) []rawRule {
	if strings.TrimSpace(r.text) == "" {
		return rules
	}
	return append(rules, r)
}

// readStamp reads a single date or time with its zone.
func readStamp(p property) (stamp, error) {
	s, err := parseStamp(p.value)
	switch {
	case err != nil:
	case !s.date && word(p.param("VALUE")) == "DATE":
		// Quirk: web calendars write "VALUE=DATE:20260303T000000"
		// (testdata/feeds/decisions/accepted-value-date-with-time.ics).
		s = stamp{wall: wall(s.day() * daySeconds), date: true}
	case !s.utc: // Z wins over TZID
		s.zone = p.param("TZID")
	}
	return s, err
}

func readStart(e *event, p property) (err error) {
	e.start, err = readStamp(p)
	e.started = err == nil
	return err
}

func readEnd(e *event, p property) error {
	s, err := readStamp(p)
	e.end = &s
	return err
}

func readDuration(e *event, p property) error {
	l, err := parseDuration(p.value)
	e.length = &l
	return err
}

func readOriginal(e *event, p property) error {
	s, err := readStamp(p)
	e.original = &s
	e.following = strings.EqualFold(p.param("RANGE"), "THISANDFUTURE")
	return err
}

func readDates(e *event, p property) error {
	for text := range strings.SplitSeq(p.value, ",") {
		if strings.TrimSpace(text) == "" {
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
func readPeriod(p property, text string) (d rdate, err error) {
	start, end, period := strings.Cut(text, "/")
	p.value = start
	if d.stamp, err = readStamp(p); err != nil || !period {
		return d, err
	}
	if l, err := parseDuration(end); err == nil {
		d.length = &l
		return d, nil
	}
	p.value = end
	s, err := readStamp(p)
	d.end = &s
	return d, err
}

func readExceptions(e *event, p property) error {
	for text := range strings.SplitSeq(p.value, ",") {
		if strings.TrimSpace(text) == "" {
			continue
		}
		one := p
		one.value = text
		s, err := readStamp(one)
		if err != nil {
			return err
		}
		e.exdates = append(e.exdates, s)
	}
	return nil
}

// readSequence takes a number that cannot be read as 0: it only settles which of
// two versions is newer, which is no reason to lose the event.
func readSequence(e *event, p property) error {
	e.sequence, _ = strconv.Atoi(strings.TrimSpace(p.value))
	return nil
}

func readClass(e *event, p property) error {
	class := word(p.value)
	e.Private = class != "" && class != "PUBLIC" // RFC 5545 3.8.1.3: what is not known is private
	return nil
}

func readResources(e *event, p property) error {
	// A comma that is part of a name is escaped; hide it from the split.
	const hidden = "\x00"
	for text := range strings.SplitSeq(strings.ReplaceAll(p.value, `\,`, hidden), ",") {
		if name := unescape(strings.ReplaceAll(text, hidden, `\,`)); name != "" {
			e.Resources = append(e.Resources, name)
		}
	}
	return nil
}

// party reads ORGANIZER or ATTENDEE. SENT-BY is not the person.
func party(p property) Party {
	address := strings.TrimSpace(p.value)
	if rest, ok := cutFold(address, "mailto:"); ok {
		address = rest
	} else if mail := p.param("EMAIL"); mail != "" {
		address = mail // Quirk: Apple's server puts a path into the value
	}
	return Party{
		Address: strings.ToValidUTF8(address, "\ufffd"),
		Name:    unescape(p.param("CN")),
		Kind:    word(p.param("CUTYPE")),
		Answer:  word(p.param("PARTSTAT")),
	}
}

func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// lenient reads a time that only settles ties; one that is unreadable is none.
func lenient(p property) wall {
	s, err := parseStamp(p.value)
	if err != nil {
		return 0
	}
	return s.wall
}

func readCreated(e *event, p property) error {
	if at := lenient(p); at != 0 {
		e.Created = at.time()
	}
	return nil
}

func word(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }

// clipUID bounds a UID: it becomes a key of the store.
func clipUID(s string) string {
	s = strings.ToValidUTF8(strings.TrimSpace(s), "\ufffd")
	return s[:min(len(s), 1024)]
}
