package feed

import (
	"fmt"
	"slices"

	"deskd/reservations"
)

// person is the user id of the person e is for.
func (id *identifier) person(e *Event) (string, *miss) {
	text, missed := id.personText(e)
	if missed != nil {
		return "", missed
	}
	p, ok := id.directory.Person(text)
	switch {
	case !ok:
		return "", &miss{what: missing(e, "no such person:", text), hint: id.hint("person", e, []string{text})}
	case id.declined(e, p):
		return "", &miss{what: fmt.Sprintf("%q declined, nothing is reserved", p.ID), understood: true}
	case p.Protected:
		return "", &miss{what: fmt.Sprintf("%q is protected and is never logged in because of a calendar", p.ID), hint: "book the desk in deskd itself", decided: true}
	case !id.allowedPerson(p):
		return "", &miss{what: fmt.Sprintf("this feed may not book for %q", p.ID), hint: "extend allow_people of the feed if it should", decided: true}
	}
	return p.ID, nil
}

// personText is what the feed's rule says names the person.
func (id *identifier) personText(e *Event) (string, *miss) {
	switch rule := id.rules.Person; rule.From {
	case reservations.FromFixed:
		return rule.Fixed, nil
	case reservations.FromAttendee:
		return id.attendee(e, e.Organizer.Address)
	case reservations.FromSummary:
		return id.summary(e)
	case reservations.FromOrganizer:
		if e.Organizer.Address == "" {
			return "", &miss{what: "the event names nobody: it has no ORGANIZER"}
		}
		return e.Organizer.Address, nil
	}
	if e.Organizer.Address != "" {
		return e.Organizer.Address, nil
	}
	return id.attendee(e, "")
}

func (id *identifier) summary(e *Event) (string, *miss) {
	text := e.Summary
	if id.rules.Desk.From == reservations.FromSummaryPrefix {
		_, text, _ = splitSummary(text)
	}
	if text == "" {
		return "", &miss{what: "the event names nobody: its SUMMARY is empty"}
	}
	return text, nil
}

// attendee is the address of the one attendee who is a person and comes; of
// several, that of the organizer.
func (id *identifier) attendee(e *Event, organizer string) (string, *miss) {
	var coming []string
	refused := ""
	for _, a := range e.Attendees {
		switch {
		case id.isDesk(a) || a.Kind == "GROUP" || a.Address == "":
		case a.Answer == "DECLINED":
			refused = a.Address
		default:
			coming = append(coming, id.who(a.Address))
		}
	}
	coming = unique(coming)
	switch {
	case len(coming) == 1:
		return coming[0], nil
	case organizer != "" && slices.Contains(coming, id.who(organizer)):
		return organizer, nil
	case len(coming) > 1 && organizer == "":
		return "", &miss{what: missing(e, "several attendees:", coming...), hint: "invite the one person who sits at the desk"}
	case len(coming) > 1:
		return "", &miss{what: missing(e, "several attendees, none of them the organizer:", coming...), hint: "invite the one person who sits at the desk"}
	case refused != "":
		return "", &miss{what: missing(e, "everybody declined:", refused), understood: true}
	}
	return "", &miss{what: "the event names nobody: it has no attendee", hint: "invite the person who sits at the desk"}
}

// isDesk reports whether an attendee is a room or thing, by its own word or by
// the table of desks.
func (id *identifier) isDesk(a Party) bool {
	return a.thing() || len(id.directory.desksOf(a.Address)) > 0
}

// who is the user id of the person with that address, or the folded address.
func (id *identifier) who(address string) string {
	if p, ok := id.directory.Person(address); ok {
		return p.ID
	}
	return reservations.NameKey(address)
}

// declined reports whether p was invited, by whatever address, and will not
// come.
func (id *identifier) declined(e *Event, p reservations.Person) bool {
	declined := false
	for _, a := range e.Attendees {
		if q, ok := id.directory.Person(a.Address); ok && q.ID == p.ID && !id.isDesk(a) {
			if a.Answer != "DECLINED" {
				return false
			}
			declined = true
		}
	}
	return declined
}

func (id *identifier) allowedPerson(p reservations.Person) bool {
	var patterns []string
	for _, pattern := range id.rules.AllowPeople {
		patterns = append(patterns, reservations.PersonKey(pattern))
	}
	return matches(patterns, reservations.PersonKey(p.ID))
}
