package scheduler_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/scheduler/plan"
)

// A step is decided so long before it is sent at most: bookings are read, the
// phone is asked, and other steps have their turn.
const thought = 15 * time.Second

// moment is an instant around which a step may have been decided: by the test's
// own clock, and by the daemon's.
type moment struct{ at, now time.Time }

// sending is an attempt as the onlooker judges it: when it was, and by which
// moments it may have been decided.
type sending struct {
	plan.Attempt
	at      time.Time
	moments []moment
}

// actions holds every attempt of the week against the bookings as they were
// known when it was sent, or decided.
func (m *model) actions() {
	m.t.Helper()
	m.takePolls()
	m.happened = m.events()
	sent := make(map[plan.Op]int)
	var all []sending
	for _, a := range m.attempts() {
		if a.Op == plan.OpHold {
			continue
		}
		sent[a.Op]++
		s := sending{Attempt: a, at: m.byDay(a)}
		err := errors.Join(m.isBanned(s), m.isRepeated(s, all), m.maySend(s))
		if err != nil {
			m.wrong(s.at, "%s %s %s (%s): %v", a.Op, a.Desk, a.Person, a.Cause, err)
		}
		all = append(all, s)
	}
	m.endings()
	for op, n := range sent {
		if got := m.emulator.Stats().Requests[string(op)]; got > n {
			m.t.Errorf("%d requests for a %s came from %d attempts", got, op, n)
		}
	}
}

// maySend returns why a login or logout was not to be sent, by any clock that
// counted at that time.
func (m *model) maySend(s sending) error {
	clocks := m.clocks(s.at)
	if s.Op == plan.OpLogout {
		since, by := m.seenSince(s)
		if by == emulator.ByPhone { // who comes by themselves is seen by a sweep
			since = since.Add(bySweep)
		}
		for _, moved := range m.formerClocks(since, s.at, true) {
			clocks = append(clocks, func(t time.Time) time.Time { return t.Add(moved).Round(0).UTC() })
		}
	}
	for i, clock := range clocks {
		s.moments = nil
		for d := time.Duration(0); d <= thought; d += time.Second / 2 {
			s.moments = append(s.moments, moment{s.at.Add(-d), clock(s.at.Add(-d))})
		}
		may := m.mayLogout
		if s.Op == plan.OpLogin {
			may = m.mayLogin
		}
		err := may(s)
		if i == 0 { // the wall clock's, by which deeds have their instants
			err = errors.Join(err, m.isUndone(s))
		}
		if err != nil && !m.isHarmless(s) {
			return err
		}
	}
	return nil
}

// isHarmless reports whether s is a logout that met nobody, of a daemon that had just
// been started: how long ago the last login was confirmed is not known exactly then, and
// an answer that shows nobody may be from before it.
func (m *model) isHarmless(s sending) bool {
	return s.Class == plan.ClassNobody && slices.ContainsFunc(m.eras, func(e era) bool {
		return e.start && !e.at.After(s.at) && s.at.Sub(e.at) < plan.StaleFor+thought
	})
}

// seenSince is when the session that s ends began, as far as the daemon may have
// seen it, and how: with a glance of a moment ago, or just now.
func (m *model) seenSince(s sending) (time.Time, emulator.Actor) {
	if on := m.sessionAt(s.Device, s.at.Add(-glimpse)); on.User != "" {
		return on.Since, on.By
	}
	return s.at.Add(-glimpse), ""
}

// isBanned returns why nothing at all was to be sent to a phone.
func (m *model) isBanned(s sending) error {
	for _, b := range m.bans {
		if s.at.After(b.from) && s.at.Before(b.to) && (b.device == "" || b.device == s.Device) {
			return errors.New(b.why)
		}
	}
	return nil
}

// isRepeated returns why a request that was refused for a cause that a person
// has to fix was not to be sent again so soon: it is tried once more after half a
// minute, and every quarter of an hour from then on.
func (m *model) isRepeated(s sending, before []sending) error {
	i := lastRefusal(s, before)
	if i < 0 {
		return nil
	}
	b, least := before[i], 25*time.Second
	if n := lastRefusal(b, before[:i]); n >= 0 && b.at.Sub(before[n].at) < 20*time.Minute {
		least = 14 * time.Minute
	}
	if s.at.Sub(b.at) < least && s.Began.Sub(b.Began) < least {
		return fmt.Errorf("code %d was the answer %v ago", b.Code, s.at.Sub(b.at))
	}
	return nil
}

