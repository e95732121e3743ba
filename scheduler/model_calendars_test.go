package scheduler_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store"
)

// calendar is what a calendar server says, and what an onlooker takes for true
// of it: what it said last in a whole answer, unless too much was gone from that.
type calendar struct {
	name     string
	feed     string        // what the configuration calls it
	names    int           // it has had there
	away     []absence     // from the configuration
	every    time.Duration // between two polls
	events   []event
	changing bool // every fetch finds new UIDs
	fetches  int
	file     []byte // what is served; nil for nothing
	says     []said // what file says; nil where it says nothing whole

	truth map[occurrence]believed
	held  question
	waits map[occurrence]occurrence // for one that stays, and has its desk
	all   int                       // reservations there ever were
}

// occurrence is one booking of a calendar. Two with the same desk, person and
// times are one and the same.
type occurrence struct {
	desk, person string
	start, end   int64 // Unix
}

// said is an occurrence and by what name the calendar calls it.
type said struct {
	occurrence
	name string
}

// believed is an occurrence that counts: its name then, and the reservation's.
type believed struct{ name, id string }

func (o occurrence) span() reservations.Span {
	return reservations.Span{Start: time.Unix(o.start, 0).UTC(), End: time.Unix(o.end, 0).UTC()}
}

// event is an event of a calendar: one booking, or one on each of some days, of
// which one may be moved and one may be left out.
type event struct {
	uid, desk, person string
	reservations.Span
	days        int
	moved, left int           // the number of the instance, 0 for none: the first is never
	by          time.Duration // moved is later by
	cancelled   bool
	slip        slip // why it cannot be read
}

func (e event) instance(n int) reservations.Span {
	return reservations.Span{Start: e.Start.AddDate(0, 0, n), End: e.End.AddDate(0, 0, n)}
}

func (e event) occurrences() []said {
	if e.cancelled {
		return nil
	}
	var all []said
	for n := range e.days {
		s := e.instance(n)
		name := e.uid
		if e.days > 1 {
			name += " " + form(s.Start)
		}
		if n > 0 && n == e.left {
			continue
		}
		if n > 0 && n == e.moved {
			s = reservations.Span{Start: s.Start.Add(e.by), End: s.End.Add(e.by)}
		}
		all = append(all, said{occurrence{e.desk, e.person, s.Start.Unix(), s.End.Unix()}, name})
	}
	return all
}

// write is the event as a calendar has it.
func (e event) write(b *strings.Builder) {
	component := func(s reservations.Span, more ...string) {
		lines := append([]string{"BEGIN:VEVENT", "UID:" + e.uid, "DTSTAMP:20260301T000000Z", "DTSTART:" + form(s.Start), "DTEND:" + form(s.End),
			"LOCATION:" + e.desk, "ATTENDEE:mailto:" + e.person + "@example.com"}, more...)
		b.WriteString(e.slip.in(strings.Join(append(lines, "END:VEVENT", ""), "\r\n")))
	}
	var more []string
	if e.days > 1 {
		more = append(more, fmt.Sprintf("RRULE:FREQ=DAILY;INTERVAL=1;COUNT=%d", e.days))
	}
	if e.left > 0 {
		more = append(more, "EXDATE:"+form(e.instance(e.left).Start))
	}
	if e.cancelled {
		more = append(more, "STATUS:CANCELLED")
	}
	component(e.Span, more...)
	if e.moved > 0 && e.moved != e.left {
		s := e.instance(e.moved)
		component(reservations.Span{Start: s.Start.Add(e.by), End: s.End.Add(e.by)}, "RECURRENCE-ID:"+form(s.Start))
	}
}

