package publish

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-ical"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Calendar is one that is subscribed to.
type Calendar struct {
	Name string // as clients show it
	Self string // id of the database: see [reservations.Reservation.PublishedUID]
	// Of is whose bookings these are: it decides how they are entitled.
	Of     Kind
	Events []Event
}

// Kind is whose bookings a calendar shows.
type Kind string

// The kinds of calendars.
const (
	OfPerson Kind = "person"
	OfDesk   Kind = "desk"
	OfZone   Kind = "zone"
	OfSite   Kind = "site"
)

// Event is a booking as a calendar shows it. One that is not confirmed is shown as
// cancelled.
type Event struct {
	reservations.Reservation // Person and Note are not written
	Desk                     reservations.Desk
	// Person is who has booked; without an id nobody is named.
	Person reservations.Person
	Note   string
	Zone   *time.Location // of the desk's site
}

// refresh is how often clients are asked to read the calendar again.
const refresh = 15 * time.Minute

// Encode writes c. The error is that of w.
func (c Calendar) Encode(w io.Writer) error {
	out := ical.NewCalendar()
	out.Props.SetText(ical.PropProductID, "-//deskd//calendar//EN")
	out.Props.SetText(ical.PropVersion, "2.0")
	out.Props.SetText(ical.PropMethod, "PUBLISH")
	out.Props.SetText("X-DESKD-DATABASE", clean(c.Self)) // by which a deskd knows its own
	out.Props.SetText(ical.PropName, clean(c.Name))      // RFC 7986
	out.Props.SetText("X-WR-CALNAME", clean(c.Name))
	for name, key := range map[string]string{ical.PropRefreshInterval: "VALUE", "X-PUBLISHED-TTL": ""} {
		p := ical.NewProp(name)
		p.Value = fmt.Sprintf("PT%dM", int(refresh.Minutes()))
		if key != "" {
			p.Params.Set(key, "DURATION")
		}
		out.Props.Set(p)
	}
	for _, e := range c.Events {
		out.Children = append(out.Children, c.event(e))
	}
	if len(out.Children) == 0 {
		out.Children = append(out.Children, utc()) // a calendar has a component (RFC 5545 3.6)
	}
	f := &folder{to: w}
	if err := ical.NewEncoder(f).Encode(out); err != nil {
		return fmt.Errorf("write calendar %q: %w", c.Name, err)
	}
	return nil
}

// utc is the component of a calendar without events.
func utc() *ical.Component {
	standard := ical.NewComponent(ical.CompTimezoneStandard)
	for name, value := range map[string]string{
		ical.PropDateTimeStart: "19700101T000000", ical.PropTimezoneOffsetFrom: "+0000", ical.PropTimezoneOffsetTo: "+0000",
	} {
		p := ical.NewProp(name)
		p.Value = value
		standard.Props.Set(p)
	}
	zone := ical.NewComponent(ical.CompTimezone)
	zone.Props.SetText(ical.PropTimezoneID, "UTC")
	zone.Children = append(zone.Children, standard)
	return zone
}

// began is the instant from which the versions of events are counted.
var began = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// event is a booking as a component. Its version, SEQUENCE, is the second in which the
// booking last changed, counted from [began]: it grows with each change, and needs no
// counter that other programs would have to keep.
func (c Calendar) event(e Event) *ical.Component {
	v := ical.NewComponent(ical.CompEvent)
	v.Props.SetText(ical.PropUID, clean(e.PublishedUID(c.Self)))
	changed := e.Updated.UTC().Truncate(time.Second)
	if changed.Before(began) {
		changed = began
	}
	v.Props.SetDateTime(ical.PropDateTimeStamp, changed)
	v.Props.SetDateTime(ical.PropLastModified, changed)
	if !e.Seen.IsZero() {
		v.Props.SetDateTime(ical.PropCreated, e.Seen.UTC().Truncate(time.Second))
	}
	sequence := ical.NewProp(ical.PropSequence)
	sequence.Value = strconv.FormatInt(int64(changed.Sub(began)/time.Second), 10)
	v.Props.Set(sequence)
	if rules.WholeDays(e.Span, e.zone()) {
		v.Props.SetDate(ical.PropDateTimeStart, e.Start.In(e.zone()))
		v.Props.SetDate(ical.PropDateTimeEnd, e.End.In(e.zone()))
	} else {
		v.Props.SetDateTime(ical.PropDateTimeStart, e.Start.UTC())
		v.Props.SetDateTime(ical.PropDateTimeEnd, e.End.UTC())
	}
	status := ical.NewProp(ical.PropStatus)
	status.Value = "CONFIRMED"
	if e.Status != reservations.Confirmed {
		status.Value = "CANCELLED"
	}
	v.Props.Set(status)
	v.Props.SetText(ical.PropTransparency, "OPAQUE")
	v.Props.SetText(ical.PropSummary, clean(c.title(e)))
	v.Props.SetText(ical.PropLocation, clean(e.Desk.ID))
	v.Props.SetText(ical.PropResources, clean(e.Desk.ID))
	if text := e.description(); text != "" {
		v.Props.SetText(ical.PropDescription, text)
	}
	if p := organizer(e.Person); p != nil {
		v.Props.Set(p)
	}
	return v
}

func (e Event) zone() *time.Location {
	if e.Zone == nil {
		return time.UTC
	}
	return e.Zone
}

// title says what a reader of this calendar does not know yet: which desk, who, or both.
func (c Calendar) title(e Event) string {
	who := e.Person.Name
	if who == "" {
		who = e.Person.ID
	}
	if who == "" {
		who = "booked"
	}
	switch c.Of {
	case OfPerson:
		return "Desk " + e.Desk.ID
	case OfDesk:
		return who
	}
	return e.Desk.ID + ": " + who
}

// description says where the desk is, and what was noted.
func (e Event) description() string {
	var lines []string
	for _, l := range [...]struct{ what, text string }{
		{"Desk", e.Desk.Name}, {"Site", e.Desk.Site}, {"Floor", e.Desk.Floor}, {"Zone", e.Desk.Zone}, {"Note", e.Note},
	} {
		if l.text != "" {
			lines = append(lines, l.what+": "+clean(l.text))
		}
	}
	return strings.Join(lines, "\n")
}

// organizer is who has booked, by a mail address, or without one by the user id. It is nil
// for nobody.
func organizer(p reservations.Person) *ical.Prop {
	address := p.ID
	if len(p.Mail) > 0 {
		address = p.Mail[0]
	}
	if address == "" {
		return nil
	}
	prop := ical.NewProp(ical.PropOrganizer)
	prop.Value = "mailto:" + clean(address)
	if p.Name != "" {
		// A parameter can hold no quotation mark (RFC 5545 3.2).
		prop.Params.Set("CN", strings.ReplaceAll(clean(p.Name), `"`, "'"))
	}
	return prop
}

// clean is a text on one line.
func clean(text string) string { return reservations.Legible(text) }
