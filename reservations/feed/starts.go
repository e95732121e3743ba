package feed

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"deskd/reservations/feed/ical"
)

// starts lists the original starts on DTSTART's wall clock whose occurrences
// can touch the window, in order: DTSTART itself, which always counts, then
// rules and RDATEs, less EXRULEs.
func (x *expander) starts(p *plan) ([]ical.Wall, error) {
	from, to := x.reach(p)
	first := p.master.start.Wall
	starts := append(x.walls[:0], first)
	defer func() { x.walls = starts }()
	off, never, err := x.offPattern(p)
	if err != nil {
		return nil, err
	}
	for i, raw := range p.master.rules {
		if slices.Contains(never, i) {
			continue
		}
		if starts, err = x.run(p, raw, off, from, to, starts); err != nil {
			return nil, raw.fault("RRULE", err)
		}
	}
	if starts, err = x.extra(p, starts); err != nil {
		return nil, err
	}
	for _, raw := range p.master.exrules {
		gone, err := x.run(p, raw, false, from, to, nil)
		if err != nil {
			return nil, raw.fault("EXRULE", err)
		}
		starts = slices.DeleteFunc(starts, func(w ical.Wall) bool { return contains(gone, w) })
	}
	slices.Sort(starts)
	starts = slices.DeleteFunc(starts, func(w ical.Wall) bool { return w < from || w >= to })
	return slices.Compact(starts), nil
}

func (r rawRule) fault(property string, err error) error {
	return &ical.Fault{Line: r.line, Err: fmt.Errorf("%s %s: %w", property, ical.Quote(string(r.text)), err)}
}

// offPattern reports whether DTSTART is none of the instances of the rules, and
// which of them select nothing at all: those leave DTSTART and the RDATEs.
func (x *expander) offPattern(p *plan) (off bool, never []int, err error) {
	for i, raw := range p.master.rules {
		c, _, err := x.recurrence(p, raw)
		has := false
		if err == nil {
			has, err = c.has(p.master.start.Wall)
		}
		if has {
			return false, never, nil
		}
		if err == nil && c.until >= p.master.start.Wall {
			err = c.never()
		}
		if errors.Is(err, errNever) && len(never) < maxNever {
			x.log.tell(raw.line, p.master.id(), fmt.Sprintf("RRULE %s: %v; DTSTART and RDATEs are kept", ical.Quote(string(raw.text)), errNever), "correct the rule, or remove it")
			never = append(never, i)
			continue
		}
		if err != nil {
			return false, nil, raw.fault("RRULE", err)
		}
	}
	return len(p.master.rules) > 0, never, nil
}

// maxNever is how many rules of one event may select nothing: to know it of one
// is work.
const maxNever = 4

// reach is the stretch of wall clock in which instances can touch the window:
// longer before it by the event's length, and by what is moved on either side.
func (x *expander) reach(p *plan) (from, to ical.Wall) {
	const most = 2 * ical.MaxDuration
	longest, shift := ical.Wall(0), ical.Wall(0)
	events := []*event{p.master}
	for _, f := range p.rest {
		shift = max(shift, f.shift, -f.shift)
		events = append(events, f.event)
	}
	for _, e := range events {
		switch {
		case e.end != nil:
			longest = max(longest, e.end.Wall-e.start.Wall)
		case e.length != nil:
			longest = max(longest, e.length.Seconds())
		}
	}
	// Two days cover every offset between clocks.
	from = ical.Wall(x.from) - min(longest, most) - min(shift, most) - 2*ical.DaySeconds
	to = ical.Wall(x.to) + min(shift, most) + 2*ical.DaySeconds
	return from, to
}

// run appends the instances of one rule. Where no rule selects DTSTART (it is
// off), it counts as the first of each.
func (x *expander) run(p *plan, raw rawRule, off bool, from, to ical.Wall, out []ical.Wall) ([]ical.Wall, error) {
	c, last, err := x.recurrence(p, raw)
	if err != nil {
		return out, err
	}
	switch e := p.master; {
	case off && c.until < e.start.Wall:
		x.log.note(int(e.line), e.id(), "UNTIL is before DTSTART, which counts all the same; perhaps the series was deleted", "")
	case off:
		x.log.note(int(e.line), e.id(), "DTSTART is not a day its rule selects; it counts all the same", "")
		if c.count == 1 {
			return out, nil
		}
		c.count = max(0, c.count-1)
	}
	n := len(out)
	out, err = c.between(from, to, out)
	if last < math.MaxInt64 {
		kept := slices.DeleteFunc(out[n:], func(w ical.Wall) bool { return p.clock.resolve(w) > last })
		out = out[:n+len(kept)]
	}
	return out, err
}

