package scheduler_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/emapi/emulator"
	"deskd/store"
)

// slip is why an event cannot be read, or not whose it is. Its bookings are to
// stay as they were; the empty one is none.
type slip string

const (
	garbledEnd  slip = "garbled DTEND"
	brokenRule  slip = "INTERVAL=0"
	unknownMail slip = "mistyped mail"
)

// in is the text of a component with the slip in it.
func (s slip) in(text string) string {
	switch s {
	case garbledEnd:
		before, rest, _ := strings.Cut(text, "DTEND:")
		return before + "DTEND:noon" + rest[len("20260302T090000Z"):]
	case brokenRule:
		return strings.Replace(text, "INTERVAL=1", "INTERVAL=0", 1)
	case unknownMail:
		return strings.Replace(text, "mailto:", "mailto:x", 1)
	}
	return text
}

// garble makes some events of a calendar, or most, unreadable for a while. Others
// change meanwhile, and deskd may be restarted, or the feed renamed.
func (m *model) garble() {
	c := m.anyCalendar()
	if !m.isTaken(c) {
		return
	}
	share := 1 + m.rand.IntN(4)
	m.setSlips(c, func(e event) slip {
		slips := []slip{unknownMail}
		if !c.changing { // by what else could it be known?
			slips = append(slips, garbledEnd)
		}
		if e.days > 1 && !c.changing {
			slips = append(slips, brokenRule)
		}
		if e.cancelled || !m.chance(share) {
			return ""
		}
		return slips[m.rand.IntN(len(slips))]
	})
	m.meanwhile(m.between(time.Minute, 90*time.Minute))
	switch m.rand.IntN(8) {
	case 0:
		m.reboot()
	case 1, 2:
		m.editEvent(c)
		m.serve(c)
		m.meanwhile(m.between(time.Minute, 3*c.every))
	case 3:
		m.renameFeed()
	}
	m.setSlips(c, func(event) slip { return "" })
}

// setSlips garbles a calendar's events, or puts them right.
func (m *model) setSlips(c *calendar, choose func(event) slip) {
	n := 0
	c.events = slices.Clone(c.events)
	for i := range c.events {
		c.events[i].slip = choose(c.events[i])
		if c.events[i].slip != "" {
			n++
		}
	}
	m.tell("calendar %s: %d of %d events cannot be read", c.name, n, len(c.events))
	m.serve(c)
}

// isTaken polls a calendar and reports whether all that it says counts.
func (m *model) isTaken(c *calendar) bool {
	if m.running == nil || m.running.Poll(m.t.Context(), c.feed) != nil {
		return false
	}
	m.takePolls()
	m.polling.Lock()
	defer m.polling.Unlock()
	for _, s := range c.says {
		if s.end > m.now().Unix() && c.truth[s.occurrence].id == "" {
			return false
		}
	}
	return c.held.lost == nil
}

// absence is a time in which the configuration has no feed that may act on a
// calendar's bookings; to is zero while it lasts.
type absence struct{ from, to time.Time }

// awaySince is when the absence around an instant began.
func (c *calendar) awaySince(at time.Time) (time.Time, bool) {
	for _, a := range c.away {
		if !at.Before(a.from) && (a.to.IsZero() || at.Before(a.to)) {
			return a.from, true
		}
	}
	return time.Time{}, false
}

// isAway reports whether v is of a feed that was not configured at an instant.
func (m *model) isAway(v version, at time.Time) bool {
	if v.from == nil {
		return false
	}
	_, away := v.from.awaySince(at)
	return away
}

// wasServed reports whether the session that s ends had become that of v, whose feed
// is not configured now, before it was taken out: all was quiet then, and the person
// was on the phone by a login of deskd's.
func (m *model) wasServed(s sending, v version) bool {
	on := m.sessionAt(s.Device, s.at.Add(-glimpse))
	left, away := v.from.awaySince(s.at)
	return away && on.By == emulator.ByAPI && on.User == v.person && slices.ContainsFunc(m.looks, func(at time.Time) bool {
		return at.After(latestOf(on.Since, v.known)) && at.Before(left) && v.Contains(m.wall(at))
	})
}

