package calendars

import (
	"fmt"
	"net/url"
	"strings"

	"deskd/reservations/publish"
)

// Shown is what a calendar shows.
type Shown struct {
	// ID is that of the token by which it was asked for, for logs.
	ID   string
	Kind publish.Kind
	// Person, Desk, or Site with Floor and Zone, as Kind says.
	Person, Desk, Site, Floor, Zone string
	// Names says that the people who have booked are named, where they are others.
	Names bool
}

// ParseShown reads what [Shown.String] has written.
func ParseShown(text string) (s Shown, err error) {
	v, err := url.ParseQuery(text)
	if err != nil {
		return s, fmt.Errorf("calendar of %q: %w", text, err)
	}
	s = Shown{Person: v.Get("person"), Desk: v.Get("desk"), Site: v.Get("site"), Floor: v.Get("floor"), Zone: v.Get("zone"), Names: v.Has("names")}
	switch {
	case s.Person != "":
		s.Kind = publish.OfPerson
	case s.Desk != "":
		s.Kind = publish.OfDesk
	case s.Floor != "" || s.Zone != "":
		s.Kind = publish.OfZone
	default:
		s.Kind = publish.OfSite
	}
	if s.String() != text || s.Person+s.Desk+s.Site == "" {
		return Shown{}, fmt.Errorf("calendar of %q: it names no person, desk or site", text)
	}
	return s, nil
}

// String is what s shows, as it is kept with a token.
func (s Shown) String() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+url.QueryEscape(value))
		}
	}
	switch s.Kind {
	case publish.OfPerson:
		add("person", s.Person)
	case publish.OfDesk:
		add("desk", s.Desk)
	default:
		add("site", s.Site)
		add("floor", s.Floor)
		add("zone", s.Zone)
	}
	if s.Names {
		parts = append(parts, "names")
	}
	return strings.Join(parts, "&")
}

// Words is what s shows, for people.
func (s Shown) Words() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	add("person", s.Person)
	add("desk", s.Desk)
	add("site", s.Site)
	add("floor", s.Floor)
	add("zone", s.Zone)
	if s.Names {
		parts = append(parts, "with names")
	}
	return strings.Join(parts, ", ")
}

// Title is what clients call the calendar.
func (s Shown) Title() string {
	switch s.Kind {
	case publish.OfPerson:
		return "Desks of " + s.Person
	case publish.OfDesk:
		return "Desk " + s.Desk
	}
	return strings.Join(strings.Fields("Desks of "+s.Site+" "+s.Floor+" "+s.Zone), " ")
}