// recurrence is a rule of the series, counted from its DTSTART. It may select
// starts after last, an instant; they do not count.
func (x *expander) recurrence(p *plan, raw rawRule) (c recurrence, last int64, err error) {
	r, err := x.rule(raw.text)
	if err != nil {
		return c, 0, err
	}
	switch start := p.master.start; {
	case r.freq < hourly:
		return c, 0, fmt.Errorf("FREQ=%s is not supported", r.freq)
	case r.freq < daily && start.Date:
		return c, 0, fmt.Errorf("FREQ=%s does not go with a DTSTART that is a date", r.freq)
	}
	until, last, err := x.until(p, r, raw.line)
	if err != nil {
		return c, 0, err
	}
	if n := r.timesOfUnit(); n > 1 { // the list of them is made, whatever is used of it
		if err := x.work.spendSeries(n); err != nil {
			return c, 0, err
		}
	}
	x.work.rule = maxRuleWork
	return r.on(p.master.start.Wall, p.master.start.Date, until, &x.work), last, nil
}

// maxRules is how many parsed rules are remembered: most series of a feed have
// one of a few.
const maxRules = 1_000

// rule reads an RRULE, or remembers having read it.
func (x *expander) rule(text []byte) (*rule, error) {
	if r := x.rules[string(text)]; r != nil {
		return r, nil
	}
	r, err := parseRule(string(text))
	if err == nil && len(x.rules) < maxRules {
		x.rules[string(text)] = r
	}
	return r, err
}

// until is the last reading of DTSTART's clock that a rule may select. As a
// date it is the whole day; on an all-day series only its date counts. Around a
// change of the clock readings do not follow each other like instants: until is
// a day late then, and last the instant itself.
func (x *expander) until(p *plan, r *rule, line int) (until ical.Wall, last int64, err error) {
	const none = math.MaxInt64
	switch e := p.master; {
	case r.until == nil:
		return ical.LastWall, none, nil
	case e.start.Date:
		return ical.Wall(r.until.Wall.Day()) * ical.DaySeconds, none, nil
	case r.until.Date:
		x.log.note(line, e.id(), "UNTIL is a date on a series with times; its whole day is kept", "")
		return r.until.Wall + ical.DaySeconds - 1, none, nil
	}
	t, err := x.at(p, p.master, *r.until)
	if err != nil {
		return 0, 0, err
	}
	until = p.clock.read(t)
	if p.clock.offset(t-ical.DaySeconds) != p.clock.offset(t+ical.DaySeconds) {
		return until + ical.DaySeconds, t, nil
	}
	return until, none, nil
}

// extra appends the RDATEs and keeps the ends of those that are periods.
func (x *expander) extra(p *plan, starts []ical.Wall) ([]ical.Wall, error) {
	e := p.master
	for _, d := range e.rdates {
		if d.Date && !e.start.Date {
			x.log.note(int(e.line), e.id(), "RDATE is a date on a series with times; the time of DTSTART is taken", "")
			starts = append(starts, d.Wall+ical.Wall(e.start.Clock()))
			continue
		}
		w := ical.Wall(d.Wall.Day()) * ical.DaySeconds
		t := p.clock.resolve(w)
		if !e.start.Date {
			var err error
			if t, err = x.at(p, e, d.Time); err != nil {
				return nil, fmt.Errorf("RDATE: %w", err)
			}
			w = p.clock.read(t)
		}
		if p.clock.resolve(w) == t {
			starts = append(starts, w)
		} else {
			p.late = append(p.late, t)
		}
		if d.End != nil || d.Length != nil {
			if p.ends == nil {
				p.ends = make(map[int64]ical.Period)
			}
			p.ends[t] = d
		}
	}
	slices.Sort(p.late)
	p.late = slices.Compact(p.late)
	return starts, nil
}
