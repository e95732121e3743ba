package feed

import (
	"fmt"
	"slices"
	"strings"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"
	"deskd/reservations/feed/ical"
)

// person is the user id of the person e is for.
func (id *identifier) person(e *calendar.Event) (string, *miss) {
	text, missed := id.personText(e)
	if missed != nil {
		return "", missed
	}
	p, ok := id.directory.Person(text)
	if !ok && id.rules.Person.Match == reservations.MatchName {
		p, ok = id.directory.Named(text)
	}
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
func (id *identifier) personText(e *calendar.Event) (string, *miss) {
	switch rule := id.rules.Person; rule.From {
	case reservations.FromFixed:
		return rule.Fixed, nil
	case reservations.FromAttendee:
		text, missed := id.attendee(e, e.Organizer.Address)
		if missed != nil {
			missed.hint = id.published(e, missed.hint)
		}
		return text, missed
	case reservations.FromSummary:
		return id.summary(e)
	case reservations.FromOrganizer:
		switch {
		case e.Organizer.Address == "":
			return "", &miss{what: "the event names nobody: it has no ORGANIZER", hint: id.published(e, "")}
		case id.nobody(e):
			return "", &miss{what: missing(e, "the event names nobody: its ORGANIZER is a desk or a calendar:", e.Organizer.Address), hint: "write person: {from: event} for the feed, which takes the only attendee then"}
		}
		return e.Organizer.Address, nil
	}
	if e.Organizer.Address != "" && !id.nobody(e) {
		return e.Organizer.Address, nil
	}
	text, missed := id.attendee(e, "")
	if missed != nil {
		missed.hint = id.published(e, missed.hint)
	}
	return text, missed
}

// nobody reports whether the ORGANIZER of e is no person: a desk or thing, by the table
// or by the event, or a shared calendar. An entry of the table of people is a person.
func (id *identifier) nobody(e *calendar.Event) bool {
	o := e.Organizer
	if _, known := id.directory.Person(o.Address); known {
		return false
	}
	if id.isDesk(o) || o.Kind == "GROUP" || len(id.directory.desksOf(o.Name)) > 0 {
		return true
	}
	// Quirk: the organizer of an event in a shared Google calendar is the calendar.
	_, host, _ := strings.Cut(strings.ToLower(o.Address), "@")
	if host == "calendar.google.com" || strings.HasSuffix(host, ".calendar.google.com") {
		return true
	}
	return slices.ContainsFunc(e.Attendees, func(a ical.Party) bool {
		return strings.EqualFold(a.Address, o.Address) && (a.Thing() || a.Kind == "GROUP")
	})
}

// SummarySetting is what lets a feed take people from SUMMARY by their names.
const SummarySetting = "person: {from: summary, match: name}"

// titled reports whether e names a person only by a text in SUMMARY, as room
// mailboxes that Exchange publishes do: the booker's display name is there. Known is the
// person of that name.
func (id *identifier) titled(e *calendar.Event) (known string, ok bool) {
	rule := id.rules.Person
	if e.Private || e.Summary == "" || e.Organizer.Address != "" || len(e.Attendees) > 0 || rule.From == reservations.FromFixed || rule.Match == reservations.MatchName {
		return "", false
	}
	if p, ok := id.directory.Named(e.Summary); ok {
		return p.ID, true
	}
	return "", e.Busy != "" && rule.From != reservations.FromSummary
}

// published is the hint for an event that is titled.
func (id *identifier) published(e *calendar.Event, hint string) string {
	switch known, ok := id.titled(e); {
	case !ok:
		return hint
	case known != "":
		return fmt.Sprintf("its SUMMARY is the name of %q: %s of the feed takes it", known, SummarySetting)
	}
	return "a published room mailbox has the booker's name in SUMMARY: " + SummarySetting + " of the feed takes it, and names nobody else has"
}

func (id *identifier) summary(e *calendar.Event) (string, *miss) {
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
func (id *identifier) attendee(e *calendar.Event, organizer string) (string, *miss) {
	var coming []string
	refused := ""
	for _, a := range e.Attendees {
		switch {
		case id.isDesk(a) || a.Kind == "GROUP" || a.Address == "":
		case a.Answer == "DECLINED":
			refused = a.Address
		default:
			coming = append(coming, id.Who(a.Address))
		}
	}
	coming = unique(coming)
	switch {
	case len(coming) == 1:
		return coming[0], nil
	case organizer != "" && slices.Contains(coming, id.Who(organizer)):
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

// isDesk reports whether an attendee is a room or thing, by its CUTYPE or by the
// table of desks.
func (id *identifier) isDesk(a ical.Party) bool {
	return a.Thing() || len(id.directory.desksOf(a.Address)) > 0
}

// Who is the user id of the person with that address, or the folded address.
func (id *identifier) Who(address string) string {
	if p, ok := id.directory.Person(address); ok {
		return p.ID
	}
	return reservations.NameKey(address)
}

// declined reports whether p was invited, by whatever address, and will not
// come.
func (id *identifier) declined(e *calendar.Event, p reservations.Person) bool {
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

// vouched says which parts of e attest person at a desk: that person is its ORGANIZER, by
// the value that servers set, not by CN, a parameter or another property; and the desk was
// invited by its address and has accepted.
func (id *identifier) vouched(e *calendar.Event, desk, person string) reservations.Voucher {
	p, ok := id.directory.Person(e.Organizer.Address)
	if person == "" || !ok || p.ID != person || !e.Organizer.Stated || e.Disputed {
		return ""
	}
	invited := false
	for _, a := range e.Attendees {
		if d, ok := id.directory.Desk(a.Address); !ok || d != desk {
			continue
		}
		if a.Answer != "ACCEPTED" || a.Unsent || !a.Stated {
			return reservations.ByOrganizer
		}
		invited = true
	}
	if invited {
		return reservations.ByInvitation
	}
	return reservations.ByOrganizer
}

func (id *identifier) allowedPerson(p reservations.Person) bool {
	return id.rules.AllowsPerson(p)
}
