package calendar

import (
	"cmp"
	"fmt"
	"slices"

	"deskd/reservations/feed/ical"
	"deskd/reservations/feed/recur"
)

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
	clock    *recur.Clock // DTSTART's
	floating *recur.Clock
	excluded map[pick]bool
	changed  map[pick]*event       // overrides of one instance
	met      map[*event]bool       // those whose instance exists
	rest     []following           // THISANDFUTURE, by start
	ends     map[int64]ical.Period // RDATE periods, by start
	late     []int64               // RDATEs in the second of two equal hours
}

// following changes all instances from an original start on.
type following struct {
	from  int64
	shift ical.Wall
	event *event
}

// instances appends the occurrences of s that lie in the window.
func (x *expander) instances(s *series) error {
	if s.master == nil && len(s.overrides) == 0 {
		return nil
	}
	p := plan{series: s, floating: x.zones.Floating(s.any().cal)}
	if s.master != nil {
		clock, err := x.locate(s.master, s.master.start, p.floating, nil)
		if err != nil {
			return err
		}
		p.clock = clock
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

// locate is the clock of a stamp of e; an unknown zone is reported, and stand, or the
// site's, stands in for it.
func (x *expander) locate(e *event, s ical.Time, floating, stand *recur.Clock) (*recur.Clock, error) {
	clock, note, err := x.zones.of(s, e.cal, floating, stand)
	if note != "" {
		if s == e.start || e.end != nil && s == *e.end {
			e.standIn = note
		}
		x.log.tell(int(e.line), e.id(), note, "add a VTIMEZONE to the feed, or use a name of the IANA zone table")
	}
	return clock, err
}

// at is the instant of a stamp of e. A floating one is read in the zone of the
// series' DTSTART.
func (x *expander) at(p *plan, e *event, s ical.Time) (int64, error) {
	floating, stand := p.floating, (*recur.Clock)(nil)
	if p.clock != nil && !p.master.start.Date {
		floating, stand = p.clock, p.clock
	}
	clock, err := x.locate(e, s, floating, stand)
	if err != nil {
		return 0, err
	}
	return clock.Resolve(s.Wall), nil
}

// pickOf is what an EXDATE or RECURRENCE-ID selects: an instant, or a day where
// either it or the series has no time.
func (x *expander) pickOf(p *plan, e *event, s ical.Time) (pick, error) {
	if s.Date || p.master != nil && p.master.start.Date {
		return pick{true, s.Wall.Day()}, nil
	}
	t, err := x.at(p, e, s)
	return pick{false, t}, err
}

func (x *expander) exclusions(p *plan) error {
	if len(p.master.exdates) == 0 {
		return nil
	}
	if err := x.work.SpendSeries(len(p.master.exdates)); err != nil {
		return err
	}
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
	if len(p.series.overrides) == 0 {
		return nil
	}
	p.changed = make(map[pick]*event, len(p.series.overrides))
	p.met = make(map[*event]bool)
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
	f := following{from: from, event: o}
	if o.started {
		start, err := x.at(p, o, o.start)
		if err != nil {
			return f, err
		}
		f.shift = p.clock.Read(start) - p.clock.Read(from)
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
		t := p.clock.Resolve(w)
		if shown := p.clock.Read(t); shown != w && contains(starts, shown) {
			continue // in a gap, and at the instant of another
		}
		if err := x.instance(p, t, w); err != nil {
			return err
		}
	}
	for _, t := range p.late {
		if err := x.instance(p, t, p.clock.Read(t)); err != nil {
			return err
		}
	}
	return nil
}

// instance emits the instance that starts at t, where the clock shows w.
func (x *expander) instance(p *plan, t int64, w ical.Wall) error {
	if p.excluded != nil && (p.excluded[pick{false, t}] || p.excluded[pick{true, w.Day()}]) {
		return nil
	}
	if o := p.changeOf(t, w); o != nil {
		p.met[o] = true
		return nil
	}
	e, from := p.master, w
	if f := p.restAt(t); f != nil {
		if f.event.cancelled() {
			return nil
		}
		e, from = f.event, w+f.shift
	}
	start, end, err := x.span(p, e, from, t)
	if err != nil {
		return err
	}
	return x.emit(e, found{start: start, end: end, original: t, repeats: p.repeats})
}

// contains reports whether starts, which are in order, hold w.
func contains(starts []ical.Wall, w ical.Wall) bool {
	_, found := slices.BinarySearch(starts, w)
	return found
}

// changeOf is the override of the instance that starts at t, or nil.
func (p *plan) changeOf(t int64, w ical.Wall) *event {
	if p.changed == nil {
		return nil
	}
	return cmp.Or(p.changed[pick{false, t}], p.changed[pick{true, w.Day()}])
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
		if p.master != nil && o.following {
			continue
		}
		if err := x.move(p, o); err != nil {
			return err
		}
	}
	return nil
}

// move emits the override of a single instance, unless it is not the one that counts.
func (x *expander) move(p *plan, o *event) error {
	k, err := x.pickOf(p, o, *o.original)
	if err != nil {
		return err
	}
	original, err := x.originalOf(p, o, k)
	switch {
	case err != nil:
		return err
	case p.changed[k] != o || p.takes(k, original):
		return nil
	case o.cancelled():
		if !o.shared { // of another organizer's event nothing is cancelled
			x.doubts.cancelled(o.id(), original)
		}
		return nil
	case o.unread:
		x.doubts.instance(o.id(), original)
		x.doubts.add(x.lostOf(o))
		return nil
	}
	x.orphan(p, o, original)
	return x.override(p, o, original)
}

// originalOf is the start the instance had: on a day that is selected as a
// whole, the time of DTSTART.
func (x *expander) originalOf(p *plan, o *event, k pick) (int64, error) {
	if k.day && p.master != nil {
		return p.clock.Resolve(ical.Wall(k.n*ical.DaySeconds) + ical.Wall(p.master.start.Clock())), nil
	}
	return x.at(p, o, *o.original)
}

// takes reports whether an EXDATE removes the instance; it removes its override,
// too. Each of the two may name the day where the other names the time.
func (p *plan) takes(k pick, original int64) bool {
	return p.excluded[k] || p.excluded[pick{false, original}] ||
		p.clock != nil && p.excluded[pick{true, p.clock.Read(original).Day()}]
}

// orphan notes an override that changes nothing: it is emitted all the same.
func (x *expander) orphan(p *plan, o *event, original int64) {
	switch {
	case o.level != whole, len(p.unread) > 0:
	case !p.known:
		x.log.note(int(o.line), o.id(), "change of an instance whose series is not in the feed", "")
	case !p.met[o] && original >= x.from && original < x.to:
		x.log.note(int(o.line), o.id(), "change of an instance that its series does not have", "")
	}
}

func (x *expander) override(p *plan, o *event, original int64) error {
	own := plan{series: &series{master: o}, floating: p.floating}
	stand := p.clock
	if p.clock != nil && p.master.start.Date {
		stand = nil
	}
	clock, err := x.locate(o, o.start, p.floating, stand)
	if err != nil {
		return err
	}
	own.clock = clock
	start, end, err := x.span(&own, o, o.start.Wall, clock.Resolve(o.start.Wall))
	if err != nil {
		return err
	}
	return x.emit(o, found{start: start, end: end, original: original, repeats: true})
}

// emit keeps an occurrence that touches the window.
func (x *expander) emit(e *event, f found) error {
	if f.start >= x.to || f.end < x.from || f.end == x.from && f.start < f.end {
		return nil
	}
	switch {
	case len(x.out) == maxOccurrences:
		return errOccurrences
	case x.room <= 0:
		return x.full
	}
	x.room--
	if e.shown == 0 {
		x.shown = append(x.shown, describe(e, &x.prop))
		e.shown = len(x.shown)
	}
	f.event = int32(e.shown - 1) //nolint:gosec // at most 500,000
	x.out = append(x.out, f)
	return nil
}