// configure changes what a calendar's feed is called, "" for not at all, with a
// restart around it, in which meanwhile is done.
func (m *model) configure(c *calendar, name string, meanwhile func()) {
	m.off()
	for i := range m.feeds {
		if f := &m.feeds[i]; strings.HasSuffix(f.URL, "/"+c.name+".ics") {
			m.listed[f.Name] = false
			if name != "" {
				f.Name = name
				m.listed[name] = true
			}
		}
	}
	m.polling.Lock()
	c.feed = name
	m.polling.Unlock()
	m.open()
	meanwhile()
	m.trust()
	m.start()
	m.tell("the daemon is on")
	m.disturbed(bySweep)
}

// leave notes that a calendar's bookings are nobody's from now on, and back that
// they belong to a feed again.
func (m *model) leave(c *calendar) { c.away = append(c.away, absence{from: time.Now()}) }

func (m *model) back(c *calendar) { c.away[len(c.away)-1].to = time.Now() }

// removeFeed takes a calendar's feed out of the configuration, and puts it back.
// In between its events change, and its bookings may be dropped.
func (m *model) removeFeed() {
	c := m.anyCalendar()
	was := c.feed
	m.tell("feed %s is taken out of the configuration", was)
	m.configure(c, "", func() { m.leave(c) })
	m.meanwhile(m.between(time.Minute, 2*time.Hour))
	for range m.rand.IntN(3) {
		m.editEvent(c)
		m.serve(c)
	}
	if m.chance(4) {
		m.reboot()
	}
	if m.chance(3) {
		m.drop(c, was)
		m.meanwhile(m.between(10*time.Second, time.Hour))
	}
	m.tell("feed %s is configured again", was)
	m.configure(c, was, func() { m.back(c) })
	m.disturbed(c.every + bySweep)
}

// drop withdraws what a feed has booked that begins later, or is not over.
func (m *model) drop(c *calendar, name string) {
	m.takePolls()
	running, now := m.chance(2), m.now()
	_, err := m.store.DropFeed(m.by(), name, running, now)
	m.ok(err)
	m.written.Store(true)
	m.running.Kick()
	m.tell("feed %s is dropped, with what runs: %v", name, running)
	for _, o := range inOrder(c.truth) {
		if edge := map[bool]int64{false: o.start, true: o.end}[running]; edge > now.Unix() {
			m.know(c.truth[o].id, version{known: time.Now(), desk: o.desk, person: o.person})
			delete(c.truth, o)
		}
	}
	c.held = question{}
	m.disturbed(bySweep)
}

// renameFeed gives a calendar's feed another name in the configuration, and tells
// deskd: before it is started with that, or later, when it has read the calendar
// by its new name.
func (m *model) renameFeed() {
	c := m.anyCalendar()
	if !m.isTaken(c) {
		return
	}
	c.names++
	was, name := c.feed, fmt.Sprintf("%s-%d", c.name, c.names)
	m.tell("feed %s is called %s", was, name)
	rename := func() {
		now := m.now()
		done, err := m.store.RenameFeed(m.by(), store.FeedRename{From: was, To: name, Since: now.Add(-72 * time.Hour)}, now)
		m.ok(err)
		m.tell("feed %s: %+v", name, done)
	}
	if m.chance(2) {
		m.configure(c, name, rename)
		m.disturbed(bySweep)
		return
	}
	m.configure(c, name, func() { m.leave(c) })
	m.meanwhile(m.between(5*time.Second, time.Hour))
	rename()
	m.back(c)
	m.written.Store(true)
	m.running.Kick()
	m.disturbed(bySweep)
}