// lastRefusal is which of the sendings before s was the same request, if that was
// refused for a cause that a person has to fix, and -1 otherwise.
func lastRefusal(s sending, before []sending) int {
	for i, b := range slices.Backward(before) {
		if b.Op != s.Op || b.Device != s.Device || b.Person != s.Person || b.Reservation != s.Reservation {
			continue
		}
		if b.Outcome == plan.Refused && b.Code != 4 && slices.ContainsFunc(deskFaults, func(c emapi.Code) bool { return int(c) == b.Code }) {
			return i
		}
		return -1
	}
	return -1
}

// isUndone returns what was done at an instant that is still to come, the clock
// having been set back, and may neither be undone nor repeated before; but people
// may be moved to a desk they have booked, and back again after that.
func (m *model) isUndone(s sending) error {
	if s.Op == plan.OpLogin { // on an empty phone, which harms nobody
		return nil
	}
	if slices.ContainsFunc(s.moments, func(t moment) bool { return m.isWantedElsewhere(s, t) }) {
		return nil
	}
	for _, e := range slices.Backward(m.happened) {
		byOther := e.Kind == emulator.Logout && m.multiple == emulator.AutoLogout
		if e.By != emulator.ByAPI || e.Device != s.Device || e.User != s.Person || !e.At.Before(s.at) || byOther {
			continue
		}
		ahead := true
		for _, t := range s.moments {
			ahead = ahead && m.wall(e.At).After(m.wall(t.at).Add(thought)) // by a clock that is only doubted, it says nothing
		}
		ahead = ahead && !m.wasPutRight(e.At, s.at)
		if ahead {
			return fmt.Errorf("deskd has had a %s at %s, which is still to come", e.Kind, m.wall(e.At).Format("15:04:05"))
		}
		return nil // the last deed of deskd's there
	}
	return nil
}

// mayLogin returns why a login was not to be sent.
func (m *model) mayLogin(s sending) error {
	asked, others, there := false, true, true
	for _, t := range s.moments {
		asked = asked || m.isBooked(s.Desk, s.Person, t)
		v, booked := m.booking(s.Desk, t.now, t.at)
		others = others && booked && v.person != s.Person
		there = there && m.sessionAt(s.Device, t.at).User == s.Person && m.sessionAt(s.Device, t.at.Add(-m.lagAt(t.at))).User == s.Person
	}
	switch {
	case !asked:
		return errors.New("nothing worth a login was booked")
	case others:
		return errors.New("the desk was another person's")
	case there:
		return errors.New("they were on the phone already")
	}
	return m.mayAgain(s)
}

// mayAgain returns why a person was not to be logged in again: they had been, for
// the same booking, and it was left to them to end that.
func (m *model) mayAgain(s sending) error {
	now := m.wall(s.at)
	v, booked := m.booking(s.Desk, now, s.at)
	if m.policy.Relogin == plan.ReloginAlways || !booked || v.person != s.Person {
		return nil
	}
	for i, e := range m.happened {
		if e.Device != s.Device || e.User != s.Person || e.Kind != emulator.Login || e.By != emulator.ByAPI || e.At.Before(v.known) {
			continue
		}
		for _, o := range m.happened[i+1:] {
			if o.Device != s.Device {
				continue
			}
			lasted, left := o.At.Sub(e.At) > byRetry, o.By == emulator.ByPhone && o.Kind == emulator.Logout && o.At.Before(s.at)
			stayed := v.Contains(m.wall(o.At.Add(-byRetry))) && v.Contains(m.wall(o.At)) // it had become theirs for this booking
			if lasted && left && stayed && !m.isOutageAround(o.At) {
				return errors.New("they had logged out")
			}
			break
		}
	}
	return nil
}

// isOutageAround reports whether so many people were logged out around an instant that
// it may be taken for an outage.
func (m *model) isOutageAround(at time.Time) bool {
	n := 0
	for _, e := range m.happened {
		if e.Kind == emulator.Logout && e.By != emulator.ByAPI && e.At.Sub(at).Abs() < 20*time.Minute {
			n++
		}
	}
	return n >= 5 && m.policy.Relogin == plan.ReloginOutage
}

