package feed

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"
	"deskd/reservations/feed/ical"
)

// maxHints bounds the searches for similar names, the most expensive work on an
// event.
const maxHints = 300

// identifier resolves events to desks and people by the rules of one feed.
type identifier struct {
	rules     reservations.Feed
	directory *Directory
	hints     map[string]string
}

func newIdentifier(rules reservations.Feed, d *Directory) *identifier {
	return &identifier{rules: rules, directory: d, hints: make(map[string]string)}
}

// Place tells the desks of events apart: it is one text for the same desks, and ""
// where the event books none.
func (id *identifier) Place(e *calendar.Event) string { return strings.Join(id.desks(e).desks, "\n") }

// Named are the desks and the person that e names, as far as that is clear.
func (id *identifier) Named(e *calendar.Event) (desks []string, person string) {
	n := id.desks(e)
	if !slices.ContainsFunc(n.notes, func(m *miss) bool { return m.near }) {
		desks = n.desks
	}
	if who, missed := id.person(e); missed == nil {
		person = who
	}
	return desks, person
}

// counts reports whether the time of e is taken at a desk at all.
func (id *identifier) counts(e *calendar.Event) bool {
	if e.Free && !(e.WholeDay && id.rules.FreeCounts) {
		return false
	}
	// People record in their own calendar that they are away or work elsewhere.
	away := e.Busy == "OOF" || e.Busy == "WORKINGELSEWHERE"
	return !away || id.rules.Kind != reservations.KindPerson
}

// naming is what an event says about desks.
type naming struct {
	desks     []string // ids of those that are reserved, in order
	missed    *miss    // why there are none
	notes     []*miss  // what is odd beside them
	tentative int      // desks that have not answered yet
}

// step is one place of an event that may name desks. The first place that names
// one decides.
type step struct {
	texts []string
	// shown are the texts as reported when none is a desk; nil where they may be
	// something else.
	shown []string
	// only says that each text should be a desk, so that one that is not is worth
	// a note even beside a desk.
	only bool
}

// desks are the desks e books.
func (id *identifier) desks(e *calendar.Event) naming {
	steps := id.steps(e)
	for _, s := range steps {
		if n := id.named(e, s); len(n.desks)+len(n.notes)+n.tentative > 0 {
			return n
		}
	}
	return naming{missed: id.unnamed(e, steps)}
}

// steps are the places the feed's rule reads, in their order. Addresses go
// before declared rooms and resources, because Exchange declares them to the
// organizer alone.
func (id *identifier) steps(e *calendar.Event) []step {
	from := id.rules.Desk.From
	var steps []step
	switch from {
	case reservations.FromFixed:
		return []step{list([]string{id.rules.Desk.Fixed})}
	case reservations.FromSummaryPrefix:
		if prefix, _, ok := splitSummary(e.Summary); ok {
			return []step{list([]string{prefix})}
		}
		return nil
	case reservations.FromLocation:
	default:
		var addresses, things, shown []string
		for _, a := range e.Attendees {
			addresses = append(addresses, a.Address)
			if a.Thing() {
				things, shown = append(things, a.Name), append(shown, strings.TrimSpace(a.Name+" <"+a.Address+">"))
			}
		}
		steps = []step{{texts: addresses}, {texts: things, shown: shown}, list(e.Places), list(e.Resources)}
	}
	if from != reservations.FromResource {
		s := list(strings.FieldsFunc(e.Location, func(r rune) bool { return r == ';' || r == '\n' }))
		s.only = true
		steps = append(steps, s)
	}
	if from != reservations.FromLocation { // a desk that books itself, when nothing else names one
		steps = append(steps, step{texts: []string{e.Organizer.Address}})
	}
	return steps
}

func list(texts []string) step {
	texts = slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return reservations.NameKey(s) == "" })
	return step{texts: texts, shown: texts}
}

// named are the desks a step names. It is empty if there are none.
func (id *identifier) named(e *calendar.Event, s step) naming {
	var n naming
	var strange []*miss
	for _, text := range s.texts {
		desk, ok := id.directory.Desk(text)
		if !ok {
			if s.only {
				strange = append(strange, id.unknown(e, []string{text}))
			}
			continue
		}
		if slices.Contains(n.desks, desk) {
			continue
		}
		id.add(&n, desk, id.answerOf(e, desk))
	}
	if len(n.desks)+len(n.notes) > 0 {
		n.notes = append(n.notes, strange...)
	}
	slices.Sort(n.desks)
	return n
}

// add adds a desk that gave that answer.
func (id *identifier) add(n *naming, desk, answer string) {
	reserved, asked := id.reserved(answer)
	if asked {
		n.tentative++
	}
	if asked || !reserved {
		n.notes = append(n.notes, answered(desk, answer, reserved))
	}
	if reserved {
		n.desks = append(n.desks, desk)
	}
}

