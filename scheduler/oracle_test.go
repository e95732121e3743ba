package scheduler_test

import (
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	"deskd/emapi/emulator"
	"deskd/scheduler/plan"
)

// check holds the phones against the bookings. What has begun or ended within
// two minutes may still be under way, and a booking of which less than a login
// is worth was left when all was quiet may go without.
func (m *model) check() {
	m.t.Helper()
	synctest.Wait()
	m.takePolls()
	at, now := time.Now(), m.now()
	if m.quiet.After(at) {
		return // a calendar has changed in between
	}
	m.looks = append(m.looks, at)
	m.happened = m.events()
	on := make(map[string]emulator.Session)
	for _, s := range m.emulator.Sessions() {
		on[deskOf(s.Device)] = s
	}
	for n := range desks {
		desk := fmt.Sprintf("D%d", n+1)
		if m.isExcused(desk) || on[desk].User != "" && (m.isAhead(desk, now) || m.isSpared(desk, at)) {
			continue
		}
		s := on[desk]
		v, booked := m.booking(desk, now, at)
		switch {
		case booked && m.isAway(v, at):
			if s.By == emulator.ByAPI && s.User != v.person && !m.mayStay(desk, s.User, at) {
				m.wrong(at, "%s is still on %s, which a feed that is not configured has booked for %s", s.User, desk, v.person)
			}
		case booked && now.Sub(v.Start) >= soon && m.isDue(v, now) && s.User != v.person && !m.isTolerated(s, v, on):
			m.wrong(at, "on %s is %q, booked for %s %s-%s", desk, s.User, v.person, v.Start.Format("15:04"), v.End.Format("15:04"))
		case !booked && s.By == emulator.ByAPI && !m.mayStay(desk, s.User, at):
			m.wrong(at, "%s is still on %s, which is free", s.User, desk)
		}
	}
}

// isDue reports whether v must have been logged in by now: there was time for
// it since the last disturbance, or the last event at its phone or that let its person
// go, before its end was too near.
func (m *model) isDue(v version, now time.Time) bool {
	byNow := func(at time.Time) time.Time { return now.Add(-time.Since(at)) } // whatever the clock showed then
	begun := latestOf(v.Start, byNow(v.known), byNow(m.quiet.Add(-byRetry)))
	for _, e := range m.happened {
		freed := e.Kind == emulator.Logout && e.User == v.person && m.multiple != emulator.Allowed
		if deskOf(e.Device) == v.desk || freed {
			begun = latestOf(begun, byNow(e.At))
		}
	}
	return v.End.Sub(begun) >= m.policy.MinLeft+byRetry && v.End.After(now)
}

// isAhead reports whether deskd has done something at desk at an instant that is
// still to come, because the clock was set back. Until then it does nothing more.
func (m *model) isAhead(desk string, now time.Time) bool {
	return slices.ContainsFunc(m.happened, func(e emulator.Event) bool {
		return e.By == emulator.ByAPI && deskOf(e.Device) == desk && m.wall(e.At).After(now.Add(-soon))
	})
}

// isTolerated reports whether s, which is not v's person, may be on v's desk.
func (m *model) isTolerated(s emulator.Session, v version, on map[string]emulator.Session) bool {
	if s.By == emulator.ByPhone && m.policy.Stranger != plan.StrangerTakeover || m.isExcused(v.person) {
		return true
	}
	return m.isLeft(v) || m.isElsewhere(v, on) || m.hasVanished(v)
}

// isLeft reports whether the desk of v was left to a stranger who was there since
// it began, or shortly before, by the clock as it was then: set back, it may begin again.
func (m *model) isLeft(v version) bool {
	for i, e := range m.happened {
		if e.By == emulator.ByPhone && e.Kind == emulator.Login && deskOf(e.Device) == v.desk && m.latestWall(e.At, m.nextAt(i)).After(v.Start) {
			return m.policy.Stranger == plan.StrangerLeave
		}
	}
	return false
}