// isBooked reports whether a booking of desk for person asked for a login at
// a moment: it runs or is about to, and enough of it is left, together with
// those that follow it.
func (m *model) isBooked(desk, person string, t moment) bool {
	for _, id := range m.ids {
		v, ok := m.knownAt(id, t.at)
		if !ok || v.desk != desk || v.person != person || m.isAway(v, t.at) || t.now.Before(v.Start.Add(-m.policy.Lead)) || !v.End.After(t.now) {
			continue
		}
		end := v.End
		for next, ok := m.booking(desk, end, t.at); ok && next.person == person && next.Start.Equal(end); next, ok = m.booking(desk, end, t.at) {
			end = next.End
		}
		if end.Sub(t.now) >= m.policy.MinLeft-5*time.Second {
			return true
		}
	}
	return false
}

// mayLogout returns why a logout was not to be sent.
func (m *model) mayLogout(s sending) error {
	right, next, taken, free, wanted := true, true, false, false, false
	for _, t := range s.moments {
		v, booked := m.booking(s.Desk, t.now, t.at)
		right = right && booked && v.person == s.Person && (!m.isAway(v, t.at) || m.wasServed(s, v)) && !m.yields(v, t)
		next = next && !booked && m.isNext(s.Desk, s.Person, t)
		free = free || !booked
		taken = taken || booked && v.person != s.Person && m.isBooked(s.Desk, v.person, t)
		wanted = wanted || m.isWantedElsewhere(s, t)
	}
	switch own := m.isOwn(s); {
	case right:
		return errors.New("it is their booking")
	case next && !wanted:
		return errors.New("the next booking is theirs")
	case own,
		taken && m.policy.Stranger == plan.StrangerTakeover,
		free && m.policy.Walkups == plan.WalkupsEnd,
		free && wanted && m.policy.Elsewhere == plan.ElsewhereMove:
		return nil
	}
	return errors.New("they were not to be disturbed")
}

// isNext reports whether the first booking of desk within the lead is person's.
func (m *model) isNext(desk, person string, t moment) bool {
	var first version
	for _, id := range m.ids {
		v, ok := m.knownAt(id, t.at)
		if ok && v.desk == desk && v.Start.After(t.now) && !v.Start.After(t.now.Add(m.policy.Lead)) && (first.desk == "" || v.Start.Before(first.Start)) {
			first = v
		}
	}
	return first.person == person && !m.isAway(first, t.at)
}

// yields reports whether the session for v, of a calendar that anybody may write into, is
// left for one of the same person that they have booked themselves on another desk.
func (m *model) yields(v version, t moment) bool {
	if v.from == nil || m.multiple == emulator.Allowed || m.policy.Elsewhere != plan.ElsewhereMove {
		return false
	}
	for _, id := range m.ids {
		u, ok := m.knownAt(id, t.at)
		if ok && u.from == nil && u.person == v.person && u.desk != v.desk && !u.Start.After(t.now.Add(m.policy.Lead)) && u.End.After(t.now) {
			return true
		}
	}
	return false
}

// isWantedElsewhere reports whether the person of s was to be logged in on another desk.
func (m *model) isWantedElsewhere(s sending, t moment) bool {
	for n := range desks {
		desk := fmt.Sprintf("D%d", n+1)
		if desk != s.Desk && m.isBooked(desk, s.Person, t) {
			return true
		}
	}
	return false
}

// A phone is looked at so long before something is done there, at most.
const glimpse = 2500 * time.Millisecond

// isOwn reports whether deskd began the session that s ends: one of that person on
// that phone, whom it cannot have seen gone since.
func (m *model) isOwn(s sending) bool {
	return m.isOwnAt(s, s.at) || m.isOwnAt(s, s.at.Add(-glimpse)) || m.isOwnAt(s, s.at.Add(-glimpse-m.lagAt(s.at)))
}

func (m *model) isOwnAt(s sending, at time.Time) bool {
	came := at
	for _, e := range slices.Backward(m.happened) {
		switch {
		case e.Device != s.Device || e.User != s.Person || e.At.After(at):
		case e.Kind == emulator.Login && e.By == emulator.ByAPI:
			return true
		case e.Kind == emulator.Login:
			came = e.At
		case m.wasSeen(e.At, came):
			return false
		}
	}
	return false
}

// wasSeen reports whether the daemon must have seen what was so all the time from
// one instant to another.
func (m *model) wasSeen(from, until time.Time) bool {
	return slices.ContainsFunc(m.looks, func(at time.Time) bool { return at.After(from.Add(bySweep)) && at.Before(until) })
}

// nextAt is when something happened at the same phone after the i-th event.
func (m *model) nextAt(i int) time.Time {
	for _, e := range m.happened[i+1:] {
		if e.Device == m.happened[i].Device {
			return e.At
		}
	}
	return time.Now()
}