// answerOf is how the desk itself answered, empty if it was not invited or its
// answer is not kept.
func (id *identifier) answerOf(e *calendar.Event, desk string) string {
	for _, a := range e.Attendees {
		if d, ok := id.directory.Desk(a.Address); ok && d == desk {
			return a.Answer
		}
		if d, ok := id.directory.Desk(a.Name); ok && d == desk && a.Thing() {
			return a.Answer
		}
	}
	return ""
}

// reserved reports whether a desk that answered so is taken, and whether it has
// yet to answer. An unknown value is no answer (RFC 5545 3.2.12).
func (id *identifier) reserved(answer string) (reserved, asked bool) {
	switch answer {
	case "", "ACCEPTED":
		return true, false
	case "DECLINED", "DELEGATED":
		return false, false
	}
	return id.rules.Tentative, true
}

func answered(desk, answer string, reserved bool) *miss {
	if reserved {
		return &miss{what: fmt.Sprintf("desk %q has not accepted (%s), it is reserved all the same", desk, ical.Clip(answer)), understood: true}
	}
	return &miss{what: fmt.Sprintf("desk %q answered %s, it is not reserved", desk, ical.Clip(answer)), understood: true}
}

// unnamed says why e books no desk: what it names is none, or several at once,
// or nothing. In a person's own calendar an event that names nothing is no
// booking.
func (id *identifier) unnamed(e *calendar.Event, steps []step) *miss {
	var shown []string
	for _, s := range steps {
		for n, text := range s.texts {
			if ids := id.directory.desksOf(text); len(ids) > 1 && s.shown != nil {
				return shared(e, text, ids)
			}
			if s.shown != nil {
				shown = append(shown, s.shown[n])
			}
		}
	}
	switch {
	case len(shown) > 0:
		m := id.unknown(e, unique(shown))
		// In a person's own calendar most events are elsewhere than at a desk.
		if id.rules.Kind == reservations.KindPerson && !m.near {
			m.understood, m.hint = true, ""
		}
		return m
	case id.rules.Kind == reservations.KindPerson:
		return nil
	}
	return &miss{what: "the event names no desk: " + place(id.rules.Desk.From), hint: "give the desk, or remove the event from this calendar"}
}

// place says which part of an event could name a desk and is empty.
func place(from string) string {
	switch from {
	case reservations.FromLocation:
		return "its LOCATION is empty"
	case reservations.FromResource:
		return "it has no resource"
	case reservations.FromSummaryPrefix:
		return `its SUMMARY has nothing before ":" or " - "`
	}
	return "it has neither resource nor LOCATION"
}

func shared(e *calendar.Event, text string, ids []string) *miss {
	const hint = "use the id, or an alias that one of them has alone"
	if e.Private {
		return &miss{what: "several desks have this name: " + hidden, hint: hint}
	}
	return &miss{what: fmt.Sprintf("several desks are called %s: %s", ical.Quote(text), ical.Clip(strings.Join(ids, ", "))), hint: hint}
}

// unknown is the miss of texts that should be desks and are none. The
// first that resembles one gives the hint.
func (id *identifier) unknown(e *calendar.Event, texts []string) *miss {
	near := id.hint("desk", &calendar.Event{}, texts) != noSuchDesk // of a private event, too, though it is not shown
	return &miss{what: missing(e, "no such desk:", texts...), hint: id.hint("desk", e, texts), near: near}
}

// hint suggests what texts may have meant. It searches once per text.
func (id *identifier) hint(kind string, e *calendar.Event, texts []string) string {
	if e.Private {
		return ""
	}
	suggest, nothing := id.directory.suggestDesk, noSuchDesk
	if kind == "person" {
		suggest, nothing = id.directory.suggestPerson, noSuchPerson
	}
	for _, text := range texts {
		key := kind + ":" + text
		hint, ok := id.hints[key]
		if !ok && len(id.hints) < maxHints {
			hint = suggest(text)
			id.hints[key] = hint
		}
		if hint != "" && hint != nothing {
			return hint
		}
	}
	return nothing
}

// allowed reports why the feed may not book desk, nil when it may.
func (id *identifier) allowed(desk string) *miss {
	if matches(id.rules.AllowDesks, desk) {
		return nil
	}
	return &miss{what: fmt.Sprintf("this feed may not book desk %q", desk), hint: "extend allow_desks of the feed if it should", decided: true}
}

// matches reports whether one of patterns fits name, or there is none.
func matches(patterns []string, name string) bool {
	fits := func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	}
	return len(patterns) == 0 || slices.ContainsFunc(patterns, fits)
}

// splitSummary cuts "4.12: jdoe" or "4.12 - jdoe" at the first of the two.
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
