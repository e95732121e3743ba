package scheduler_test

import (
	"time"

	"deskd/emapi/emulator"
)

// era is a time in which nobody sets the daemon's clock. It begins with a jump,
// or with a daemon that knows of no jump.
type era struct {
	at     time.Time     // by the test's own clock
	moved  time.Duration // the wall clock is ahead of that
	before time.Duration // and was, as long as it was trusted
	until  time.Time     // of the doubt, by the test's own clock
	nap    time.Duration // the machine slept so long, while the phones were awake
}

// doubtedFor is how long a jump of five minutes or more is doubted.
const (
	doubtedFrom = 5 * time.Minute
	doubtedFor  = 2 * time.Minute
)

// eraAt is the era of an instant.
func (m *model) eraAt(at time.Time) era {
	for i := len(m.eras) - 1; i >= 0; i-- {
		if !m.eras[i].at.After(at) {
			return m.eras[i]
		}
	}
	return era{}
}

// wall is what the daemon's clock showed at an instant.
func (m *model) wall(at time.Time) time.Time { return at.Add(m.eraAt(at).moved).Round(0).UTC() }

// latestWall is the latest that the daemon's clock showed between two instants.
func (m *model) latestWall(from, to time.Time) time.Time {
	latest := m.wall(to)
	for _, e := range m.eras {
		if e.at.After(from) && e.at.Before(to) {
			latest = latestOf(latest, m.wall(e.at.Add(-1)))
		}
	}
	return latest
}

// clocks are those by which a step must be right at an instant: the wall clock,
// and in doubt also the clock as it went before its jump.
func (m *model) clocks(at time.Time) []func(time.Time) time.Time {
	e := m.eraAt(at)
	if !at.Before(e.until) {
		return []func(time.Time) time.Time{m.wall}
	}
	before := func(t time.Time) time.Time {
		if t.Before(e.at) {
			return m.wall(t)
		}
		return t.Add(e.before).Round(0).UTC()
	}
	return []func(time.Time) time.Time{m.wall, before}
}

// set moves the daemon's clock. Only a daemon that runs sees that it jumps.
func (m *model) set(by, nap time.Duration) {
	now := time.Now()
	e := m.eraAt(now)
	next := era{at: now, moved: e.moved + by, before: e.moved, nap: nap}
	if now.Before(e.until) {
		next.before = e.before
	}
	if m.running != nil && (next.moved-next.before).Abs() >= doubtedFrom {
		next.until = now.Add(doubtedFor)
	}
	m.jump(by)
	m.eras = append(m.eras, next)
	m.tell("the clock jumps by %v to %s", by, m.now().Format("Mon 15:04:05"))
	m.disturbed(bySweep)
}

// trust begins an era without doubt, for a daemon that has just been started.
func (m *model) trust() {
	now := time.Now()
	m.eras = append(m.eras, era{at: now, moved: m.eraAt(now).moved})
}

// nudge sets the clock by a little, which is believed.
func (m *model) nudge() { m.set(m.either(m.between(time.Minute, 4*time.Minute)), 0) }

// leap sets the clock by a lot, sometimes by mistake.
func (m *model) leap() {
	by := m.either(m.between(6*time.Minute, 3*time.Hour))
	if m.chance(2) {
		m.editCalendar() // which is read by the new clock
	}
	m.set(by, 0)
	if m.chance(2) {
		m.meanwhile(m.between(5*time.Second, 100*time.Second))
		m.set(-by, 0)
	}
	m.meanwhile(150 * time.Second)
}

// suspend lets the machine sleep: its clock goes on, as do the phones, and who is
// on them. A clock that was wrong may be set right afterwards.
func (m *model) suspend() {
	d := m.between(time.Minute, 2*time.Hour)
	m.tell("the machine sleeps for %v", d)
	m.slept.Add(int64(d))
	m.set(d, d)
	for range m.rand.IntN(4) {
		m.unpress()
		m.press()
	}
	m.meanwhile(150 * time.Second)
}

func (m *model) either(d time.Duration) time.Duration {
	if m.chance(2) {
		return -d
	}
	return d
}

// events are those of the phone system until now, by the test's own clock, at
// which what happens while the machine sleeps happens at once.
func (m *model) events() []emulator.Event {
	all := m.emulator.Events()
	for i := range all {
		all[i].At = m.awake(all[i].At)
	}
	return all
}

// awake is the instant of the phone system's clock by the test's own.
func (m *model) awake(at time.Time) time.Time {
	slept := time.Duration(0)
	for _, e := range m.eras {
		asleep := e.at.Add(slept) // when the nap began, by the phones
		switch {
		case e.nap == 0:
		case at.Before(asleep):
			return at.Add(-slept)
		case at.Before(asleep.Add(e.nap)):
			return e.at
		}
		slept += e.nap
	}
	return at.Add(-slept)
}
