package feed

import (
	"fmt"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"
	"deskd/reservations/feed/fetch"
	"deskd/reservations/feed/ical"
)

// Mapped is what became of an occurrence; of one that names several desks there
// is one for each. With neither Desk nor Problem the occurrence is understood and
// books nothing: its time is free, or desk or person declined.
type Mapped struct {
	calendar.Occurrence
	// Desk is what the occurrence reserves. Person is for whom, and empty where
	// that is not known.
	Desk, Person string
	// Vouched says which parts of the event attest Person.
	Vouched reservations.Voucher
	// Problem says why there is no desk or person. It is zero when all is clear.
	Problem reservations.Problem

	rival bool // another claim has the desk
}

// mapper turns occurrences into claims on desks.
type mapper struct {
	id        *identifier
	log       calendar.Report
	source    string
	self      string // see Options
	body      fetch.Body
	doubts    calendar.Doubts
	most      crowds
	known     map[*calendar.Event]identity
	out       []Mapped
	claims    []int                      // of out, those that reserve a desk
	booked    []reservations.Reservation // what the feed has booked, by start
	waits     []reservations.Waiting     // what waited for a desk before …
	waiting   []reservations.Waiting     // … and what does now
	tentative int
	// titled counts the events that name a person only in SUMMARY, titledKnown those of
	// known people.
	titled, titledKnown int
}

func newMapper(o Options) *mapper {
	return &mapper{
		id: newIdentifier(o.Feed, o.Directory), source: reservations.FeedSource(o.Feed.Name), self: o.Self, body: o.body, most: crowdsOf(o.Feed),
		known: make(map[*calendar.Event]identity), booked: o.Booked, waits: o.Waiting,
	}
}

// bookable reports whether the feed may have r by deskd's own rules: those of the
// feed, and the tables of desks and people.
func (id *identifier) bookable(r reservations.Reservation) bool {
	if len(id.directory.desksOf(r.Desk)) == 0 || id.allowed(r.Desk) != nil {
		return false
	}
	if rule := id.rules.Desk; rule.From == reservations.FromFixed {
		if desk, ok := id.directory.Desk(rule.Fixed); ok && desk != r.Desk {
			return false
		}
	}
	if r.Person == "" {
		return true
	}
	p, ok := id.directory.Person(r.Person)
	if rule := id.rules.Person; rule.From == reservations.FromFixed && id.Who(rule.Fixed) != p.ID {
		return false
	}
	return ok && !p.Protected && id.allowedPerson(p)
}

// identity is what an event names; all its occurrences name the same.
type identity struct {
	naming
	person string
	nobody *miss // why there is no person
}

// resolve finds desk and person of one occurrence.
func (m *mapper) resolve(o calendar.Occurrence) {
	defer func() {
		if cause := recover(); cause != nil {
			m.lose(o, &miss{what: fmt.Sprintf("the event broke the reader: %v", cause), hint: "please report this with the event's text"})
		}
	}()
	switch {
	case reservations.PublishedBy(o.UID, m.self):
		m.own(o)
		return
	case !m.id.counts(o.Event):
		m.free(o)
		return
	case o.Empty() && o.Reversed:
		m.lose(o, &miss{what: "the event ends before it begins", hint: "correct its start or its end"})
		return
	case o.Empty():
		m.lose(o, &miss{what: "the event has no length", hint: "give it an end"})
		return
	}
	i := m.identity(o.Event)
	for _, n := range i.notes {
		m.log.Notes.Add(problemOf(o, n))
		if n.near { // it may be another desk of the event
			m.doubts.Instance(o.UID, o.Recurrence)
		}
	}
	m.tentative += i.tentative
	switch {
	case len(i.desks) == 0:
		m.drop(o, i.missed)
	case i.nobody != nil && i.nobody.understood:
		m.drop(o, i.nobody)
	case len(i.desks) > m.most.event:
		m.lose(o, m.most.ofEvent(len(i.desks)))
	default:
		for _, desk := range i.desks {
			m.claim(o, desk, i)
		}
	}
}

