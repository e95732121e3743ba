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
	passed := func(edge time.Time) bool { return edge.After(last) && !edge.After(now) }
	for i := range want {
		l := &want[i]
		if passed(l.From) || passed(l.Until) || passed(l.From.Add(-p.Policy.Ready)) && p.stays(l) {
			p.LookAt(l.Device, now)
		}
	}
}

// stays reports whether a person stays logged in until their next booking l.
func (p *Phones) stays(l *plan.Login) bool {
	h := p.Seen[l.Device]
	return h.Ours && reservations.SamePerson(h.Person, l.Person)
}

// NextEdge is the first instant after now at which a desk is looked at whatever it shows,
// the zero time for none: the start and the end of a booking, and for a person who stays
// until their next booking also when its login would be due, for they may have logged out
// in between.
func (p *Phones) NextEdge(want []plan.Login, now time.Time) time.Time {
	var next time.Time
	sooner := func(edge time.Time) bool { return edge.After(now) && (next.IsZero() || edge.Before(next)) }
	for i := range want {
		l := &want[i]
		if sooner(l.From) {
			next = l.From
		}
		if sooner(l.Until) {
			next = l.Until
		}
		if due := l.From.Add(-p.Policy.Ready); sooner(due) && p.stays(l) {
			next = due
		}
	}
	return next
}

// NoteContinued counts a booking as served whose person is on its phone since
// an own session of theirs, for it or for the booking before, and notes of someone who has logged
// in by themselves which booking of theirs runs: they are no stranger when that is over. It returns
// what is to be written down of that: a process that dies would not know it when they have gone.
func (p *Phones) NoteContinued(want []plan.Login, now time.Time) []plan.Observation {
	var carried []plan.Observation
	logins, _ := p.changed.forContinued.logins(want, now)
	for _, l := range logins {
		h := p.Seen[l.Device]
		if !h.Known || h.Visitor || l.From.After(now) || !l.Until.After(now) || !reservations.SamePerson(h.Person, l.Person) {
			continue
		}
		if !h.Ours {
			if h.Reservation != l.Reservation && l.Orphan == "" {
				h.Reservation = l.Reservation
				carried = append(carried, h)
				p.Show(h)
			}
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
		p.Show(h)
	}
	return carried
}

// RecallCarried takes in, after the journal was read, which sessions went on into
// another booking.
func (p *Phones) RecallCarried() {
	carried := make(map[string]plan.Carried)
	for device, h := range p.Seen {
		if h.Carried.Session != 0 {
			carried[device] = h.Carried
		}
	}
	p.History.Recall(carried)
	p.changed.forContinued.forget()
	p.changed.forRunOut.forget()
}

// runOut is a booking, on its phone, that has become longer than the session there was
// asked for.
type runOut struct {
	device string
	from   time.Time
}

// NoteRunOuts asks for looks at the sessions whose booking has become longer
// than the session was asked for: they end by themselves, at some time in the pad.
func (p *Phones) NoteRunOuts(want []plan.Login, now time.Time) {
	logins, all := p.changed.forRunOut.logins(want, now)
	if all {
		clear(p.runOuts)
	}
	for _, l := range logins {
		stays, _ := p.History.Lasts(l)
		if p.Seen[l.Device].Ours && !stays.IsZero() && stays.Before(l.Until) {
			p.runOuts[runOut{l.Device, l.From}] = reservations.Span{Start: stays, End: l.Until}
		} else {
			delete(p.runOuts, runOut{l.Device, l.From})
		}
	}
	for out, gap := range p.runOuts {
		if gap.End.After(now) {
			p.LookAt(out.device, reservations.Latest(gap.Start, now.Add(LookAgain)))
		}
	}
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
