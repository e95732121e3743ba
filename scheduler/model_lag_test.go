package scheduler_test

import (
	"time"

	"deskd/emapi/emulator"
	"deskd/reservations"
)

// lag is a time in which the phone system answers questions from the past.
type lag struct {
	from, to time.Time // to is zero while it lasts
	by       time.Duration
}

// lag lets every answer or every second one be from up to a minute ago, for some
// minutes in which people book and walk about.
func (m *model) lag() {
	by, every := m.between(time.Second, time.Minute), 1+m.rand.IntN(2)
	m.tell("answers are from %v ago, one of %d", by, every)
	m.lags = append(m.lags, lag{from: time.Now(), by: by})
	m.emulator.Change(func(o *emulator.Options) { o.Lag, o.LagEvery = by, every })
	for range 3 { // a person is there when a booking begins
		m.press()
		start := m.now().Truncate(time.Minute).Add(m.between(time.Minute, 3*time.Minute).Truncate(time.Minute))
		m.book(m.anyDesk(), m.anybody(), reservations.Span{Start: start, End: start.Add(m.between(3*time.Minute, 90*time.Minute).Truncate(time.Minute))})
	}
	if m.chance(3) {
		m.swap()
	}
	m.meanwhile(m.between(2*time.Minute, 15*time.Minute))
	if m.chance(4) {
		m.reboot()
	}
	m.emulator.Change(func(o *emulator.Options) { o.Lag, o.LagEvery = 0, 0 })
	m.lags[len(m.lags)-1].to = time.Now()
	m.tell("answers are from now")
	m.disturbed(bySweep)
}

// lagAt is how far in the past an answer may be that counts at an instant.
func (m *model) lagAt(at time.Time) time.Duration {
	for _, l := range m.lags {
		if !at.Before(l.from) && (l.to.IsZero() || at.Before(l.to.Add(l.by+thought))) {
			return l.by
		}
	}
	return 0
}

// endings holds every session that deskd has begun and ended against the bookings,
// whomever it took for the one on the phone: while answers are from the past, it may
// be another. Nobody is logged out in their own time.
func (m *model) endings() {
	for _, e := range m.happened {
		if e.Kind != emulator.Logout || e.By != emulator.ByAPI || m.sessionAt(e.Device, e.At.Add(-1)).By != emulator.ByAPI {
			continue
		}
		if m.multiple == emulator.AutoLogout && !m.isLogoutSent(e) {
			continue // their login on another desk has ended it
		}
		right := true
		for d := time.Duration(0); d <= thought; d += time.Second / 2 {
			v, booked := m.booking(deskOf(e.Device), m.wall(e.At.Add(-d)), e.At.Add(-d))
			right = right && booked && v.person == e.User && !m.isAway(v, e.At.Add(-d)) && !m.yields(v, moment{e.At.Add(-d), m.wall(e.At.Add(-d))})
		}
		if right {
			m.wrong(e.At, "%s was logged out of %s, where deskd had logged them in, in their own time", e.User, deskOf(e.Device))
		}
	}
}

// isLogoutSent reports whether deskd has asked for a logout of the phone of e
// around then.
func (m *model) isLogoutSent(e emulator.Event) bool {
	for _, o := range m.happened {
		if o.At.Sub(e.At).Abs() < 2*time.Second && o.Kind == emulator.Login && o.By == emulator.ByAPI && o.User == e.User && o.Device != e.Device {
			return false
		}
	}
	return true
}