// own passes a booking of this deskd that has come back, in a calendar to which someone has
// copied it, or that of another deskd that follows one of ours.
func (m *mapper) own(o calendar.Occurrence) {
	m.pass(o)
	p := problemOf(o, &miss{what: "it is a booking of this deskd that has come back, nothing is reserved", hint: "change the booking in deskd, or delete its copy in the calendar"})
	p.Note = true
	m.log.Notes.Add(p)
}

// free passes an occurrence whose time does not count, and reports one that would
// book a desk: calendars mark all-day events as free unasked.
func (m *mapper) free(o calendar.Occurrence) {
	m.pass(o)
	if len(m.identity(o.Event).desks) == 0 {
		return
	}
	why := &miss{what: "its time is marked as free, nothing is reserved"}
	switch {
	case !o.Free:
		why.what = fmt.Sprintf("its time is marked as %s in a person's calendar, nothing is reserved", ical.Clip(o.Busy))
	case o.WholeDay:
		why.what = "an all-day event whose time is marked as free, nothing is reserved"
		why.hint = "mark it as busy; or set free_counts: true, because Outlook and Google mark all-day events as free unasked"
	}
	p := problemOf(o, why)
	p.Note = o.WholeDay && o.Free
	m.log.Notes.Add(p)
}

func (m *mapper) identity(e *calendar.Event) identity {
	i, ok := m.known[e]
	if !ok {
		i.naming = m.id.desks(e)
		if who, ok := m.id.titled(e); ok {
			m.titled++
			if who != "" {
				m.titledKnown++
			}
		}
		switch {
		case len(i.desks) > 0:
			i.person, i.nobody = m.id.person(e)
		case i.missed != nil && !i.missed.understood: // which booking it may have been
			i.person, _ = m.id.person(e)
		}
		m.known[e] = i
	}
	return i
}

// claim reserves a desk. An event says at least that its desk is taken: if its person
// is missing, a guest or protected, that is a problem, and the desk is reserved
// all the same, for nobody.
func (m *mapper) claim(o calendar.Occurrence, desk string, i identity) {
	mapped := Mapped{Occurrence: o, Desk: desk, Person: i.person, Vouched: m.id.vouched(o.Event, desk, i.person)}
	if why := m.id.allowed(desk); why != nil {
		m.lose(o, why)
		return
	}
	if err := m.reservation(mapped).Check(); err != nil {
		m.lose(o, &miss{what: err.Error()})
		return
	}
	if i.nobody != nil {
		mapped.Problem = problemOf(o, i.nobody)
		m.log.Problem(mapped.Problem)
		if !i.nobody.decided {
			m.doubts.Nobody(o)
		}
	}
	if o.StandIn != "" {
		m.doubts.Unzoned(o.UID)
	}
	m.claims = append(m.claims, len(m.out))
	m.out = append(m.out, mapped)
}

func (m *mapper) reservation(c Mapped) reservations.Reservation {
	return reservations.Reservation{
		Desk: c.Desk, Person: c.Person, Span: c.Span, Status: reservations.Confirmed,
		Source: m.source, UID: c.UID, Occurrence: c.Recurrence, Line: c.Line, Note: c.StandIn, Vouched: c.Vouched,
	}
}

// drop gives up an occurrence: as understood if why is understood or nil.
func (m *mapper) drop(o calendar.Occurrence, why *miss) {
	switch {
	case why == nil:
		m.pass(o)
	case why.understood:
		m.log.Notes.Add(problemOf(o, why))
		m.pass(o)
	default:
		m.lose(o, why)
	}
}

// pass keeps an occurrence that books nothing.
func (m *mapper) pass(o calendar.Occurrence) { m.out = append(m.out, Mapped{Occurrence: o}) }

func (m *mapper) lose(o calendar.Occurrence, why *miss) {
	p := problemOf(o, why)
	m.log.Problem(p)
	if !why.decided {
		m.doubts.Occurrence(o, m.known[o.Event].person)
	}
	m.out = append(m.out, Mapped{Occurrence: o, Problem: p})
}

func problemOf(o calendar.Occurrence, why *miss) reservations.Problem {
	p := reservations.Problem{Line: o.Line, UID: o.UID, Start: o.Start, What: why.what, Hint: why.hint, Excess: why.excess}
	o.Label(&p)
	return p
}
