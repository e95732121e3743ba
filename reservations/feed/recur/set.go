package recur

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"deskd/reservations/feed/ical"
)

// Set is a recurrence set (RFC 5545 3.8.5): a start, which always counts, and what rules
// and dates add to it, without what exception rules select. Its instances are readings
// of the clock of the start; Start, Clock and Work must be set.
//
// Where no rule selects the start (RFC 5545 leaves that open), it counts as the first
// instance of each:
//
//	DTSTART Tue, RRULE weekly on Mon, COUNT=3     Tue, Mon, Mon
type Set struct {
	Start  ical.Wall
	AllDay bool   // Start is a date
	Clock  *Clock // that Start is read on
	// Rules are the RRULEs and ExRules the EXRULEs, Dates the RDATEs in any order.
	Rules, ExRules []Bounded
	Dates          []ical.Wall
	Work           *Work // what may be spent
	// Odd, if set, receives the oddities of the n-th of Rules.
	Odd func(n int, what Oddity)
}

// Bounded is a rule with its end on the clock of a set.
type Bounded struct {
	*Rule
	// Until is the last reading that the rule may select, see [Clock.Bound].
	Until ical.Wall
	// Last is the last instant, in Unix seconds.
	Last int64
}

// Forever bounds a rule by the end of the calendar alone.
func Forever(r *Rule) Bounded { return Bounded{r, ical.LastWall, math.MaxInt64} }

// Bound bounds a rule by the instant t, which counts, in Unix seconds. Around a change of
// the clock readings do not follow each other like instants: Until is a day late then.
func (c *Clock) Bound(r *Rule, t int64) Bounded {
	until := c.Read(t)
	if c.Offset(t-ical.DaySeconds) != c.Offset(t+ical.DaySeconds) {
		return Bounded{r, until + ical.DaySeconds, t}
	}
	return Bounded{r, until, math.MaxInt64}
}

// Oddity is a remark about a rule of a set that is no error.
type Oddity int

// The oddities.
const (
	// SelectsNothing is the oddity of a rule that selects no day at all. It is left out.
	SelectsNothing Oddity = iota
	// StartIsOff is the oddity of a rule of a set whose start no rule selects, and
	// EndsBeforeStart of one whose Until is before that start.
	StartIsOff
	EndsBeforeStart
)

// RuleError is the error of the n-th of a set's Rules, or of its ExRules.
type RuleError struct {
	N      int
	Except bool
	Err    error
}

// Error says only the cause: the caller has the rule, and can name it better than by
// number.
func (e *RuleError) Error() string { return e.Err.Error() }

func (e *RuleError) Unwrap() error { return e.Err }

// maxNever is how many rules of a set may select nothing: finding that out is work.
const maxNever = 4

// Between appends to out the instances in [from, to), in order and each once. Its error
// is a [*RuleError]; what it has appended then is not all.
func (s *Set) Between(from, to ical.Wall, out []ical.Wall) ([]ical.Wall, error) {
	n := len(out)
	window := [2]ical.Wall{from, to}
	off, never, err := s.offPattern()
	if err != nil {
		return out, err
	}
	out = append(out, s.Start)
	for i := range s.Rules {
		if slices.Contains(never, i) {
			continue
		}
		if out, err = s.counted(i, off, window, out); err != nil {
			return out, &RuleError{i, false, err}
		}
	}
	out = append(out, s.Dates...)
	for i, b := range s.ExRules {
		series, err := s.series(b)
		if err != nil {
			return out, &RuleError{i, true, err}
		}
		gone, err := s.upTo(b.Last, &series, window, nil)
		if err != nil {
			return out, &RuleError{i, true, err}
		}
		out = deleteFrom(out, n, func(w ical.Wall) bool { return contains(gone, w) })
	}
	slices.Sort(out[n:])
	out = deleteFrom(out, n, func(w ical.Wall) bool { return w < from || w >= to })
	return out[:n+len(slices.Compact(out[n:]))], nil
}

// Has reports whether w is the start, a date, or selected by a rule. Rules that cannot be
// followed select nothing.
func (s *Set) Has(w ical.Wall) bool {
	if w == s.Start || slices.Contains(s.Dates, w) {
		return true
	}
	for _, b := range s.Rules {
		if series, err := s.series(b); err == nil {
			if has, err := series.Has(w); err == nil && has {
				return true
			}
		}
	}
	return false
}

// offPattern reports whether the start is none of the instances of the rules, and
// which of them select nothing at all: those leave the start and the dates.
func (s *Set) offPattern() (off bool, never []int, err error) {
	for i, b := range s.Rules {
		series, err := s.series(b)
		has := false
		if err == nil {
			has, err = series.Has(s.Start)
		}
		if has {
			return false, never, nil
		}
		if err == nil && b.Until >= s.Start {
			err = series.Check()
		}
		if errors.Is(err, ErrNever) && len(never) < maxNever {
			s.odd(i, SelectsNothing)
			never = append(never, i)
			continue
		}
		if err != nil {
			return false, nil, &RuleError{i, false, err}
		}
	}
	return len(s.Rules) > 0, never, nil
}

// counted appends the instances of one of the rules. Where none of them selects the
// start (it is off), that counts as the first of each.
func (s *Set) counted(n int, off bool, window [2]ical.Wall, out []ical.Wall) ([]ical.Wall, error) {
	b := s.Rules[n]
	series, err := s.series(b)
	if err != nil {
		return out, err
	}
	switch {
	case off && b.Until < s.Start:
		s.odd(n, EndsBeforeStart)
	case off:
		s.odd(n, StartIsOff)
		if series.Count == 1 {
			return out, nil
		}
		series.Count = max(0, series.Count-1)
	}
	return s.upTo(b.Last, &series, window, out)
}

// upTo appends the instances of a series that are not after the instant last.
func (s *Set) upTo(last int64, series *Series, window [2]ical.Wall, out []ical.Wall) ([]ical.Wall, error) {
	n := len(out)
	out, err := series.Between(window[0], window[1], out)
	if last < math.MaxInt64 {
		out = deleteFrom(out, n, func(w ical.Wall) bool { return s.Clock.Resolve(w) > last })
	}
	return out, err
}

// series is that of a rule of the set. It may select starts after b.Last.
func (s *Set) series(b Bounded) (Series, error) {
	switch {
	case b.Freq < Hourly:
		return Series{}, fmt.Errorf("FREQ=%s is not supported", b.Freq)
	case b.Freq < Daily && s.AllDay:
		return Series{}, fmt.Errorf("FREQ=%s does not go with a DTSTART that is a date", b.Freq)
	}
	if err := s.Work.SpendSeries(b.cost()); err != nil {
		return Series{}, err
	}
	return b.From(s.Start, s.AllDay, b.Until, s.Work), nil
}

func (s *Set) odd(n int, what Oddity) {
	if s.Odd != nil {
		s.Odd(n, what)
	}
}

// deleteFrom takes out of list what is gone, from n on.
func deleteFrom(list []ical.Wall, n int, gone func(ical.Wall) bool) []ical.Wall {
	return list[:n+len(slices.DeleteFunc(list[n:], gone))]
}

func contains(sorted []ical.Wall, w ical.Wall) bool {
	_, found := slices.BinarySearch(sorted, w)
	return found
}
