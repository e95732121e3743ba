package scheduler_test

import (
	"errors"
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	"deskd/emapi/emulator"
	"deskd/scheduler"
)

// check holds the phones against the bookings. What has begun or ended within
// two minutes may still be under way, and a booking of which less than a login
// is worth was left when all was quiet may go without.
func (m *model) check() {
	m.t.Helper()
	synctest.Wait()
	now := time.Now()
	m.checks++
	on := make(map[string]emulator.Session)
	for _, s := range m.emulator.Sessions() {
		on[deskOf(s.Device)] = s
	}
	for n := range desks {
		desk := fmt.Sprintf("D%d", n+1)
		s := on[desk]
		v, booked := m.booking(desk, now, now)
		switch {
		case booked && now.Sub(v.Start) >= soon && m.isDue(v, now) && s.User != v.person && !m.isTolerated(s, v, on):
			m.wrong(now, "on %s is %q, booked for %s %s-%s", desk, s.User, v.person, v.Start.Format("15:04"), v.End.Format("15:04"))
		case !booked && s.By == emulator.ByAPI && !m.mayStay(desk, s.User, now):
			m.wrong(now, "%s is still on %s, which is free", s.User, desk)
		}
	}
}

// isDue reports whether v must have been logged in by now: there was time for
// it since the last disturbance, before its end was too near.
func (m *model) isDue(v version, now time.Time) bool {
	begun := latestOf(v.Start, v.known, m.quiet.Add(-bySweep))
	return v.End.Sub(begun) >= m.policy.MinLeft+bySweep && v.End.After(now)
}

// isTolerated reports whether s, which is not v's person, may be on v's desk:
// under stranger: wait somebody at the phone keeps it, as does the person who is
// on a desk another has booked, and a session that was asked for an earlier
// booking may just have come to its end.
func (m *model) isTolerated(s emulator.Session, v version, on map[string]emulator.Session) bool {
	if m.policy.Stranger == scheduler.StrangerWait {
		for _, o := range on {
			if o.By == emulator.ByPhone && (o.Device == s.Device || o.User == v.person) {
				return true
			}
		}
	}
	for _, e := range m.emulator.Events() {
		if e.By == emulator.ByTimer && deskOf(e.Device) == v.desk && time.Since(e.At) < bySweep {
			return true
		}
	}
	return false
}

// mayStay reports whether a session of deskd's may be on a free desk: its
// booking ended a moment or a grace ago, or the next is the same person's.
func (m *model) mayStay(desk, user string, now time.Time) bool {
	for at := now.Add(-soon - m.policy.Grace); !at.After(now.Add(m.policy.Lead)); at = at.Add(30 * time.Second) {
		if v, ok := m.booking(desk, at, now); ok && v.person == user {
			return true
		}
	}
	return false
}

// booking is who had a desk at an instant, by what was known at another.
func (m *model) booking(desk string, at, known time.Time) (version, bool) {
	for _, id := range m.ids {
		v, ok := m.knownAt(id, known)
		if ok && v.desk == desk && v.Contains(at) {
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

// A step is decided so long before it is sent at most: bookings are read, the
// phone is asked, and other steps have their turn.
const thought = 15 * time.Second

// actions holds every attempt of the week against the bookings as they were
// known when it was sent, or decided.
func (m *model) actions() {
	m.t.Helper()
	m.happened = m.emulator.Events()
	for _, a := range m.attempts() {
		var err error
		switch a.Op {
		case scheduler.OpLogin:
			err = m.mayLogin(a)
		case scheduler.OpLogout:
			err = m.mayLogout(a)
		}
		if err != nil {
			m.wrong(a.Began, "%s %s %s (%s): %v", a.Op, a.Desk, a.Person, a.Cause, err)
		}
	}
}

// moments are the instants around which a step may have been decided.
func moments(t time.Time) []time.Time {
	var all []time.Time
	for d := time.Duration(0); d <= thought; d += time.Second / 2 {
		all = append(all, t.Add(-d))
	}
	return all
}

// mayLogin returns why a login was not to be sent.
func (m *model) mayLogin(a scheduler.Attempt) error {
	asked, others, there := false, true, true
	for _, at := range moments(a.Began) {
		asked = asked || m.isBooked(a.Desk, a.Person, at)
		v, booked := m.booking(a.Desk, at, at)
		others = others && booked && v.person != a.Person
		there = there && m.sessionAt(a.Device, at).User == a.Person
	}
	switch {
	case !asked:
		return errors.New("nothing worth a login was booked")
	case others:
		return errors.New("the desk was somebody else's")
	case there:
		return errors.New("they were on the phone already")
	}
	return nil
}

// isBooked reports whether a booking of desk for person asked for a login at
// an instant: it runs or is about to, and enough of it is left, together with
// those that follow it.
func (m *model) isBooked(desk, person string, at time.Time) bool {
	for _, id := range m.ids {
		v, ok := m.knownAt(id, at)
		if !ok || v.desk != desk || v.person != person || at.Before(v.Start.Add(-m.policy.Lead)) || !v.End.After(at) {
			continue
		}
		end := v.End
		for next, ok := m.booking(desk, end, at); ok && next.person == person && next.Start.Equal(end); next, ok = m.booking(desk, end, at) {
			end = next.End
		}
		if end.Sub(at) >= m.policy.MinLeft-5*time.Second {
			return true
		}
	}
	return false
}

// mayLogout returns why a logout was not to be sent.
func (m *model) mayLogout(a scheduler.Attempt) error {
	right, next, reason := true, true, false
	own := m.isOwn(a)
	for _, at := range moments(a.Began) {
		v, booked := m.booking(a.Desk, at, at)
		right = right && booked && v.person == a.Person
		next = next && !booked && m.isNext(a.Desk, a.Person, at)
		reason = reason || booked && v.person != a.Person || m.isWantedElsewhere(a, at)
	}
	switch {
	case right:
		return errors.New("it is their booking")
	case next && !reason:
		return errors.New("the next booking is theirs")
	case !own && !reason && m.policy.Walkups == scheduler.WalkupsLeave:
		return errors.New("a walk-up was not to be disturbed")
	}
	return nil
}

// isNext reports whether the first booking of desk within the lead is person's.
func (m *model) isNext(desk, person string, at time.Time) bool {
	var first version
	for _, id := range m.ids {
		v, ok := m.knownAt(id, at)
		if ok && v.desk == desk && v.Start.After(at) && !v.Start.After(at.Add(m.policy.Lead)) && (first.desk == "" || v.Start.Before(first.Start)) {
			first = v
		}
	}
	return first.person == person
}

// isWantedElsewhere reports whether the person of a was to be logged in on another desk.
func (m *model) isWantedElsewhere(a scheduler.Attempt, at time.Time) bool {
	for n := range desks {
		desk := fmt.Sprintf("D%d", n+1)
		if desk != a.Desk && m.isBooked(desk, a.Person, at) {
			return true
		}
	}
	return false
}

// isOwn reports whether deskd began the session that a ends, or one of the same
// person on that phone so lately that no sweep lies between.
func (m *model) isOwn(a scheduler.Attempt) bool {
	for _, e := range m.happened {
		if e.Device != a.Device || e.At.After(a.Began) || e.User != a.Person {
			continue
		}
		if e.By == emulator.ByAPI && e.Kind == emulator.Login && m.sessionAt(a.Device, a.Began).By == emulator.ByAPI {
			return true
		}
		if e.Kind == emulator.Logout && m.sessionAt(a.Device, a.Began).Since.Sub(e.At) < bySweep {
			return true
		}
	}
	return false
}

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