// isElsewhere reports whether v's person may be kept from their desk by a session
// on another: the phone system allows but one, and the policy leaves that, or it
// is a desk that they have booked as well, or that another person has. One that
// allows several cannot be told from it once a session of two has ended.
func (m *model) isElsewhere(v version, on map[string]emulator.Session) bool {
	one := m.multiple != emulator.Allowed
	for desk, o := range on {
		if o.User != v.person || desk == v.desk {
			continue
		}
		other, booked := m.booking(desk, m.now(), time.Now())
		switch {
		case booked && other.person == v.person && (one || m.hasEnded(v)):
			return true
		case one && v.from != nil && o.By == emulator.ByPhone: // nobody stands for a calendar's bookings being theirs
			return true
		case one && booked && o.By == emulator.ByPhone,
			one && (m.policy.Elsewhere == plan.ElsewhereRefuse || m.isExcused(desk) || m.isAhead(desk, m.now()) || m.isSpared(desk, time.Now())):
			return true
		}
	}
	return false
}

// hasEnded reports whether a session of v's person on that desk has ended lately, but
// for an outage.
func (m *model) hasEnded(v version) bool {
	return slices.ContainsFunc(m.happened, func(e emulator.Event) bool {
		return e.Kind == emulator.Logout && deskOf(e.Device) == v.desk && e.User == v.person && time.Since(e.At) < 36*time.Hour && !m.isOutage(e.At)
	})
}

// hasVanished reports whether v's person has been logged in before, and need not
// be again: as the policy has it, or because a session has come to its own end,
// which only a sweep finds.
func (m *model) hasVanished(v version) bool {
	return m.policy.Relogin != plan.ReloginAlways && m.hasEnded(v) || slices.ContainsFunc(m.happened, func(e emulator.Event) bool {
		return e.By == emulator.ByTimer && deskOf(e.Device) == v.desk && time.Since(e.At) < bySweep
	})
}

// isOutage reports whether so many sessions of deskd's were lost at an instant
// that they are begun again also where the policy leaves single ones.
func (m *model) isOutage(at time.Time) bool {
	n := 0
	for _, e := range m.happened {
		if e.By == emulator.BySwitch && e.At.Equal(at) && m.sessionAt(e.Device, at.Add(-time.Nanosecond)).By == emulator.ByAPI {
			n++
		}
	}
	return n > 5 && m.policy.Relogin == plan.ReloginOutage
}

// mayStay reports whether a session of deskd's may be on a free desk: its
// booking ended a moment or a grace ago, or the next is the same person's.
func (m *model) mayStay(desk, user string, at time.Time) bool {
	return m.mayStayBy(desk, user, m.wall(at), at)
}

func (m *model) mayStayBy(desk, user string, now, at time.Time) bool {
	for t := now.Add(-soon - m.policy.Grace); !t.After(now.Add(m.policy.Lead)); t = t.Add(30 * time.Second) {
		if v, ok := m.booking(desk, t, at); ok && v.person == user {
			return true
		}
	}
	return m.isExcused(user)
}

// booking is who had a desk at an instant of the wall clock, by what was known
// at one of the test's own.
func (m *model) booking(desk string, now, known time.Time) (version, bool) {
	for _, id := range m.ids {
		v, ok := m.knownAt(id, known)
		if ok && v.desk == desk && v.Contains(now) {
			return v, true
		}
	}
	return version{}, false
}

func (m *model) knownAt(id string, known time.Time) (v version, ok bool) {
	for _, u := range m.versions[id] {
		if !u.known.After(known) {
			v, ok = u, true
		}
	}
	return v, ok
}

func latestOf(all ...time.Time) time.Time { return slices.MaxFunc(all, time.Time.Compare) }

// sessionAt is who was on a phone at an instant.
func (m *model) sessionAt(device string, at time.Time) emulator.Session {
	var s emulator.Session
	for _, e := range m.happened {
		switch {
		case e.Device != device || e.At.After(at):
		case e.Kind == emulator.Login:
			s = emulator.Session{Device: device, User: e.User, By: e.By, Since: e.At}
		default:
			s = emulator.Session{}
		}
	}
	return s
}
