package scheduler_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
)

// poll is a fetch of a calendar, and what its server said; nil when that was
// nothing whole.
type reading struct {
	at   time.Time
	now  time.Time // by the wall clock, …
	safe time.Time // … and by the one that the daemon trusts
	from *calendar
	said []said
}

// early is the earlier of both clocks: what is not over by one of them counts.
func (p reading) early() time.Time {
	if p.safe.Before(p.now) {
		return p.safe
	}
	return p.now
}

// question is a loss that is too large to be believed at once.
type question struct {
	lost   map[occurrence]bool
	seen   map[occurrence]sighting
	answer reservations.Answer
}

// sighting is since when, by the trusted clock, and how often a loss was seen.
type sighting struct {
	since time.Time
	times int
}

// takePolls takes in what the calendars have said lately: what is new in them is
// booked, what is gone is cancelled, from the poll on. More than five bookings, a
// quarter of all, and of a quarter of the people, stay until a person agrees, or three
// polls over half an hour say the same of each. All else goes on.
func (m *model) takePolls() {
	m.polling.Lock()
	polls := m.polls
	m.polls = nil
	m.polling.Unlock()
	for _, p := range polls {
		if p.said != nil {
			m.believe(p, m.keptBack(p))
		}
	}
}

// keptBack is what a poll has lost and stays all the same.
func (m *model) keptBack(p reading) map[occurrence]bool {
	c := p.from
	lost, current := c.gone(p.said, p.early())
	if len(lost) <= 5 || len(lost)*4 <= current || len(lost) < current && !c.parts(lost, p.early()) {
		c.held = question{}
		return nil
	}
	q := &c.held
	covered := q.lost != nil
	for o := range lost {
		covered = covered && q.lost[o]
	}
	if covered && q.answer == reservations.Accepted {
		c.held = question{}
		return nil
	}
	if !covered && q.answer == reservations.Rejected {
		q.seen = nil
	}
	kept, seen := make(map[occurrence]bool), make(map[occurrence]sighting)
	for o := range lost {
		s, known := q.seen[o]
		if !known {
			s.since = p.safe
		}
		s.times++
		if covered && q.answer == reservations.Rejected || s.times < 3 || p.safe.Sub(s.since) < 30*time.Minute {
			kept[o], seen[o] = true, s
		}
	}
	switch {
	case len(kept) == 0:
		c.held = question{}
	case covered:
		q.seen = seen
	default:
		c.held = question{lost: kept, seen: seen}
	}
	m.tell("calendar %s: of a loss of %d of %d, %d are held", c.name, len(lost), current, len(kept))
	return kept
}

// parts reports whether a loss is one of several people, a quarter of those of the
// calendar, and of several events where it is one person's.
func (c *calendar) parts(lost map[occurrence]bool, now time.Time) bool {
	people := make(map[string]bool)
	for o := range c.truth {
		if o.end > now.Unix() {
			people[o.person] = true
		}
	}
	who := func(o occurrence) string {
		if len(people) > 1 {
			return o.person
		}
		uid, _, _ := strings.Cut(c.truth[o].name, " ")
		return uid
	}
	all, gone := make(map[string]bool), make(map[string]bool)
	for o := range c.truth {
		if o.end > now.Unix() {
			all[who(o)] = true
		}
	}
	for o := range lost {
		gone[who(o)] = true
	}
	return len(gone) > 1 && len(gone)*4 > len(all)
}

// gone lists what a calendar does not say any more, of what is not over. What has
// its name still, and another time, desk or person, is not lost. Current counts all
// that is not over.
func (c *calendar) gone(all []said, now time.Time) (lost map[occurrence]bool, current int) {
	names := make(map[string]bool)
	says := make(map[occurrence]bool)
	for _, s := range all {
		says[s.occurrence] = true
		if c.truth[s.occurrence].id == "" {
			names[s.name] = true
		}
	}
	lost = make(map[occurrence]bool)
	for o, b := range c.truth {
		if o.end <= now.Unix() {
			continue
		}
		current++
		if !says[o] && !names[b.name] {
			lost[o] = true
		}
	}
	return lost, current
}

// believe makes what a calendar said the truth, but for what stays, and for what is
// in the way of that.
func (m *model) believe(p reading, kept map[occurrence]bool) {
	c, now := p.from, p.early()
	says := make(map[occurrence]bool)
	names := make(map[string]occurrence)
	for _, s := range p.said {
		says[s.occurrence] = true
		if c.truth[s.occurrence].id == "" {
			names[s.name] = s.occurrence
		}
	}
	for _, o := range inOrder(c.truth) {
		if says[o] || kept[o] {
			continue
		}
		b := c.truth[o]
		delete(c.truth, o)
		for w, blocker := range c.waits {
			if blocker == o && o.end > now.Unix() {
				delete(c.waits, w)
			}
		}
		to, changed := names[b.name]
		if changed && o.end > now.Unix() && !c.waiting(to, kept) { // the same one, but different
			c.truth[to] = b
			m.know(b.id, version{known: p.at, desk: to.desk, person: to.person, Span: to.span(), from: c})
			continue
		}
		m.know(b.id, version{known: p.at, desk: o.desk, person: o.person})
	}
	for _, s := range p.said {
		if c.truth[s.occurrence].id == "" && !c.waiting(s.occurrence, kept) {
			c.all++
			b := believed{s.name, fmt.Sprintf("feed %s %d", s.name, c.all)}
			c.truth[s.occurrence] = b
			m.know(b.id, version{known: p.at, desk: s.desk, person: s.person, Span: s.span(), from: c})
		}
	}
}

// waiting reports whether a booking's desk is taken by one that stays: it waits until
// that is dropped.
func (c *calendar) waiting(w occurrence, kept map[occurrence]bool) bool {
	if _, waits := c.waits[w]; waits {
		return true
	}
	for o := range kept {
		if o.desk == w.desk && o.start < w.end && w.start < o.end {
			if c.waits == nil {
				c.waits = make(map[occurrence]occurrence)
			}
			c.waits[w] = o
			return true
		}
	}
	return false
}

// inOrder lists what counts, by start and desk.
func inOrder(truth map[occurrence]believed) []occurrence {
	return slices.SortedFunc(maps.Keys(truth), func(a, b occurrence) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.desk, b.desk))
	})
}
