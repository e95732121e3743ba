package feed

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
)

// Error makes a fault an error that keeps its line.
func (f *fault) Error() string { return f.err.Error() }

func (f *fault) Unwrap() error { return f.err }

// pick names instances of a series: by the instant they start, or all of a
// local day.
type pick struct {
	day bool
	n   int64
}

// plan is a series while it is expanded.
type plan struct {
	*series
	repeats  bool
	loc      *time.Location // DTSTART's
	floating *time.Location
	excluded map[pick]bool
	changed  map[pick]*event // overrides of one instance
	rest     []following     // THISANDFUTURE, by start
	met      map[*event]bool // overrides whose instance exists
	ends     map[wall]rdate  // RDATE periods
}

// following changes all instances from an original start on.
type following struct {
	from  int64
	shift wall
	event *event
}

// instances appends the occurrences of s that lie in the window.
func (x *expander) instances(s *series) error {
	if s.master != nil && s.master.cancelled() {
		return nil
	}
	p := plan{series: s, floating: x.zones.floating(s.any().cal), met: make(map[*event]bool)}
	if s.master != nil {
		loc, err := x.locate(s.master, s.master.start, p.floating)
		if err != nil {
			return err
		}
		p.loc = loc
		p.repeats = s.master.repeats() || len(s.overrides) > 0
		if err := x.exclusions(&p); err != nil {
			return err
		}
	}
	if err := x.overrides(&p); err != nil {
		return err
	}
	if s.master != nil {
		if err := x.regular(&p); err != nil {
			return err
		}
	}
	return x.moved(&p)
}

// locate is the zone of a stamp of e; a name nobody knows is noted.
func (x *expander) locate(e *event, s stamp, floating *time.Location) (*time.Location, error) {
	loc, note, err := x.zones.of(s, e.cal, floating)
	if note != "" {
		x.log.note(e.Line, e.UID, note, "add a VTIMEZONE to the feed, or use a name of the IANA zone table")
	}
	return loc, err
}

// at is the instant of a stamp of e. A floating one is read in the zone of the
// series' DTSTART.
func (x *expander) at(p *plan, e *event, s stamp) (time.Time, error) {
	floating := p.floating
	if p.loc != nil && !p.master.start.date {
		floating = p.loc
	}
	loc, err := x.locate(e, s, floating)
	if err != nil {
		return time.Time{}, err
	}
	return resolve(s.wall, loc), nil
}

// pickOf is what an EXDATE or RECURRENCE-ID selects: an instant, or a day where
// either it or the series has no time.
func (x *expander) pickOf(p *plan, e *event, s stamp) (pick, error) {
	if s.date || p.master != nil && p.master.start.date {
		return pick{true, s.wall.day()}, nil
	}
	t, err := x.at(p, e, s)
	return pick{false, t.Unix()}, err
}

func (x *expander) exclusions(p *plan) error {
	p.excluded = make(map[pick]bool, len(p.master.exdates))
	for _, s := range p.master.exdates {
		k, err := x.pickOf(p, p.master, s)
		if err != nil {
			return fmt.Errorf("EXDATE: %w", err)
		}
		p.excluded[k] = true
	}
	return nil
}

// overrides sorts the RECURRENCE-ID events of the series into those of one
// instance (the newest counts) and those of all that follow.
func (x *expander) overrides(p *plan) error {
	p.changed = make(map[pick]*event, len(p.series.overrides))
	for _, o := range p.series.overrides {
		k, err := x.pickOf(p, o, *o.original)
		if err != nil {
			return fmt.Errorf("RECURRENCE-ID: %w", err)
		}
		if o.following && p.master != nil {
			f, err := x.followingOf(p, o)
			if err != nil {
				return err
			}
			p.rest = append(p.rest, f)
			continue
		}
		if was := p.changed[k]; was == nil || o.newer(was) {
			p.changed[k] = o
		}
	}
	// Of two from the same start the newer comes last, and counts.
	slices.SortStableFunc(p.rest, func(a, b following) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.event.sequence, b.event.sequence), cmp.Compare(a.event.changed(), b.event.changed()))
	})
	return nil
}

func (x *expander) followingOf(p *plan, o *event) (following, error) {
	from, err := x.at(p, o, *o.original)
	if err != nil {
		return following{}, fmt.Errorf("RECURRENCE-ID: %w", err)
	}
	f := following{from: from.Unix(), event: o}
	if o.started {
		start, err := x.at(p, o, o.start)
		if err != nil {
			return f, err
		}
		f.shift = wallIn(start, p.loc) - wallIn(from, p.loc)
	}
	return f, nil
}

