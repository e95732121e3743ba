package scheduler_test

import (
	"fmt"
	"strings"
	"time"

	"deskd/reservations"
)

// version is a reservation from known on. The zero span is that of a cancelled one.
type version struct {
	known        time.Time
	desk, person string
	reservations.Span
	from *calendar // nil for what people have booked
}

// now is the instant by the clock of the daemon's machine, to which people book.
func (m *model) now() time.Time { return m.wall(time.Now()) }

// bookSomething books a desk from about now on, or for later in the day, if
// desk and person are free then. Conflicts are not what this is about; once in a
// while a person books two desks.
func (m *model) bookSomething(desk, who string) {
	start := m.now().Truncate(time.Minute).Add(time.Duration(m.rand.IntN(180)-10) * time.Minute)
	if m.chance(4) { // right behind another one
		if v, ok := m.some(); ok {
			desk, start = v.desk, v.End
			if m.chance(2) {
				who = v.person
			}
		}
	}
	m.book(desk, who, reservations.Span{Start: start, End: start.Add(time.Duration(5+m.rand.IntN(150)) * time.Minute)})
}

// book makes a reservation, unless it is over or its desk or person has another.
func (m *model) book(desk, who string, span reservations.Span) {
	if m.running == nil || !span.End.After(m.now()) || !m.isFree(desk, who, span, "") {
		return
	}
	r, err := m.store.Reserve(m.by(), reservations.Reservation{Desk: desk, Person: who, Source: reservations.SourceCLI, Span: span}, m.now())
	m.ok(err)
	m.running.Kick()
	m.know(r.ID, version{known: time.Now(), desk: desk, person: who, Span: span})
}

// write changes the database as another program does.
func (m *model) write(query string) {
	m.foreign(query)
	m.written.Store(true)
}

// know notes what a reservation is from an instant on.
func (m *model) know(id string, v version) {
	if m.versions[id] == nil {
		m.ids = append(m.ids, id)
	}
	m.versions[id] = append(m.versions[id], v)
	m.tell("%s: %s %s %s-%s", id[:min(len(id), 24)], v.desk, v.person, v.Start.Format("15:04"), v.End.Format("15:04"))
	m.disturbed(soon)
}

// some is a reservation that has not ended.
func (m *model) some() (version, bool) {
	id, ok := m.someID(func(string) bool { return true })
	return m.last(id), ok
}

// isOfFeed reports whether a reservation came from a calendar.
func isOfFeed(id string) bool { return strings.HasPrefix(id, "feed") }

func isOfPerson(id string) bool { return !isOfFeed(id) }

func (m *model) someID(fits func(id string) bool) (string, bool) {
	m.takePolls()
	var ids []string
	for _, id := range m.ids {
		if fits(id) && m.last(id).End.After(m.now()) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return "", false
	}
	return ids[m.rand.IntN(len(ids))], true
}

func (m *model) last(id string) version {
	if all := m.versions[id]; len(all) > 0 {
		return all[len(all)-1]
	}
	return version{}
}

// isFree reports whether nothing stands in the way of a reservation: on the
// desk, of what is booked or said by a calendar; of the person, unless they are
// one of those who book two desks. But is a reservation or event that does not count.
func (m *model) isFree(desk, who string, span reservations.Span, but string) bool {
	m.takePolls()
	twice := m.chance(12)
	bars := func(v version) bool {
		return (v.desk == desk || v.person == who && !twice) && v.Start.Before(span.End) && span.Start.Before(v.End)
	}
	isSame := func(id string) bool { return but != "" && strings.Contains(id, but) }
	for _, id := range m.ids {
		if !isSame(id) && bars(m.last(id)) {
			return false
		}
	}
	for _, c := range m.calendars {
		for _, e := range c.events {
			for _, o := range e.occurrences() {
				if !isSame(e.uid) && bars(version{desk: o.desk, person: o.person, Span: o.span()}) {
					return false
				}
			}
		}
	}
	return true
}

// edit changes a reservation's end, desk or person, as another program does.
func (m *model) edit() {
	id, ok := m.someID(isOfPerson)
	if !ok {
		return
	}
	v := m.last(id)
	switch m.rand.IntN(3) {
	case 0:
		v.End = v.Start.Add(time.Duration(5+m.rand.IntN(180)) * time.Minute)
	case 1:
		v.desk = m.anyDesk()
	default:
		v.person = m.anybody()
	}
	if !m.isFree(v.desk, v.person, v.Span, id) {
		return
	}
	m.write(fmt.Sprintf("UPDATE reservations SET desk = '%s', person = '%s', ends_at = '%s' WHERE id = '%s'",
		v.desk, v.person, v.End.UTC().Format("2006-01-02T15:04:05Z"), id))
	v.known = time.Now()
	m.know(id, v)
}

func (m *model) cancelOne() {
	if id, ok := m.someID(isOfPerson); ok {
		m.cancel(id)
	}
}

// cancel takes a reservation back, at the command line or sometimes as another program.
func (m *model) cancel(id string) {
	if m.running == nil || m.chance(10) {
		m.write("UPDATE reservations SET status = 'cancelled' WHERE id = '" + id + "'")
	} else {
		_, err := m.store.Cancel(m.by(), id, m.now())
		m.ok(err)
		m.written.Store(true)
	}
	m.know(id, version{known: time.Now(), desk: m.last(id).desk, person: m.last(id).person})
}

// press lets a person log in at a phone.
func (m *model) press() { m.pressAt(1+m.rand.IntN(desks), m.anybody()) }

func (m *model) pressAt(desk int, who string) {
	err := m.emulator.PressLogin(device(desk), who)
	m.tell("%s logs in at D%d: %v", who, desk, err)
	m.disturbed(bySweep)
}

// unpress lets the person on a phone log out.
func (m *model) unpress() { m.unpressAt(1 + m.rand.IntN(desks)) }

func (m *model) unpressAt(desk int) {
	err := m.emulator.PressLogout(device(desk))
	m.tell("a person logs out at D%d: %v", desk, err)
	m.disturbed(bySweep)
}

// rush lets several bookings begin or end at one instant, and people swap
// phones in the seconds around it.
func (m *model) rush() {
	begin := m.now().Truncate(time.Minute).Add(2 * time.Minute)
	for n := range desks {
		end := begin.Add(m.between(20*time.Minute, 2*time.Hour).Truncate(time.Minute))
		if m.chance(3) {
			end = begin.Add(20 * time.Minute)
		}
		m.book(fmt.Sprintf("D%d", n+1), m.anybody(), reservations.Span{Start: begin, End: end})
	}
	m.sleepTo(time.Now().Add(begin.Sub(m.now())))
	m.swap()
	if !m.chance(4) {
		m.sleepTo(time.Now().Add(m.between(3*time.Minute, 15*time.Minute)))
		for _, id := range m.ids {
			if v := m.last(id); isOfPerson(id) && v.Contains(m.now()) {
				m.cancel(id)
			}
		}
	} else {
		m.sleepTo(time.Now().Add(begin.Add(20*time.Minute - time.Second).Sub(m.now())))
	}
	m.swap()
}

// swap lets some people leave their phones, and others take them.
func (m *model) swap() {
	for range 10 {
		time.Sleep(time.Duration(m.rand.IntN(1000)) * time.Millisecond)
		desk := 1 + m.rand.IntN(desks)
		m.unpressAt(desk)
		m.pressAt(desk, m.anybody())
	}
}
