package scheduler_test

import (
	"slices"
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
	off    time.Duration // the daemon was off for so long before, which it may doubt
	seen   bool          // by a daemon that ran
	start  bool          // a daemon is started, and looks at the phone system's clock …
	phones time.Duration // … which is ahead of the test's own
}

// doubtedFor is how long a jump of five minutes or more is doubted.
const (
	doubtedFrom = 5 * time.Minute
	doubtedFor  = 2 * time.Minute
	believedIn  = 24 * time.Hour
)

// formerClocks are those that were trusted when a session was begun and that may
// still count at an instant, as offsets to the test's own clock. Strict are those
// that must.
func (m *model) formerClocks(began, at time.Time, strict bool) []time.Duration {
	var former []time.Duration
	for i, e := range m.eras {
		before := era{}
		if i > 0 {
			before = m.eras[i-1]
		}
		by := e.moved - before.moved + e.off
		if e.at.After(at) || e.at.Before(began) || at.Sub(e.at) > believedIn {
			continue
		}
		if !strict {
			former = append(former, m.creptFrom(i)...)
			if e.start && (e.moved-e.phones).Abs() >= doubtedFrom {
				former = append(former, e.phones)
			}
		}
		if by.Abs() < doubtedFrom {
			continue
		}
		if strict && (!e.seen || !began.Before(e.at) || m.isBack(e.moved, e.at.Add(-believedIn), e.at.Add(-1)) || at.Sub(e.at) > believedIn-time.Hour || e.at.Sub(before.at) < doubtedFor+thought || m.isBack(before.moved, e.at, at)) {
			continue
		}
		former = append(former, before.moved-e.off)
		for _, later := range m.eras[i+1:] { // which it may not have gone through
			if !strict && later.off > 0 && !later.at.After(at) {
				former = append(former, former[len(former)-1]-later.off)
			}
		}
	}
	return former
}

// creptFrom are the clocks from which small steps of a day have led to the era i.
func (m *model) creptFrom(i int) []time.Duration {
	var clocks []time.Duration
	e := m.eras[i]
	for ; i > 0 && (m.eras[i].moved-m.eras[i-1].moved).Abs() < doubtedFrom && e.at.Sub(m.eras[i].at) <= believedIn; i-- {
		if from := m.eras[i-1].moved; (e.moved - from).Abs() >= doubtedFrom {
			clocks = append(clocks, from)
		}
	}
	return clocks
}

// isBack reports whether the clock came back to where it had been, between two
// instants. Where a daemon that was off had last seen it does not count: nothing
// tells it that it was not off.
func (m *model) isBack(moved time.Duration, from, to time.Time) bool {
	return slices.ContainsFunc(m.eras, func(e era) bool {
		return e.at.After(from) && !e.at.After(to) && (e.moved-moved).Abs() < doubtedFrom
	})
}

// isSpared reports whether who is on the phone of a desk may stay there, because
// their time was not over by a clock from before a jump.
func (m *model) isSpared(desk string, at time.Time) bool {
	s := m.sessionAt(m.deviceOf(desk), at)
	if s.User == "" {
		return false
	}
	for _, moved := range m.formerClocks(m.seemsSince(s), at, false) {
		now := at.Add(moved).Round(0).UTC()
		if s.By == emulator.ByPhone || m.mayStayBy(desk, s.User, now.Add(-bySweep), at) || m.mayStayBy(desk, s.User, now, at) {
			return true
		}
	}
	return false
}

// seemsSince is since when somebody may seem to be on a phone whom no sweep has found gone:
// they may have logged out and in again between two.
func (m *model) seemsSince(s emulator.Session) time.Time {
	since, ended := s.Since, time.Time{}
	for _, e := range slices.Backward(m.happened) {
		switch {
		case e.Device != s.Device || e.User != s.User || !e.At.Before(since):
		case e.Kind == emulator.Logout:
			ended = e.At
		case since.Sub(ended) < bySweep:
			since = e.At
		default:
			return since
		}
	}
	return since
}

// eraAt is the era of an instant.
func (m *model) eraAt(at time.Time) era {
	m.turning.RLock()
	defer m.turning.RUnlock()
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
		next.seen = true
		if !m.isBack(next.moved, now.Add(-believedIn), now) {
			next.until = now.Add(doubtedFor)
		}
	}
	m.jump(by)
	m.enter(next)
	m.tell("the clock jumps by %v to %s", by, m.now().Format("Mon 15:04:05"))
	m.disturbed(bySweep)
}

// trust begins an era without doubt, for a daemon that has just been started.
func (m *model) trust() {
	now := time.Now()
	next := era{at: now, moved: m.eraAt(now).moved, start: true, phones: time.Duration(m.slept.Load())}
	if off := now.Sub(m.offAt); !m.offAt.IsZero() && off > doubtedFrom {
		next.off = off
	}
	m.enter(next)
}

func (m *model) enter(next era) {
	m.turning.Lock()
	defer m.turning.Unlock()
	m.eras = append(m.eras, next)
}

// nudge sets the clock by a little, which is believed.
func (m *model) nudge() { m.set(m.either(m.between(time.Minute, 4*time.Minute)), 0) }

// leap sets the clock by a lot, sometimes by mistake.
func (m *model) leap() {
	by := m.either(m.between(6*time.Minute, 12*time.Hour))
	if m.chance(2) {
		m.editCalendar() // which is read by the new clock
	}
	m.set(by, 0)
	if m.chance(2) {
		wrong := m.between(5*time.Second, 100*time.Second)
		if m.chance(2) { // longer than it is doubted
			wrong = m.between(3*time.Minute, 20*time.Minute)
		}
		m.meanwhile(wrong)
		if m.chance(4) {
			m.off()
			m.on()
		}
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

// wasPutRight reports whether the clock of an instant was found wrong since: it is
// again where it was before.
func (m *model) wasPutRight(then, at time.Time) bool {
	moved := m.eraAt(at).moved
	return (m.eraAt(then).moved-moved).Abs() >= doubtedFrom && slices.ContainsFunc(m.eras, func(e era) bool {
		return e.at.Before(then) && (e.moved-moved).Abs() < doubtedFrom
	})
}
