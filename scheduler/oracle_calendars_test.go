package scheduler_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"deskd/reservations"
)

// poll is a fetch of a calendar, and what its server said; nil when that was
// nothing whole.
type poll struct {
	at   time.Time
	now  time.Time // by the wall clock, …
	safe time.Time // … and by the one that the daemon trusts
	from *calendar
	said []said
}

// early is the earlier of both clocks: what is not over by one of them counts.
func (p poll) early() time.Time {
	if p.safe.Before(p.now) {
		return p.safe
	}
	return p.now
}

// question is a loss that is too large to be believed at once.
type question struct {
	lost   map[occurrence]bool
	said   []said    // with it
	since  time.Time // by the wall clock
	seen   int
	answer reservations.Answer
}

// takePolls takes in what the calendars have said lately: what is new in them is
// booked, what is gone is cancelled, from the poll on. More than five bookings
// and a quarter of all stay until somebody agrees, or three polls over half an
// hour say the same.
func (m *model) takePolls() {
	m.polling.Lock()
	polls := m.polls
	m.polls = nil
	m.polling.Unlock()
	for _, p := range polls {
		if p.said != nil && !m.isHeld(p) {
			m.believe(p)
		}
	}
}

func (m *model) isHeld(p poll) bool {
	c, now := p.from, p.early()
	lost, current := c.gone(p.said, now)
	if len(lost) <= 5 || len(lost)*4 <= current {
		c.held = question{}
		return false
	}
	q := &c.held
	if q.isAnother(lost, p.said, now) {
		*q = question{lost: lost, said: p.said, since: p.safe}
	}
	q.seen++
	switch {
	case q.answer == reservations.Accepted, q.answer == "" && q.seen >= 3 && p.safe.Sub(q.since) >= 30*time.Minute:
		c.held = question{}
		return false
	}
	m.tell("calendar %s: a loss of %d of %d is held", c.name, len(lost), current)
	return true
}

// isAnother reports whether a loss, and what is said with it, is another question
// than q: another loss always, and once q was rejected anything else that is new.
func (q *question) isAnother(lost map[occurrence]bool, all []said, now time.Time) bool {
	for o := range lost {
		if !q.lost[o] {
			return true
		}
	}
	return q.answer == reservations.Rejected && slices.ContainsFunc(all, func(s said) bool {
		return s.end > now.Unix() && !slices.ContainsFunc(q.said, func(then said) bool { return then.occurrence == s.occurrence })
	})
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

// believe makes what a calendar said the truth.
func (m *model) believe(p poll) {
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
		if says[o] {
			continue
		}
		b := c.truth[o]
		delete(c.truth, o)
		to, changed := names[b.name]
		if changed && o.end > now.Unix() { // the same one, but different
			c.truth[to] = b
			m.know(b.id, version{known: p.at, desk: to.desk, person: to.person, Span: to.span(), from: c})
			continue
		}
		m.know(b.id, version{known: p.at, desk: o.desk, person: o.person})
	}
	for _, s := range p.said {
		if c.truth[s.occurrence].id == "" {
			c.all++
			b := believed{s.name, fmt.Sprintf("feed %s %d", s.name, c.all)}
			c.truth[s.occurrence] = b
			m.know(b.id, version{known: p.at, desk: s.desk, person: s.person, Span: s.span(), from: c})
		}
	}
}

// inOrder lists what counts, by start and desk.
func inOrder(truth map[occurrence]believed) []occurrence {
	return slices.SortedFunc(maps.Keys(truth), func(a, b occurrence) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.desk, b.desk))
	})
}
