package feed

import (
	"time"

	"deskd/reservations"
)

// span is the stretch e takes when it starts at from on the series' clock;
// original is the instance's own start there.
func (x *expander) span(p *plan, e *event, from, original wall) (reservations.Span, error) {
	start := resolve(from, p.loc)
	if d, ok := p.ends[original]; ok && e == p.master {
		if d.length != nil {
			return reservations.Span{Start: start, End: resolve(from+d.length.wall, p.loc).Add(d.length.exact)}, nil
		}
		end, err := x.at(p, e, *d.end)
		return reservations.Span{Start: start, End: later(start, end)}, err
	}
	l, err := x.length(p, e)
	if err != nil {
		return reservations.Span{}, err
	}
	end := resolve(from+l.wall, p.loc).Add(l.exact)
	if e.end != nil && !e.start.date && from == e.start.wall && e == p.master {
		end, err = x.at(p, e, *e.end) // exact, also in the second of two equal hours
	}
	return reservations.Span{Start: start, End: later(start, end)}, err
}

// length is how long e lasts: a DTEND by the wall clock of its start.
func (x *expander) length(p *plan, e *event) (length, error) {
	switch {
	case e.end != nil && e.started:
		loc, err := x.locate(e, e.start, p.floating)
		if err != nil {
			return length{}, err
		}
		end, err := x.at(p, e, *e.end)
		if err != nil {
			return length{}, err
		}
		l := length{wall: wallIn(end, loc) - e.start.wall}
		if e.end.date == e.start.date && e.end.zone == e.start.zone && e.end.utc == e.start.utc {
			l.wall = e.end.wall - e.start.wall
		}
		return x.sound(e, l), nil
	case e.length != nil:
		return x.sound(e, *e.length), nil
	case e.start.date:
		return length{wall: daySeconds}, nil
	}
	return length{}, nil
}

// sound repairs an end that is not after its start.
func (x *expander) sound(e *event, l length) length {
	switch {
	case e.start.date && l.wall == 0 && l.exact == 0:
		x.log.note(e.Line, e.UID, "all-day event that ends on the day it starts; taken as that day", "")
		return length{wall: daySeconds}
	case l.seconds() < 0:
		x.log.note(e.Line, e.UID, "event that ends before it starts; taken to have no length", "")
		return length{}
	}
	return l
}

func later(a, b time.Time) time.Time {
	if b.Before(a) {
		return a
	}
	return b
}
