package feed

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"deskd/reservations"
)

// maxHints bounds the searches for similar names, which cost more than anything
// else that is done for an event.
const maxHints = 100

// identifier resolves events to desks and people by the rules of one feed.
type identifier struct {
	rules     reservations.Feed
	directory *Directory
	hints     map[string]string
}

func newIdentifier(rules reservations.Feed, d *Directory) *identifier {
	return &identifier{rules: rules, directory: d, hints: make(map[string]string)}
}

// miss says why an event, or a part of it, is no reservation.
type miss struct{ what, hint string }

// missing is a text of an event that stands for nothing known. The texts
// of a private event stay inside.
func missing(e *Event, what, raw, hint string) *miss {
	if e.Private {
		return &miss{what + " (the text of a private event is not shown)", ""}
	}
	return &miss{what + " " + quote(raw), hint}
}

// desks are the ids of the desks e books, without doubles, and what it names
// besides that is none.
func (id *identifier) desks(e *Event) ([]string, []*miss) {
	rule := id.rules.Desk
	if rule.From == reservations.FromResource {
		return id.resources(e)
	}
	var texts []string
	switch rule.From {
	case reservations.FromFixed:
		texts = []string{rule.Fixed}
	case reservations.FromLocation:
		texts = strings.FieldsFunc(e.Location, func(r rune) bool { return r == ';' || r == '\n' })
	case reservations.FromSummaryPrefix:
		if prefix, _, ok := splitSummary(e.Summary); ok {
			texts = []string{prefix}
		}
	}
	var found []string
	var missed []*miss
	for _, text := range texts {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		desk, ok := id.directory.Desk(text)
		if !ok {
			missed = append(missed, missing(e, "no such desk:", text, id.hint("desk", text, e)))
			continue
		}
		if answer, known := id.answerOf(e, desk); known && !id.reserved(answer) {
			missed = append(missed, declined(desk, answer))
			continue
		}
		found = append(found, desk)
	}
	if len(found)+len(missed) == 0 {
		missed = append(missed, &miss{"the event names no desk: its " + place(rule.From) + " is empty", "give the desk, or remove the event from this calendar"})
	}
	return unique(found), missed
}

func place(from string) string {
	if from == reservations.FromSummaryPrefix {
		return "SUMMARY before \":\" or \" - \""
	}
	return strings.ToUpper(from)
}

// resources looks for desks among the attendees and RESOURCES: first by
// address, whatever kind the server gives (Exchange tells it only to the
// organizer), then by the name of an attendee that is a room or resource, then
// in RESOURCES. The first of these that finds a desk decides.
func (id *identifier) resources(e *Event) ([]string, []*miss) {
	var missed []*miss
	for _, text := range []func(Party) string{
		func(p Party) string { return p.Address },
		func(p Party) string {
			if p.thing() {
				return p.Name
			}
			return ""
		},
	} {
		var found []string
		for _, a := range e.Attendees {
			desk, ok := id.directory.Desk(text(a))
			switch {
			case !ok:
			case !id.reserved(a.Answer):
				missed = append(missed, declined(desk, a.Answer))
			default:
				found = append(found, desk)
			}
		}
		if len(found)+len(missed) > 0 {
			return unique(found), missed
		}
	}
	var found, raw []string
	for _, name := range e.Resources {
		if desk, ok := id.directory.Desk(name); ok {
			found = append(found, desk)
			continue
		}
		raw = append(raw, name)
	}
	if len(found) > 0 {
		return unique(found), nil
	}
	for _, a := range e.Attendees {
		if a.thing() {
			raw = append(raw, strings.TrimSpace(a.Name+" <"+a.Address+">"))
		}
	}
	if len(raw) == 0 {
		return nil, []*miss{{"the event names no desk: it has no resource", "invite the desk, or remove the event from this calendar"}}
	}
	return nil, []*miss{missing(e, "no such desk:", strings.Join(raw, ", "), id.hint("desk", raw[0], e))}
}

// answerOf is how the desk itself answered, if it was invited.
func (id *identifier) answerOf(e *Event, desk string) (string, bool) {
	for _, a := range e.Attendees {
		if d, ok := id.directory.Desk(a.Address); ok && d == desk {
			return a.Answer, true
		}
		if d, ok := id.directory.Desk(a.Name); ok && d == desk && a.thing() {
			return a.Answer, true
		}
	}
	return "", false
}

