package calendar

import (
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

// Event is what the occurrences of a VEVENT have in common. It is shared by
// them and must not be changed.
type Event struct {
	UID       string
	Line      int  // of its BEGIN:VEVENT
	AllDay    bool // DTSTART is a date
	WholeDay  bool // likewise, or Outlook calls it an all-day event
	Free      bool // shown, but the time does not count as taken
	Private   bool // its texts are never shown
	Status    string
	Busy      string // X-MICROSOFT-CDO-BUSYSTATUS in capitals: FREE, TENTATIVE, BUSY, OOF, WORKINGELSEWHERE; mostly empty
	Summary   string
	Location  string
	Organizer ical.Party
	Attendees []ical.Party
	Resources []string  // RESOURCES
	Places    []string  // names and addresses of its rooms, things and locations (RFC 9073)
	Created   time.Time // zero when the server does not say

	StandIn  string // what is said of a zone that another stands in for
	Disputed bool   // it has several ORGANIZERs
	override bool   // it is the change of an instance
	Shared   bool   // other events have its UID and are not versions of it
	Reversed bool   // it ends before it begins
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
func describe(e *event, p *ical.Property) *Event {
	d := &Event{UID: e.id(), Line: int(e.line), AllDay: e.start.Date, WholeDay: e.start.Date, override: e.original != nil, Shared: e.shared, StandIn: e.standIn, Reversed: e.backwards}
	seethru := false
	for text := e.text; len(text) > 0; {
		var rest []byte
		if p.Name, _, rest, text = text.Next(); p.Name <= ical.PropExDates && p.Name != ical.PropStatus || p.Split(rest) != nil {
			continue
		}
		switch p.Name {
		case ical.PropBusyStatus:
			d.Busy = p.Word()
		case ical.PropTransparency:
			seethru = p.Word() == "TRANSPARENT"
		case ical.PropAllDay: // Quirk: Outlook may give both times of such a day
			d.WholeDay = d.WholeDay || p.Word() == "TRUE"
		default:
			d.read(p)
		}
	}
	// Outlook's property is finer than TRANSP and goes before it.
	if d.Free = seethru; d.Busy != "" {
		d.Free = d.Busy == "FREE"
	}
	return d
}

func (d *Event) read(p *ical.Property) {
	switch p.Name {
	case ical.PropStatus:
		d.Status = p.Word()
	case ical.PropSummary:
		d.Summary = p.Text()
	case ical.PropLocation:
		d.Location = p.Text()
	case ical.PropOrganizer:
		o := p.Party()
		d.Disputed = d.Disputed || d.Organizer.Address != "" && d.Organizer.Address != o.Address
		d.Organizer = o
	case ical.PropAttendee:
		d.Attendees = append(d.Attendees, p.Party())
	case ical.PropPlace:
		d.addPlace(p)
	case ical.PropResources:
		d.Resources = append(d.Resources, p.List()...)
	case ical.PropClass:
		class := p.Word()
		d.Private = class != "" && class != "PUBLIC" // RFC 5545 3.8.1.3: an unknown value is private
	case ical.PropCreated:
		if at := lenient(p.Value); at != 0 {
			d.Created = at.Time()
		}
	}
}