func form(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// begin gives the two calendars their first events.
func (m *model) begin() {
	for i := range m.feeds {
		f := &m.feeds[i]
		f.Every = time.Duration(1+i) * 10 * time.Minute
		c := &calendar{name: f.Name, feed: f.Name, every: f.Every, changing: m.chance(4), truth: make(map[occurrence]believed)}
		m.calendars = append(m.calendars, c)
		for range 30 {
			m.addEvent(c)
		}
		m.serve(c)
	}
}

// addEvent lets a calendar book a desk for today or later in the week.
func (m *model) addEvent(c *calendar) {
	start := m.now().Truncate(time.Minute).Add(m.between(-time.Hour, 6*time.Hour).Truncate(time.Minute))
	if m.chance(3) {
		start = start.AddDate(0, 0, m.rand.IntN(5))
	}
	if h := start.Hour(); h < 6 { // nobody books the night
		start = start.Add(time.Duration(6-h) * time.Hour)
	}
	c.all++
	e := event{
		uid: fmt.Sprintf("%s-%d@example.com", c.name, c.all), desk: m.anyDesk(), person: m.anybody(), days: 1,
		Span: reservations.Span{Start: start, End: start.Add(m.between(5*time.Minute, 3*time.Hour).Truncate(time.Minute))},
	}
	if m.chance(3) {
		e.days = 2 + m.rand.IntN(4)
	}
	m.fit(c, e, len(c.events))
}

// fit puts e in the i-th place of a calendar if nothing bars it.
func (m *model) fit(c *calendar, e event, i int) {
	for _, o := range e.occurrences() {
		if !m.isFree(o.desk, o.person, o.span(), e.uid) {
			return
		}
	}
	c.events = slices.Replace(slices.Clone(c.events), i, min(i+1, len(c.events)), e)
}

// serve makes what a calendar's events are what its server says.
func (m *model) serve(c *calendar) {
	m.polling.Lock()
	defer m.polling.Unlock()
	m.publish(c)
	m.tell("calendar %s: %d occurrences", c.name, len(c.says))
	m.disturbed(c.every + soon)
}

// publish writes the calendar's file. It is called at each fetch too, where
// UIDs change.
func (m *model) publish(c *calendar) {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n")
	c.fetches++
	c.says = make([]said, 0, len(c.events))
	for _, e := range c.events {
		if c.changing {
			e.uid = fmt.Sprintf("%d-%s", c.fetches, e.uid)
		}
		c.says = append(c.says, e.occurrences()...)
		e.write(&b)
	}
	b.WriteString("END:VCALENDAR\r\n")
	m.put(c, []byte(b.String()))
}

// put makes text what the calendar's server serves; nil lets it have nothing.
func (m *model) put(c *calendar, text []byte) {
	c.file = text
	path := filepath.Join(m.dir, c.name+".ics")
	if text == nil {
		m.ok(os.Remove(path))
		return
	}
	m.ok(os.WriteFile(path, text, 0o600))
}

func (m *model) anyCalendar() *calendar { return m.calendars[m.rand.IntN(len(m.calendars))] }

// editCalendar adds an event or some, moves or cancels one, moves or drops an
// instance of a series.
func (m *model) editCalendar() {
	c := m.anyCalendar()
	for range 1 + m.rand.IntN(4) {
		m.editEvent(c)
	}
	m.serve(c)
}

func (m *model) editEvent(c *calendar) {
	if m.chance(2) || len(c.events) == 0 {
		m.addEvent(c)
		return
	}
	i := m.rand.IntN(len(c.events))
	e := c.events[i]
	if e.slip != "" {
		return // nobody could tell what of the change counts
	}
	switch m.rand.IntN(6) {
	case 0:
		e.cancelled = !e.cancelled
	case 1:
		later := m.between(-time.Hour, 2*time.Hour).Truncate(time.Minute)
		e.Start, e.End = e.Start.Add(later), e.End.Add(later)
	case 2:
		e.End = e.Start.Add(m.between(5*time.Minute, 3*time.Hour).Truncate(time.Minute))
	case 3:
		e.desk = m.anyDesk()
	case 4:
		e.person = m.anybody()
	default:
		n := 1 + m.rand.IntN(4)
		if m.chance(2) {
			e.left = n
		} else {
			e.moved, e.by = n, m.between(-time.Hour, time.Hour).Truncate(time.Minute)
		}
		e.left, e.moved = min(e.left, e.days-1), min(e.moved, e.days-1)
	}
	m.fit(c, e, i)
}

// spoilCalendar lets a calendar's server serve half of it, a web page, nothing,
// or an error for a while. None of that says anything.
func (m *model) spoilCalendar() {
	c := m.anyCalendar()
	m.polling.Lock()
	whole, says := c.file, c.says
	bad := [][]byte{nil, {}, []byte("<html>Service unavailable</html>"), whole[:m.rand.IntN(len(whole)-20)]}[m.rand.IntN(4)]
	c.says = nil
	m.put(c, bad)
	m.polling.Unlock()
	m.tell("calendar %s is spoilt: %d of %d bytes", c.name, len(bad), len(whole))
	m.meanwhile(m.between(time.Minute, time.Hour))
	m.polling.Lock()
	c.says = says
	m.put(c, whole)
	m.polling.Unlock()
	m.tell("calendar %s is whole again", c.name)
	m.disturbed(c.every + soon)
}

// shrink lets a calendar lose most of its events, and have them back in time, or
// too late, or lets a person answer it.
func (m *model) shrink() {
	c := m.anyCalendar()
	all := c.events
	c.events = nil
	for _, e := range all {
		if m.chance(4) {
			c.events = append(c.events, e)
		}
	}
	m.tell("calendar %s shrinks", c.name)
	m.serve(c)
	m.meanwhile(m.between(time.Minute, 3*c.every))
	if m.chance(2) {
		m.answerHeld(c)
	}
	m.meanwhile(m.between(time.Minute, time.Hour))
	for _, e := range all {
		if !slices.ContainsFunc(c.events, func(o event) bool { return o.uid == e.uid }) {
			m.fit(c, e, len(c.events))
		}
	}
	m.serve(c)
}

// answerHeld says of a held change that it is right, or that it is not.
func (m *model) answerHeld(c *calendar) {
	m.takePolls()
	if c.held.lost == nil {
		return
	}
	answer := reservations.Accepted
	if m.chance(2) {
		answer = reservations.Rejected
	}
	m.tell("calendar %s: what it has lost is %s", c.name, answer)
	_, err := m.store.AnswerHeld(m.by(), store.HeldAnswer{Feed: c.feed, Answer: answer}, m.now())
	m.ok(err)
	c.held.answer = answer
	m.ok(m.running.Poll(m.t.Context(), c.feed))
	m.disturbed(soon)
}

// Polled notes when a feed was polled, and what its server said then.
func (m *model) Polled(s reservations.FeedState) {
	m.polling.Lock()
	defer m.polling.Unlock()
	for _, c := range m.calendars {
		if c.feed == s.Name {
			m.polls = append(m.polls, reading{time.Now(), m.now(), m.running.Trusted(m.now()), c, c.says})
			if c.changing && c.says != nil {
				m.publish(c)
			}
		}
	}
}

// Attempted is told of nothing new: attempts are in the journal.
func (*model) Attempted(plan.Attempt) {}

// Swept is no concern of an onlooker's.
func (*model) Swept(string, int, time.Duration, error) {}
