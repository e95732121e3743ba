// Package series says when bookings that repeat are: the occurrences of a recurrence rule
// (RFC 5545 3.3.10) from a first booking on, by the clock of a site.
//
// It is pure, and the one place where what is booked here meets the engine that reads
// calendars: a series that is booked and one that is read repeat alike. An occurrence begins
// and ends when the first one does by the wall clock, also where clocks change between them;
// one of whole days stays whole days.
//
// Its invariant: there are at most [Most] occurrences, and none is further ahead than it may
// be. A rule without an end is refused, with how to give it one.
package series

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
	"deskd/reservations/feed/recur"
	"deskd/reservations/rules"
)

// Most is how many occurrences a series may have.
const Most = 400

// ErrRule says that a rule cannot be booked by.
var ErrRule = errors.New("the series cannot be booked")

// work is what following a rule may cost: more than any series of an office.
const work = 200_000

// Repeated is a booking that repeats.
type Repeated struct {
	Rule  string            // FREQ=WEEKLY;BYDAY=MO,WE;COUNT=20
	First reservations.Span // the first occurrence, whether the rule selects it or not
	Zone  *time.Location    // of the site's clock
	// Last is the instant by which the last one has to begin.
	Last time.Time
}

// Occurrences are the times of a series, in their order. The error is an [ErrRule].
func (r Repeated) Occurrences() ([]reservations.Span, error) {
	rule, err := recur.Parse(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(r.Rule)), "RRULE:"))
	if err != nil {
		return nil, fmt.Errorf("%w: rule %.200q: %w", ErrRule, r.Rule, err)
	}
	if rule.Count == 0 && rule.Until == nil {
		return nil, fmt.Errorf("%w: rule %.200q has no end: add ;COUNT=20, say, or ;UNTIL=%s", ErrRule, r.Rule, r.First.Start.In(r.Zone).AddDate(0, 3, 0).Format("20060102"))
	}
	if rule.Count > Most {
		return nil, fmt.Errorf("%w: COUNT=%d is more than %d bookings", ErrRule, rule.Count, Most)
	}
	c := counted{Repeated: r, clock: recur.NewClock(r.Zone), whole: rules.WholeDays(r.First, r.Zone)}
	readings, err := c.readings(rule)
	if err != nil {
		return nil, err
	}
	spans := make([]reservations.Span, len(readings))
	for i, w := range readings {
		spans[i] = c.span(w)
	}
	spans[0] = r.First.UTC() // in the second of two equal hours, say
	return spans, nil
}

// counted is a series on its way.
type counted struct {
	Repeated
	clock *recur.Clock
	whole bool // days
}

// first is what the clock shows when the first occurrence begins; of whole days the midnight,
// also where there was none.
func (c counted) first() ical.Wall {
	w := c.clock.Read(c.First.Start.Unix())
	if c.whole {
		w = ical.Wall(w.Day()) * ical.DaySeconds
	}
	return w
}

// readings are what the clock shows when the occurrences begin.
func (c counted) readings(rule *recur.Rule) ([]ical.Wall, error) {
	first, last := c.first(), c.clock.Read(c.Last.Unix())
	set := recur.Set{
		Start: first, AllDay: c.whole, Clock: c.clock, Rules: []recur.Bounded{c.bounded(rule)},
		Work: &recur.Work{PerRule: work, Series: work, Total: work},
	}
	all, err := set.Between(first, last+1, nil)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: rule %.200q: %w", ErrRule, c.Rule, err)
	case len(all) > Most:
		return nil, fmt.Errorf("%w: rule %.200q selects %d times, and at most %d can be booked at once", ErrRule, c.Rule, len(all), Most)
	case len(all) == 0 || len(all) < rule.Count || rule.Count == 0 && set.Rules[0].Until > last:
		return nil, fmt.Errorf("%w: rule %.200q goes on after %s, and a series can be booked up to then: give it an earlier end", ErrRule, c.Rule, c.Last.In(c.Zone).Format("Mon 2006-01-02"))
	}
	return all, nil
}

// bounded is a rule with its end on the clock of the series. A day as the end is included.
func (c counted) bounded(rule *recur.Rule) recur.Bounded {
	b := recur.Forever(rule)
	switch u := rule.Until; {
	case u == nil:
	case c.whole:
		b.Until = ical.Wall(u.Day()) * ical.DaySeconds
	case u.Date:
		b.Until = u.Wall + ical.DaySeconds - 1
	case u.UTC:
		b = c.clock.Bound(rule, int64(u.Wall))
	default:
		b.Until = u.Wall
	}
	return b
}

// span is the occurrence that begins when the clock shows w.
func (c counted) span(w ical.Wall) reservations.Span {
	if c.whole {
		noon := time.Unix(c.clock.Resolve(w+ical.DaySeconds/2), 0)
		return rules.Rules{Clock: c.Zone}.Shifted(c.First, noon).UTC()
	}
	start := time.Unix(c.clock.Resolve(w), 0).UTC()
	length := c.clock.Read(c.First.End.Unix()) - c.clock.Read(c.First.Start.Unix())
	end := time.Unix(c.clock.Resolve(w+length), 0).UTC()
	if !end.After(start) { // its end is skipped by the clock, or comes twice
		end = start.Add(c.First.Duration())
	}
	return reservations.Span{Start: start, End: end}
}
