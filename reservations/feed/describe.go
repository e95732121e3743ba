package feed

import (
	"bytes"
	"strings"
	"time"

	"deskd/reservations"
)

// Party is a person, room or thing an event names.
type Party struct {
	Address string // mail address or user id, without "mailto:"
	Name    string // CN
	Kind    string // CUTYPE in capitals: INDIVIDUAL, RESOURCE, ROOM, GROUP; empty means INDIVIDUAL
	// Stated says that Address is the property's value, not a parameter of it.
	Stated bool
	// Unsent says that the server has not delivered to it, or was told not to
	// (SCHEDULE-STATUS, SCHEDULE-AGENT).
	Unsent bool
	Answer string // PARTSTAT in capitals: ACCEPTED, DECLINED, NEEDS-ACTION …; empty when the server keeps none
}

// thing reports whether p is declared to be a room or resource.
func (p Party) thing() bool { return p.Kind == "RESOURCE" || p.Kind == "ROOM" }

// Event is what the occurrences of a VEVENT have in common. It is shared by
// them and must not be changed.
type Event struct {
	UID       string
	Line      int  // of its BEGIN:VEVENT
	AllDay    bool // DTSTART is a date
	WholeDay  bool // likewise, or Outlook calls it an all-day event
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

	standIn  string // what is said of a zone that another stands in for
	disputed bool   // it has several ORGANIZERs
	override bool   // it is the change of an instance
	shared   bool   // other events have its UID, which are no versions of it
	reversed bool   // it ends before it begins
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

// describe reads what text says about an event besides its time.
func describe(e *event, p *property) *Event {
	d := &Event{UID: e.id(), Line: int(e.line), AllDay: e.start.date, WholeDay: e.start.date, override: e.original != nil, shared: e.shared, standIn: e.standIn, reversed: e.backwards}
	seethru := false
	for text := e.text; len(text) > 0; {
		var rest []byte
		if p.name, _, rest, text = text.next(); p.name <= nExceptions && p.name != nStatus || p.split(rest) != nil {
			continue
		}
		switch p.name {
		case nBusy:
			d.Busy = word(p.value)
		case nTransparency:
			seethru = word(p.value) == "TRANSPARENT"
		case nWholeDay: // Quirk: Outlook may give both times of such a day
			d.WholeDay = d.WholeDay || word(p.value) == "TRUE"
		default:
			d.read(p)
		}
	}
	// What Outlook says is finer than TRANSP and goes before it.
	if d.Free = seethru; d.Busy != "" {
		d.Free = d.Busy == "FREE"
	}
	return d
}

func (d *Event) read(p *property) {
	switch p.name {
	case nStatus:
		d.Status = word(p.value)
	case nSummary:
		d.Summary = unescape(p.value)
	case nLocation:
		d.Location = unescape(p.value)
	case nOrganizer:
		o := party(p)
		d.disputed = d.disputed || d.Organizer.Address != "" && d.Organizer.Address != o.Address
		d.Organizer = o
	case nAttendee:
		d.Attendees = append(d.Attendees, party(p))
	case nPlace:
		d.addPlace(p)
	case nResources:
		d.Resources = append(d.Resources, resources(p.value)...)
	case nClass:
		class := word(p.value)
		d.Private = class != "" && class != "PUBLIC" // RFC 5545 3.8.1.3: what is not known is private
	case nCreated:
		if at := lenient(p.value); at != 0 {
			d.Created = at.time()
		}
	}
}

// party reads ORGANIZER or ATTENDEE. SENT-BY is not the person.
func party(p *property) Party {
	address, stated := string(bytes.TrimSpace(p.value)), true
	if rest, ok := cutFold(address, "mailto:"); ok {
		address = rest
	} else if mail := p.param("EMAIL"); len(mail) > 0 {
		address, stated = string(mail), false // Quirk: Apple's server puts a path into the value
	}
	return Party{
		Address: strings.ToValidUTF8(address, "\ufffd"), Stated: stated, Unsent: unsent(p),
		Name:   unescape(p.param("CN")),
		Kind:   word(p.param("CUTYPE")),
		Answer: word(p.param("PARTSTAT")),
	}
}

// unsent reports whether the server says that it has not delivered an invitation, or
// was told to leave that to others (RFC 6638 7.1, 7.3).
func unsent(p *property) bool {
	status, agent := string(p.param("SCHEDULE-STATUS")), word(p.param("SCHEDULE-AGENT"))
	return agent != "" && agent != "SERVER" || status != "" && !strings.HasPrefix(status, "1.") && !strings.HasPrefix(status, "2.")
}

func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func resources(value []byte) []string {
	// A comma that is part of a name is escaped; hide it from the split.
	const hidden = "\x00"
	var names []string
	for text := range strings.SplitSeq(strings.ReplaceAll(string(value), `\,`, hidden), ",") {
		if name := unescape([]byte(strings.ReplaceAll(text, hidden, `\,`))); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// word reads a value that is one of few, in capitals; the usual ones without
// an allocation.
func word(text []byte) string {
	switch text = bytes.TrimSpace(text); string(text) {
	case "CONFIRMED":
		return "CONFIRMED"
	case "ACCEPTED":
		return "ACCEPTED"
	case "INDIVIDUAL":
		return "INDIVIDUAL"
	case "BUSY":
		return "BUSY"
	case "PUBLIC":
		return "PUBLIC"
	case "OPAQUE":
		return "OPAQUE"
	}
	return strings.ToUpper(string(text))
}

// clipUID bounds a UID: it becomes a key of the store.
func clipUID[T string | []byte](text T) string {
	s := strings.ToValidUTF8(strings.TrimSpace(string(text)), "\ufffd")
	return strings.ToValidUTF8(s[:min(len(s), 1024)], "") // not half a letter
}
