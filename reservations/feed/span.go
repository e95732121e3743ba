package feed

// span is the stretch e takes when it starts at from on the series' clock;
// original is the instance's own start.
func (x *expander) span(p *plan, e *event, from wall, original int64) (start, end int64, err error) {
	start = p.clock.resolve(from)
	first := e == p.master && from == e.start.wall && original == start
	if e == p.master {
		start = original // perhaps in the second of two equal hours
	}
	if d, ok := p.ends[original]; ok && e == p.master {
		if d.length != nil {
			return start, max(start, d.length.after(p.clock, from, start)), nil
		}
		end, err = x.at(p, e, *d.end)
		return start, max(start, end), err
	}
	if first && e.end != nil && !e.start.date {
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
	return start, max(start, l.after(p.clock, from, start)), nil
}

// after is the instant l later than start, at which c shows from. What begins in
// the second of two equal hours and ends by the wall clock in them ends in the
// second, too.
func (l length) after(c *localClock, from wall, start int64) int64 {
	end := c.resolve(from + l.wall)
	if second := end + start - c.resolve(from); c.read(second) == from+l.wall {
		end = second
	}
	return end + int64(l.exact.Seconds())
}

// length is how long e lasts: a DTEND by the wall clock of its start.
func (x *expander) length(p *plan, e *event) (length, error) {
	switch {
	case e.end != nil && e.started:
		if e.end.date == e.start.date && e.end.zone == e.start.zone && e.end.utc == e.start.utc {
			return x.sound(e, length{wall: e.end.wall - e.start.wall}), nil
		}
		clock, err := x.locate(e, e.start, p.floating, p.clock)
		if err != nil {
			return length{}, err
		}
		end, err := x.at(p, e, *e.end)
		if err != nil {
			return length{}, err
		}
		return x.sound(e, length{wall: clock.read(end) - e.start.wall}), nil
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
		x.log.note(int(e.line), e.id(), "all-day event that ends on the day it starts; taken as that day", "")
		return length{wall: daySeconds}
	case l.seconds() < 0:
		x.backwards(e)
		return length{}
	}
	return l
}

func (x *expander) backwards(e *event) {
	e.backwards = true
	x.log.note(int(e.line), e.id(), "event that ends before it starts; taken to have no length", "")
}