// regular emits the instances of the master that no override has taken.
func (x *expander) regular(p *plan) error {
	starts, err := x.starts(p)
	if err != nil {
		return err
	}
	for _, w := range starts {
		t := resolve(w, p.loc)
		if shown := wallIn(t, p.loc); shown != w && contains(starts, shown) {
			continue // in a gap, and at the instant of another
		}
		moment, day := pick{false, t.Unix()}, pick{true, w.day()}
		if p.excluded[moment] || p.excluded[day] {
			continue
		}
		if o := cmp.Or(p.changed[moment], p.changed[day]); o != nil {
			p.met[o] = true
			continue
		}
		e, from := p.master, w
		if f := p.restAt(t.Unix()); f != nil {
			if f.event.cancelled() {
				continue
			}
			e, from = f.event, w+f.shift
		}
		span, err := x.span(p, e, from, w)
		if err != nil {
			return err
		}
		if err := x.emit(p, e, span, t); err != nil {
			return err
		}
	}
	return nil
}

// contains reports whether starts, which are in order, hold w.
func contains(starts []wall, w wall) bool {
	_, found := slices.BinarySearch(starts, w)
	return found
}

// restAt is the last change of "this and all following" that covers t.
func (p *plan) restAt(t int64) *following {
	n, exact := slices.BinarySearchFunc(p.rest, t, func(f following, t int64) int { return cmp.Compare(f.from, t) })
	for exact && n+1 < len(p.rest) && p.rest[n+1].from == t {
		n++
	}
	if !exact {
		n--
	}
	if n < 0 {
		return nil
	}
	return &p.rest[n]
}

// moved emits the overrides of single instances, wherever they were moved to.
func (x *expander) moved(p *plan) error {
	for _, o := range p.series.overrides {
		if p.master != nil && o.following || o.cancelled() {
			continue
		}
		k, err := x.pickOf(p, o, *o.original)
		if err != nil {
			return err
		}
		original, err := x.originalOf(p, o, k)
		if err != nil {
			return err
		}
		if p.changed[k] != o || p.takes(k, original) {
			continue
		}
		x.orphan(p, o, original)
		if err := x.override(p, o, original); err != nil {
			return err
		}
	}
	return nil
}

// originalOf is the start the instance had: on a day that is selected as a
// whole, the time of DTSTART.
func (x *expander) originalOf(p *plan, o *event, k pick) (time.Time, error) {
	if k.day && p.master != nil {
		return resolve(wall(k.n*daySeconds)+wall(p.master.start.clock()), p.loc), nil
	}
	return x.at(p, o, *o.original)
}

// takes reports whether an EXDATE takes away the instance: it does so with its
// override, too.
func (p *plan) takes(k pick, original time.Time) bool {
	return p.excluded[k] || p.loc != nil && p.excluded[pick{true, wallIn(original, p.loc).day()}]
}

// orphan notes an override that changes nothing: it is emitted all the same.
func (x *expander) orphan(p *plan, o *event, original time.Time) {
	switch {
	case p.master == nil:
		x.log.note(o.Line, o.UID, "change of an instance whose series is not in the feed", "")
	case !p.met[o] && x.window.Contains(original):
		x.log.note(o.Line, o.UID, "change of an instance that its series does not have", "")
	}
}

func (x *expander) override(p *plan, o *event, original time.Time) error {
	own := plan{series: &series{master: o}, floating: p.floating}
	loc, err := x.locate(o, o.start, p.floating)
	if err != nil {
		return err
	}
	own.loc = loc
	span, err := x.span(&own, o, o.start.wall, o.start.wall)
	if err != nil {
		return err
	}
	own.repeats = true
	return x.emit(&own, o, span, original)
}

// emit keeps an occurrence that touches the window.
func (x *expander) emit(p *plan, e *event, span reservations.Span, original time.Time) error {
	span = span.UTC()
	if !span.Overlaps(x.window) && !(span.Empty() && x.window.Contains(span.Start)) {
		return nil
	}
	if len(x.out) == maxOccurrences {
		return errOccurrences
	}
	o := Occurrence{Event: &e.Event, Span: span}
	if p.repeats {
		o.Recurrence = original.UTC().Format("20060102T150405Z")
	}
	x.out = append(x.out, o)
	return nil
}
