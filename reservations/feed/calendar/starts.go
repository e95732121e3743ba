package calendar

import (
	"errors"
	"fmt"
	"slices"

	"deskd/reservations/feed/ical"
	"deskd/reservations/feed/recur"
)

// starts lists the original starts on DTSTART's wall clock whose occurrences
// can touch the window, in order: DTSTART itself, which always counts, then
// rules and RDATEs, less EXRULEs.
func (x *expander) starts(p *plan) (starts []ical.Wall, err error) {
	e, set := p.master, &x.set
	*set = recur.Set{
		Start: e.start.Wall, AllDay: e.start.Date, Clock: p.clock,
		Rules: set.Rules[:0], ExRules: set.ExRules[:0], Work: &x.work, Odd: set.Odd,
	}
	x.expanded = e
	if set.Rules, err = x.bounded(p, e.rules, set.Rules); err != nil {
		return nil, err
	}
	if set.ExRules, err = x.bounded(p, e.exrules, set.ExRules); err != nil {
		return nil, err
	}
	if set.Dates, err = x.extra(p); err != nil {
		return nil, err
	}
	from, to := x.reach(p)
	if x.walls, err = set.Between(from, to, x.walls[:0]); err != nil {
		return nil, e.faultOf(err)
	}
	return x.walls, nil
}

// faultOf is an error of the set of e with the line of the rule that is at fault.
func (e *event) faultOf(err error) error {
	var bad *recur.RuleError
	switch {
	case !errors.As(err, &bad):
		return err
	case bad.Except:
		return e.exrules[bad.N].fault(bad.Err)
	}
	return e.rules[bad.N].fault(bad.Err)
}

// odd notes what is odd about the n-th rule of the series that is expanded.
func (x *expander) odd(n int, what recur.Oddity) {
	e := x.expanded
	raw := e.rules[n]
	switch what {
	case recur.SelectsNothing:
		x.log.tell(raw.line, e.id(), fmt.Sprintf("RRULE %s: %v; DTSTART and RDATEs are kept", ical.Quote(string(raw.text)), recur.ErrNever), "correct the rule, or remove it")
	case recur.EndsBeforeStart:
		x.log.note(int(e.line), e.id(), "UNTIL is before DTSTART, which counts all the same; perhaps the series was deleted", "")
	case recur.StartIsOff:
		x.log.note(int(e.line), e.id(), "DTSTART is not a day its rule selects; it counts all the same", "")
	}
}

// bounded appends rules to all, with their UNTILs.
func (x *expander) bounded(p *plan, raws []rawRule, all []recur.Bounded) ([]recur.Bounded, error) {
	for _, raw := range raws {
		r, err := x.rule(raw.text)
		if err != nil {
			return all, raw.fault(err)
		}
		b, err := x.until(p, r, raw.line)
		if err != nil {
			return all, raw.fault(err)
		}
		all = append(all, b)
	}
	return all, nil
}

func (r rawRule) fault(err error) error {
	property := ical.PropRule
	if r.except {
		property = ical.PropExRule
	}
	return &ical.Fault{Line: r.line, Err: fmt.Errorf("%s %s: %w", property, ical.Quote(string(r.text)), err)}
}

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

// maxRules is how many parsed rules are remembered: most series of a feed have
// one of a few.
const maxRules = 1_000

// rule reads an RRULE, or remembers having read it.
func (x *expander) rule(text []byte) (*recur.Rule, error) {
	if r := x.rules[string(text)]; r != nil {
		return r, nil
	}
	r, err := recur.Parse(string(text))
	if err == nil && len(x.rules) < maxRules {
		x.rules[string(text)] = r
	}
	return r, err
}

// until bounds a rule by its UNTIL, which as a date is the whole day; on an all-day
// series only its date counts.
func (x *expander) until(p *plan, r *recur.Rule, line int) (recur.Bounded, error) {
	b := recur.Forever(r)
	switch e := p.master; {
	case r.Until == nil:
		return b, nil
	case e.start.Date:
		b.Until = ical.Wall(r.Until.Day()) * ical.DaySeconds
		return b, nil
	case r.Until.Date:
		x.log.note(line, e.id(), "UNTIL is a date on a series with times; its whole day is kept", "")
		b.Until = r.Until.Wall + ical.DaySeconds - 1
		return b, nil
	}
	t, err := x.at(p, p.master, *r.Until)
	if err != nil {
		return b, err
	}
	return p.clock.Bound(r, t), nil
}

// extra are the RDATEs; it keeps the ends of those that are periods.
func (x *expander) extra(p *plan) (starts []ical.Wall, _ error) {
	e := p.master
	for _, d := range e.rdates {
		if d.Date && !e.start.Date {
			x.log.note(int(e.line), e.id(), "RDATE is a date on a series with times; the time of DTSTART is taken", "")
			starts = append(starts, d.Wall+ical.Wall(e.start.Clock()))
			continue
		}
		w, t, err := x.dateOf(p, d)
		if err != nil {
			return nil, fmt.Errorf("RDATE: %w", err)
		}
		if p.clock.Resolve(w) == t {
			starts = append(starts, w)
		} else {
			p.late = append(p.late, t)
		}
		if d.End != nil || d.Length != nil {
			p.end(t, d)
		}
	}
	slices.Sort(p.late)
	p.late = slices.Compact(p.late)
	return starts, nil
}

// dateOf is the reading of an RDATE on the clock of DTSTART, and its instant.
func (x *expander) dateOf(p *plan, d ical.Period) (ical.Wall, int64, error) {
	if p.master.start.Date {
		w := ical.Wall(d.Wall.Day()) * ical.DaySeconds
		return w, p.clock.Resolve(w), nil
	}
	t, err := x.at(p, p.master, d.Time)
	if err != nil {
		return 0, 0, err
	}
	return p.clock.Read(t), t, nil
}

// end keeps the end that the instance at t has of its own.
func (p *plan) end(t int64, d ical.Period) {
	if p.ends == nil {
		p.ends = make(map[int64]ical.Period)
	}
	p.ends[t] = d
}
