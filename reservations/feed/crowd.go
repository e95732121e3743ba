package feed

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
)

// crowds are the most desks that an event may book, and that one person may have at the
// same time: people sit at one desk, and a person who can write a calendar should not book
// the building with a line of it.
type crowds struct {
	event, person int
	feed          reservations.Feed
}

func crowdsOf(f reservations.Feed) crowds {
	return crowds{cmp.Or(f.EventDesks, reservations.UsualDesks), cmp.Or(f.PersonDesks, reservations.UsualDesks), f}
}

// ofEvent is why an event of n desks books none of them. What it booked before stays: the
// calendar has not cancelled it.
func (c crowds) ofEvent(n int) *miss {
	return &miss{
		what:   fmt.Sprintf("the event names %d desks, and one may book %d", n, c.event),
		hint:   "divide it; or raise event_desks of the feed",
		excess: true,
	}
}

func (c crowds) ofPerson(who string) *miss {
	return &miss{
		what:   fmt.Sprintf("%s has %d other desks in that time, and one person may have %d", who, c.person, c.person),
		hint:   "let others book their own; or raise person_desks of the feed",
		excess: true,
	}
}

// taken is a desk that a person has on the way through a calendar.
type taken struct {
	claims []int // of mapper.out, that want it at the same time: the first is the oldest
	end    time.Time
}

// crowd takes the desk from claims of a person who has too many at that time already.
// What is booked stays; of the rest, those created last give way.
func (m *mapper) crowd() {
	by := make(map[string][]int)
	for _, i := range m.claims {
		if who := m.out[i].Person; who != "" { // guests share one name, the empty one
			by[who] = append(by[who], i)
		}
	}
	gone, booked := make(map[int]bool), map[claimed]bool(nil)
	for _, claims := range by {
		if len(claims) > m.most.person {
			if booked == nil {
				booked = m.bookedBefore()
			}
			m.thin(claims, booked, gone)
		}
	}
	if len(gone) == 0 {
		return
	}
	left := m.claims[:0]
	for _, i := range m.claims {
		if !gone[i] {
			left = append(left, i)
			continue
		}
		c := &m.out[i]
		m.doubts.Occurrence(c.Occurrence, c.Person)
		m.displace(c, m.most.ofPerson(c.Person))
	}
	m.claims = left
}

// thin enters into gone the claims of one person that have to give way.
func (m *mapper) thin(claims []int, booked map[claimed]bool, gone map[int]bool) {
	slices.SortStableFunc(claims, func(i, k int) int { return m.out[i].Start.Compare(m.out[k].Start) })
	var now []taken
	for _, i := range claims {
		c := &m.out[i]
		now = slices.DeleteFunc(now, func(t taken) bool { return !t.end.After(c.Start) })
		if at := slices.IndexFunc(now, func(t taken) bool { return m.out[t.claims[0]].Desk == c.Desk }); at >= 0 {
			m.join(&now[at], i, booked)
			continue
		}
		if now = append(now, taken{[]int{i}, c.End}); len(now) > m.most.person {
			youngest := m.youngest(now, booked)
			for _, k := range now[youngest].claims {
				gone[k] = true
			}
			now = slices.Delete(now, youngest, youngest+1)
		}
	}
}

// join adds a claim on the same desk at the same time: which of them has it is another
// question.
func (m *mapper) join(t *taken, claim int, booked map[claimed]bool) {
	if t.claims = append(t.claims, claim); m.later(claim, t.claims[0], booked) < 0 {
		last := len(t.claims) - 1
		t.claims[0], t.claims[last] = t.claims[last], t.claims[0]
	}
	if end := m.out[claim].End; end.After(t.end) {
		t.end = end
	}
}

// youngest is the desk that was claimed last.
func (m *mapper) youngest(now []taken, booked map[claimed]bool) int {
	youngest := 0
	for at := range now {
		if m.later(now[at].claims[0], now[youngest].claims[0], booked) > 0 {
			youngest = at
		}
	}
	return youngest
}

// claimed names what a claim and its row have in common.
type claimed struct{ uid, occurrence, desk string }

func (m *mapper) bookedBefore() map[claimed]bool {
	all := make(map[claimed]bool, len(m.booked))
	for _, r := range m.booked {
		if r.Status == reservations.Confirmed {
			all[claimed{r.UID, r.Occurrence, r.Desk}] = true
		}
	}
	return all
}

// later orders two claims of one person. Attested claims come before those that others
// may have written in their name; of equals, what is booked already comes first, whatever
// CREATED says.
func (m *mapper) later(i, k int, booked map[claimed]bool) int {
	a, b := &m.out[i], &m.out[k]
	switch known, also := m.most.feed.Attests(a.Vouched), m.most.feed.Attests(b.Vouched); {
	case known && !also:
		return -1
	case also && !known:
		return 1
	}
	was := func(c *Mapped) bool { return booked[claimed{c.UID, c.Recurrence, c.Desk}] }
	switch has, had := was(a), was(b); {
	case has && !had:
		return -1
	case had && !has:
		return 1
	}
	return older(a, b)
}