// reserved reports whether a desk that answered so is taken. In the calendar of
// the desk itself a question still open blocks it.
func (id *identifier) reserved(answer string) bool {
	switch answer {
	case "", "ACCEPTED":
		return true
	case "TENTATIVE", "NEEDS-ACTION":
		return id.rules.Desk.From == reservations.FromFixed
	}
	return false
}

func declined(desk, answer string) *miss {
	return &miss{fmt.Sprintf("desk %q answered %s", desk, clip(answer)), "wait for the desk to accept, or book it again"}
}

// allowed reports why the feed may not book desk, nil when it may.
func (id *identifier) allowed(desk string) *miss {
	if len(id.rules.AllowDesks) == 0 {
		return nil
	}
	for _, pattern := range id.rules.AllowDesks {
		if ok, err := path.Match(pattern, desk); ok && err == nil {
			return nil
		}
	}
	return &miss{fmt.Sprintf("this feed may not book desk %q", desk), "extend allow_desks of the feed if it should"}
}

// person is the user id of the person e is for.
func (id *identifier) person(e *Event) (string, *miss) {
	text, missed := id.personText(e)
	if missed != nil {
		return "", missed
	}
	p, ok := id.directory.Person(text)
	switch {
	case !ok:
		return "", missing(e, "no such person:", text, id.hint("person", text, e))
	case p.Protected:
		return "", &miss{fmt.Sprintf("%q is protected and is never logged in because of a calendar", p.ID), "book the desk in deskd itself"}
	}
	return p.ID, nil
}

func (id *identifier) personText(e *Event) (string, *miss) {
	switch rule := id.rules.Person; rule.From {
	case reservations.FromFixed:
		return rule.Fixed, nil
	case reservations.FromAttendee:
		return id.attendee(e)
	case reservations.FromSummary:
		text := e.Summary
		if id.rules.Desk.From == reservations.FromSummaryPrefix {
			_, text, _ = splitSummary(text)
		}
		if text != "" {
			return text, nil
		}
		return "", &miss{"the event names nobody: its SUMMARY is empty", ""}
	}
	if e.Organizer.Address == "" {
		return "", &miss{"the event names nobody: it has no ORGANIZER", ""}
	}
	return e.Organizer.Address, nil
}

// attendee is the address of the one attendee who is a person and comes; of
// several, that of the organizer.
func (id *identifier) attendee(e *Event) (string, *miss) {
	var coming []string
	refused := ""
	for _, a := range e.Attendees {
		_, desk := id.directory.Desk(a.Address)
		if desk || a.thing() || a.Kind == "GROUP" || a.Address == "" {
			continue
		}
		if a.Answer == "DECLINED" {
			refused = a.Address
			continue
		}
		coming = append(coming, fold(a.Address))
	}
	coming = unique(coming)
	switch {
	case len(coming) == 1:
		return coming[0], nil
	case slices.Contains(coming, fold(e.Organizer.Address)):
		return e.Organizer.Address, nil
	case len(coming) > 1:
		return "", missing(e, "several attendees, none of them the organizer:", strings.Join(coming, ", "), "invite the one person who sits at the desk")
	case refused != "":
		return "", missing(e, "everybody declined:", refused, "")
	}
	return "", &miss{"the event names nobody: it has no attendee", "invite the person who sits at the desk"}
}

// splitSummary cuts "4.12: jdoe" or "4.12 - jdoe" at the first of the twe.
func splitSummary(s string) (prefix, rest string, ok bool) {
	at, n := strings.Index(s, ":"), 1
	if dash := strings.Index(s, " - "); dash >= 0 && (at < 0 || dash < at) {
		at, n = dash, 3
	}
	if at < 0 {
		return "", s, false
	}
	return strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+n:]), true
}

// hint suggests what text may have meant. It searches once per text.
func (id *identifier) hint(kind, text string, e *Event) string {
	key := kind + ":" + text
	if hint, ok := id.hints[key]; ok || e.Private || len(id.hints) >= maxHints {
		return hint
	}
	hint := id.directory.suggestDesk(text)
	if kind == "person" {
		hint = id.directory.suggestPerson(text)
	}
	id.hints[key] = hint
	return hint
}

// unique is list without doubles, in its order.
func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
