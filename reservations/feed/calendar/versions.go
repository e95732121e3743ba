package calendar

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
	"deskd/reservations/feed/recur"
)

// Events that share a UID without a RECURRENCE-ID are versions of one event, or
// several that a tool gives one name: a merged calendar has a meeting once for
// each resource, an export numbers nothing.
//
//	of them                                        counts
//	of a lower SEQUENCE than another               nothing; noted
//	of equal SEQUENCE, same start, same desk       the newest; the others are noted
//	of equal SEQUENCE, another start or desk       each, as an event of its own
//	cancelled                                      against those of its start and desk; of
//	                                               its start when it names no desk; against
//	                                               all when it says neither
//
// "Newest" is by LAST-MODIFIED, else DTSTAMP, else the place in the file.

// version is a master with what tells it from others of its UID.
type version struct {
	*event
	at   int64
	day  bool
	desk string
}

// versions sorts out the masters of s, which are more than one. Those that count
// are left, in the order of the file.
func (x *expander) versions(s *series) {
	top := slices.MaxFunc(s.masters, func(a, b *event) int { return cmp.Compare(a.sequence, b.sequence) }).sequence
	var older []*event
	all := make([]version, 0, len(s.masters))
	for _, e := range s.masters {
		if e.sequence < top {
			older = append(older, e)
			continue
		}
		v := version{event: e, desk: x.place(e), day: e.start.Date}
		v.at, _ = x.startOf(e)
		all = append(all, v)
	}
	// The newest first, so that each finds its replacement before it.
	slices.SortStableFunc(all, func(a, b version) int {
		return cmp.Or(cmp.Compare(b.changed(), a.changed()), cmp.Compare(b.line, a.line))
	})
	kept, cancelled := make(map[version]bool), cancels{of: make(map[version]bool)}
	var blind []*event // cancellations that do not show which version they cancel
	s.masters = s.masters[:0]
	for _, v := range all {
		key := version{at: v.at, day: v.day, desk: v.desk}
		switch {
		case cancelled.takes(v):
		case v.cancelled() && v.unread && !v.started:
			blind = append(blind, v.event)
		case v.cancelled():
			cancelled.of[key], cancelled.all = true, cancelled.all || !v.started
		case kept[key] && v.level != gone:
			x.superseded(v.event, "a newer one with its start and desk")
		default:
			kept[key] = true
			s.masters = append(s.masters, v.event)
		}
	}
	slices.SortFunc(s.masters, func(a, b *event) int { return cmp.Compare(a.line, b.line) })
	if s.cancelled = len(s.masters) == 0; s.cancelled {
		return // what a cancellation takes needs no note
	}
	for _, e := range blind {
		x.log.lose(e, ical.Fault{Line: int(e.line), Err: errors.New("a cancelled event without a start that can be read, one of several with this UID")}, "give each event a UID of its own", nil)
		s.unread = append(s.unread, e)
	}
	for _, e := range older {
		x.superseded(e, "of a higher SEQUENCE")
	}
}

// cancels are cancellations of versions: of all of them by one without a start, else
// by start and desk, which is empty where one names none.
type cancels struct {
	of  map[version]bool
	all bool
}

// takes reports whether one of the cancellations is of v.
func (c cancels) takes(v version) bool {
	at := version{at: v.at, day: v.day}
	named := at
	named.desk = v.desk
	return c.all || v.started && (c.of[at] || c.of[named])
}

// superseded notes that another event counts instead of e.
func (x *expander) superseded(e *event, which string) {
	if e.level == whole {
		x.log.note(int(e.line), e.id(), "another event with this UID counts instead, "+which, "give each event a UID of its own, if they are not versions of one")
	}
}

// place is what e names as its desk, in a form that can be compared.
func (x *expander) place(e *event) string {
	if e.level != whole && e.level != placed {
		return ""
	}
	d := describe(e, &x.prop)
	if x.names != nil {
		if desks := x.names.Place(d); desks != "" {
			return desks
		}
	}
	return textOfPlaces(d)
}

// textOfPlaces is what an event names as its places, where it is unknown which desks
// they are.
func textOfPlaces(e *Event) string {
	texts := slices.Concat([]string{e.Location}, e.Resources, e.Places)
	for _, a := range e.Attendees {
		if a.Thing() {
			texts = append(texts, a.Address)
		}
	}
	for i, text := range texts {
		texts[i] = reservations.NameKey(text)
	}
	slices.Sort(texts)
	return strings.Trim(strings.Join(slices.Compact(texts), "\n"), "\n")
}

