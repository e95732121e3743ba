package observe

import (
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/guard"
	"deskd/scheduler/plan"
)

// NoteEdges asks for a look at the desks whose booking began or ended since
// the last round, whatever was last seen there.
func (p *Phones) NoteEdges(want []plan.Login, last, now time.Time) {
	for _, l := range want {
		for _, edge := range p.EdgesOf(l) {
			if edge.After(last) && !edge.After(now) {
				p.LookAt(l.Device, now)
			}
		}
	}
}

// EdgesOf lists the instants at which l's desk is looked at: the booking's start
// and end, and for a person who stays until their next booking also when its
// login would be due, for they may have logged out in between.
func (p *Phones) EdgesOf(l plan.Login) []time.Time {
	edges := []time.Time{l.From, l.Until}
	if h := p.Seen[l.Device]; h.Ours && reservations.SamePerson(h.Person, l.Person) {
		edges = append(edges, l.From.Add(-p.Policy.Ready))
	}
	return edges
}

// NoteContinued counts a booking as served whose person is on its phone since
// an own session of theirs, for it or for the booking before. It returns what is to be
// written down of that: a process that dies would not know it when they have gone.
func (p *Phones) NoteContinued(want []plan.Login, now time.Time) []plan.Observation {
	var carried []plan.Observation
	for _, l := range want {
		h := p.Seen[l.Device]
		if !h.Known || !h.Ours || l.From.After(now) || !l.Until.After(now) || !reservations.SamePerson(h.Person, l.Person) {
			continue
		}
		if served, _ := p.History.Served(l); l.Orphan != "" && !served {
			continue // no session is carried into a booking that logs nobody in
		}
		c := p.History.Carry(l)
		h.Reservation = l.Reservation
		if c.Session != 0 {
			h.Carried = c
			carried = append(carried, h)
		}
		p.Seen[l.Device] = h
	}
	return carried
}

// RecallCarried takes in, after the journal was read, which sessions went on into
// another booking.
func (p *Phones) RecallCarried() {
	for device, h := range p.Seen {
		p.History.Recall(device, h.Carried)
	}
}

// NoteRunOuts asks for looks at the sessions whose booking has become longer
// than the session was asked for: they end by themselves, at some time in the pad.
func (p *Phones) NoteRunOuts(want []plan.Login, now time.Time) {
	for _, l := range want {
		stays, _ := p.History.Lasts(l)
		if p.Seen[l.Device].Ours && !stays.IsZero() && stays.Before(l.Until) && l.Until.After(now) {
			p.LookAt(l.Device, reservations.Latest(stays, now.Add(LookAgain)))
		}
	}
}

// CountWithoutPerson counts the desks whose booking has begun a minute ago at least, and
// whose phone shows nobody, or another person. Of one that has not answered nothing
// is known.
func (p *Phones) CountWithoutPerson(want []plan.Login, now time.Time) int {
	n := 0
	for _, l := range want {
		h := p.Seen[l.Device]
		if l.Person != "" && h.Known && h.Exists && !l.From.After(now.Add(-plan.StartingFor)) && l.Until.After(now) &&
			!reservations.SamePerson(h.Person, l.Person) {
			n++
		}
	}
	return n
}

// Census finds, after a sweep, the desks whose phones are not there to be driven: those
// the phone system does not know, and those it says nothing about.
func (p *Phones) Census(desks []reservations.Desk, now time.Time) (unknown, silent []string) {
	for _, d := range desks {
		h := p.Seen[d.Device]
		recent := slices.ContainsFunc(p.Open[d.Device], func(a plan.Attempt) bool { return now.Sub(a.Began) < guard.ResolveWithin })
		switch {
		case h.Known && !h.Exists:
			unknown = append(unknown, d.ID)
		case !h.Known && !p.Outage.Asks(d.Device) && !recent:
			silent = append(silent, d.ID)
		}
	}
	return unknown, silent
}
