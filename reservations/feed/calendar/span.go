package calendar

import "deskd/reservations/feed/ical"

// span is the stretch e takes when it starts at from on the series' clock;
// original is the instance's own start.
func (x *expander) span(p *plan, e *event, from ical.Wall, original int64) (start, end int64, err error) {
	start = p.clock.Resolve(from)
	first := e == p.master && from == e.start.Wall && original == start
	if e == p.master {
		start = original // perhaps in the second of two equal hours
	}
	if d, ok := p.ends[original]; ok && e == p.master {
		if d.Length != nil {
			return start, max(start, p.clock.Later(start, from, *d.Length)), nil
		}
		end, err = x.at(p, e, *d.End)
		return start, max(start, end), err
	}
	if first && e.end != nil && !e.start.Date {
		end, err = x.at(p, e, *e.end) // exact, also in the second of two equal hours
		if end < start {
			x.backwards(e)
		}
		return start, max(start, end), err
	}
	l, err := x.length(p, e)
	if err != nil {
		return 0, 0, err
	}
	return start, max(start, p.clock.Later(start, from, l)), nil
}

// length is how long e lasts: a DTEND by the wall clock of its start.
func (x *expander) length(p *plan, e *event) (ical.Duration, error) {
	switch {
	case e.end != nil && e.started:
		if e.end.Date == e.start.Date && e.end.TZID == e.start.TZID && e.end.UTC == e.start.UTC {
			return x.sound(e, ical.Duration{Nominal: e.end.Wall - e.start.Wall}), nil
		}
		clock, err := x.locate(e, e.start, p.floating, p.clock)
		if err != nil {
			return ical.Duration{}, err
		}
		end, err := x.at(p, e, *e.end)
		if err != nil {
			return ical.Duration{}, err
		}
		return x.sound(e, ical.Duration{Nominal: clock.Read(end) - e.start.Wall}), nil
	case e.length != nil:
		return x.sound(e, *e.length), nil
	case e.start.Date:
		return ical.Duration{Nominal: ical.DaySeconds}, nil
	}
	return ical.Duration{}, nil
}

// sound repairs an end that is not after its start.
func (x *expander) sound(e *event, l ical.Duration) ical.Duration {
	switch {
	case e.start.Date && l.Nominal == 0 && l.Exact == 0:
		x.log.note(int(e.line), e.id(), "all-day event that ends on the day it starts; taken as that day", "")
		return ical.Duration{Nominal: ical.DaySeconds}
	case l.Seconds() < 0:
		x.backwards(e)
		return ical.Duration{}
	}
	return l
}

func (x *expander) backwards(e *event) {
	e.backwards = true
	x.log.note(int(e.line), e.id(), "event that ends before it starts; taken to have no length", "")
}