// The search for the series of a change among several of one UID: among more than
// mostCompared of them its instance and desk are not looked at. What each of them
// costs is work.
const (
	mostCompared = 100
	perSeries    = 4
	perCompared  = 60
)

// each expands every master of s with the changes that are its own. One that
// cannot be read costs itself alone.
func (x *expander) each(s *series) error {
	masters, overrides := s.masters, slices.Clone(s.overrides)
	owner, err := x.owners(overrides, masters)
	if err != nil {
		return err
	}
	room, work := x.room, x.work.Series
	for _, m := range masters {
		x.room, x.work.Series = min(room, x.allowed.occurrences), min(work, x.allowed.work)
		granted, given := x.room, x.work.Series
		m.shared = true
		one := series{master: m, known: true}
		for _, o := range overrides {
			if owner[o] == m {
				o.shared = true
				one.overrides = append(one.overrides, o)
			}
		}
		before, shown := len(x.out), len(x.shown)
		err := x.instances(&one)
		work -= given - x.work.Series
		if err == nil {
			room -= granted - x.room
			continue
		}
		x.out, x.shown = x.out[:before], x.shown[:shown]
		if errors.Is(err, recur.ErrStopped) || x.waits(err) {
			return err
		}
		x.lose(&one, err)
	}
	return nil
}

// owners are the masters that overrides are of.
func (x *expander) owners(overrides, masters []*event) (map[*event]*event, error) {
	cost, desks := perSeries*len(masters), map[*event]string(nil)
	if len(masters) <= mostCompared {
		cost, desks = perCompared*len(masters), make(map[*event]string, len(masters))
		for _, m := range masters {
			desks[m] = x.place(m)
		}
	}
	owner := make(map[*event]*event, len(overrides))
	for _, o := range overrides {
		if err := x.work.SpendSeries(cost); err != nil {
			return nil, err
		}
		owner[o] = x.ownerOf(o, masters, desks)
	}
	return owner, nil
}

// ownerOf is the master that o changes an instance of: one that has the instance,
// with o's desk, in o's calendar, and the last of those above it in the file. Without
// desks of the masters, instance and desk are not looked at.
func (x *expander) ownerOf(o *event, masters []*event, desks map[*event]string) *event {
	left := masters
	narrow := func(fits func(*event) bool) {
		var fit []*event
		for _, m := range left {
			if fits(m) {
				fit = append(fit, m)
			}
		}
		if len(fit) > 0 {
			left = fit
		}
	}
	if desks != nil {
		narrow(func(m *event) bool { return x.hasInstance(m, o) })
		if desk := x.place(o); desk != "" {
			narrow(func(m *event) bool { return desks[m] == desk })
		}
	}
	narrow(func(m *event) bool { return m.calendar == o.calendar })
	narrow(func(m *event) bool { return m.line < o.line })
	if left[0].line < o.line {
		return left[len(left)-1]
	}
	return left[0]
}

// hasInstance reports whether m has the instance that o changes.
func (x *expander) hasInstance(m, o *event) bool {
	s := series{master: m}
	p := plan{series: &s, floating: x.zones.Floating(m.cal)}
	clock, _, err := x.zones.of(m.start, m.cal, p.floating, nil)
	if err != nil || o.original == nil {
		return false
	}
	p.clock = clock
	k, err := x.pickOf(&p, o, *o.original)
	if err != nil {
		return false
	}
	w := ical.Wall(k.n*ical.DaySeconds) + ical.Wall(m.start.Clock())
	if !k.day {
		w = clock.Read(k.n)
	}
	set := recur.Set{Start: m.start.Wall, AllDay: m.start.Date, Clock: clock, Work: &x.work}
	for _, raw := range m.rules {
		if all, err := x.bounded(&p, []rawRule{raw}, set.Rules); err == nil {
			set.Rules = all
		}
	}
	for _, d := range m.rdates {
		set.Dates = append(set.Dates, d.Wall)
	}
	return set.Has(w)
}

// lose reports that a series is lost.
func (x *expander) lose(s *series, err error) {
	at := faultOf(err, int(s.any().line))
	var seen *Event
	if s.any().level == whole {
		seen = describe(s.any(), &x.prop)
	}
	x.log.lose(s.any(), *at, hintOfExcess(at.Err), seen)
	l := x.lostOf(s.any())
	if seen != nil && x.names != nil {
		g := x.glimpse(seen)
		l.Desks, l.Person = g.desks, g.person
	}
	if l.Shared = s.any().shared && l.Start != 0 && !l.Repeats; l.Shared {
		x.doubts.add(l)
		return
	}
	x.doubts.Event(l)
}
