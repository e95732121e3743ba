package feed

import (
	"fmt"
	"slices"
	"time"
)

// starts lists the original starts on DTSTART's wall clock whose occurrences
// can touch the window, in order: DTSTART itself, which always counts, then
// rules and RDATEs, less EXRULEs.
func (x *expander) starts(p *plan) ([]wall, error) {
	from, to := x.reach(p)
	first := p.master.start.wall
	starts := []wall{first}
	off, err := x.offPattern(p)
	if err != nil {
		return nil, err
	}
	for _, raw := range p.master.rules {
		if starts, err = x.run(p, raw, off, from, to, starts); err != nil {
			return nil, &fault{raw.line, fmt.Errorf("RRULE %s: %w", quote(raw.text), err)}
		}
	}
	if starts, err = x.extra(p, starts); err != nil {
		return nil, err
	}
	for _, raw := range p.master.exrules {
		gone, err := x.run(p, raw, false, from, to, nil)
		if err != nil {
			return nil, &fault{raw.line, fmt.Errorf("EXRULE %s: %w", quote(raw.text), err)}
		}
		starts = slices.DeleteFunc(starts, func(w wall) bool { return contains(gone, w) })
	}
	slices.Sort(starts)
	starts = slices.DeleteFunc(starts, func(w wall) bool { return w < from || w >= to })
	return slices.Compact(starts), nil
}

// offPattern reports whether DTSTART is none of the instances of the rules.
func (x *expander) offPattern(p *plan) (bool, error) {
	for _, raw := range p.master.rules {
		c, _, err := x.recurrence(p, raw)
		if err == nil {
			var has bool
			if has, err = c.has(p.master.start.wall); has {
				return false, nil
			}
		}
		if err != nil {
			return false, &fault{raw.line, fmt.Errorf("RRULE %s: %w", quote(raw.text), err)}
		}
	}
	return len(p.master.rules) > 0, nil
}

// reach is the stretch of wall clock in which instances can touch the window:
// longer before it by the event's length, and by what is moved on either side.
func (x *expander) reach(p *plan) (from, to wall) {
	const most = 2 * longestLength
	longest, shift := wall(0), wall(0)
	events := []*event{p.master}
	for _, f := range p.rest {
		shift = max(shift, f.shift, -f.shift)
		events = append(events, f.event)
	}
	for _, e := range events {
		switch {
		case e.end != nil:
			longest = max(longest, e.end.wall-e.start.wall)
		case e.length != nil:
			longest = max(longest, e.length.seconds())
		}
	}
	// Two days cover every offset between clocks.
	from = wall(x.window.Start.Unix()) - min(longest, most) - min(shift, most) - 2*daySeconds
	to = wall(x.window.End.Unix()) + min(shift, most) + 2*daySeconds
	return from, to
}

// run appends the instances of one rule. Where no rule selects DTSTART (it is
// off), it counts as the first of each.
func (x *expander) run(p *plan, raw rawRule, off bool, from, to wall, out []wall) ([]wall, error) {
	c, last, err := x.recurrence(p, raw)
	if err != nil {
		return out, err
	}
	switch e := p.master; {
	case off && c.until < e.start.wall:
		x.log.note(e.Line, e.UID, "UNTIL is before DTSTART, which counts all the same; perhaps the series was deleted", "")
	case off:
		x.log.note(e.Line, e.UID, "DTSTART is not a day its rule selects; it counts all the same", "")
		if c.count == 1 {
			return out, nil
		}
		c.count = max(0, c.count-1)
	}
	n := len(out)
	out, err = c.between(from, to, out)
	if !last.IsZero() {
		kept := slices.DeleteFunc(out[n:], func(w wall) bool { return resolve(w, p.loc).After(last) })
		out = out[:n+len(kept)]
	}
	return out, err
}

// recurrence is a rule of the series, counted from its DTSTART. Where last is
// not zero, the rule may select starts after it, which do not count.
func (x *expander) recurrence(p *plan, raw rawRule) (c recurrence, last time.Time, err error) {
	r, err := parseRule(raw.text)
	if err != nil {
		return c, last, err
	}
	until, last, err := x.until(p, r, raw.line)
	if err != nil {
		return c, last, err
	}
	x.work.rule = maxRuleWork
	return r.on(p.master.start.wall, p.master.start.date, until, &x.work), last, nil
}

// until is the last reading of DTSTART's clock that a rule may select. As a
// date it is the whole day; on an all-day series only its date counts. Around a
// change of the clock readings do not follow each other like instants: until is
// a day late then, and last the instant itself.
func (x *expander) until(p *plan, r *rule, line int) (until wall, last time.Time, err error) {
	switch e := p.master; {
	case r.until == nil:
		return lastWall, last, nil
	case e.start.date:
		return wall(r.until.wall.day()) * daySeconds, last, nil
	case r.until.date:
		x.log.note(line, e.UID, "UNTIL is a date on a series with times; its whole day is kept", "")
		return r.until.wall + daySeconds - 1, last, nil
	}
	t, err := x.at(p, p.master, *r.until)
	if err != nil {
		return 0, last, err
	}
	until = wallIn(t, p.loc)
	if offsetAt(p.loc, t.Unix()-daySeconds) != offsetAt(p.loc, t.Unix()+daySeconds) {
		return until + daySeconds, t, nil
	}
	return until, last, nil
}

// extra appends the RDATEs and keeps the ends of those that are periods.
func (x *expander) extra(p *plan, starts []wall) ([]wall, error) {
	e := p.master
	for _, d := range e.rdates {
		if d.date && !e.start.date {
			x.log.note(e.Line, e.UID, "RDATE is a date on a series with times; the time of DTSTART is taken", "")
			starts = append(starts, d.wall+wall(e.start.clock()))
			continue
		}
		w := wall(d.wall.day()) * daySeconds
		if !e.start.date {
			t, err := x.at(p, e, d.stamp)
			if err != nil {
				return nil, fmt.Errorf("RDATE: %w", err)
			}
			w = wallIn(t, p.loc)
		}
		starts = append(starts, w)
		if d.end != nil || d.length != nil {
			if p.ends == nil {
				p.ends = make(map[wall]rdate)
			}
			p.ends[w] = d
		}
	}
	return starts, nil
}
