package guard

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// Whether a phone system counts exclusiveDuration in minutes or seconds is in no
// document. One that counts seconds ends a session of N minutes after N
// seconds, and logging in again begins the same all over, all day long. So the first
// sessions are watched: a look right before their N-th second and one right
// after tell a session that ends then from a person who logs out.
const (
	unitEarly = 5 * time.Second // of the looks, and of clocks, before the N-th second
	unitSlack = 5 * time.Second // and after it
	unitLate  = time.Minute     // so late may the phone system's own timer be
	unitApart = time.Minute     // ends nearer to each other are one observation: all phones may have been lost
	unitProof = 2               // observations, and none to the contrary
)

// stays are the sessions whose length is watched, as long as it is not known
// that they outlast as many seconds as units were asked for. The zero stays
// watch nothing and know nothing.
type stays struct {
	watched map[string]stay // by device
	short   []time.Time     // ends after N seconds, each apart from the others
	proven  bool            // a session has outlasted its N seconds: seconds are not what is counted
}

// stay is a session deskd began.
type stay struct {
	person string
	units  int       // asked for
	end    time.Time // when it ends if they are seconds
	seen   time.Time // last seen on the phone
}

// begin watches the session that a has begun with so many units.
func (s *stays) begin(a plan.Attempt, units int) {
	if s.proven || units <= 0 {
		return
	}
	if s.watched == nil {
		s.watched = make(map[string]stay)
	}
	s.watched[a.Device] = stay{a.Person, units, a.Ended.Add(time.Duration(units) * time.Second), a.Ended}
}

// forget ends the watch of a device on which something else has happened.
func (s *stays) forget(device string) { delete(s.watched, device) }

// see takes in who is on a device. It returns the instant of the next look that
// is needed there, zero for none.
func (s *stays) see(h plan.Observation, now time.Time) time.Time {
	st, ok := s.watched[h.Device]
	switch {
	case !ok:
		return time.Time{}
	case reservations.SamePerson(h.Person, st.person):
		return s.on(h.Device, st, now)
	case h.Person == "" && st.endedAt(now):
		s.note(now)
	}
	delete(s.watched, h.Device)
	return time.Time{}
}

// on notes that a session is still there.
func (s *stays) on(device string, st stay, now time.Time) time.Time {
	if !now.Before(st.end.Add(unitLate)) {
		*s = stays{proven: true}
		return time.Time{}
	}
	st.seen = now
	s.watched[device] = st
	for _, look := range []time.Time{st.end.Add(-unitEarly), st.end.Add(unitSlack)} {
		if now.Before(look) {
			return look
		}
	}
	return st.end.Add(unitLate)
}

// endedAt reports whether a session that is gone by now has ended at its N-th
// second, as far as the looks tell: it was there shortly before, and is not
// shortly after.
func (st stay) endedAt(now time.Time) bool {
	before, after := st.end.Sub(st.seen), now.Sub(st.end)
	return before <= 2*unitEarly && after >= -unitEarly && after <= unitLate+unitSlack
}

// note counts an end at the N-th second, unless it is one with another.
func (s *stays) note(now time.Time) {
	if !s.proven && !slices.ContainsFunc(s.short, func(t time.Time) bool { return now.Sub(t).Abs() < unitApart }) {
		s.short = append(s.short, now)
	}
}

// doubtful reports whether the unit looks wrong.
func (s *stays) doubtful() bool { return len(s.short) >= unitProof }

// Unit watches whether the configured unit of exclusiveDuration is the phone system's.
// While it looks wrong no person is logged in again whose session has vanished. deskd
// could ask for sixty times as much instead; but if the conclusion were wrong, sessions
// would outlive a dead daemon by days, and a word in the configuration is quickly
// corrected when deskd is set up, which is when this happens.
type Unit struct {
	UnitDoubt
	duration phones.Duration
	log      *slog.Logger
	stays    stays
	phone    string // at which the doubt began
}

// NewUnit returns the watch over sessions that are asked for as d says.
func NewUnit(d phones.Duration, log *slog.Logger) *Unit { return &Unit{duration: d, log: log} }

// Resume takes in what is remembered. A doubt about another unit than the configured one
// is over.
func (u *Unit) Resume(d UnitDoubt) {
	u.UnitDoubt = d
	if !d.Doubts(u.duration) {
		if d.Units != "" {
			u.log.Info("the unit of the sessions has been changed")
		}
		u.UnitDoubt = UnitDoubt{}
	}
}

// Begin watches the session a has begun. In seconds nothing can be told: a session that
// lasts too long is ended by its logout.
func (u *Unit) Begin(a plan.Attempt) {
	if u.duration.Counted() > time.Second {
		u.stays.begin(a, int(u.duration.Exclusive(a.SessionEnd(), a.Began)))
	}
}

// Forget ends the watch of a device on which something else has happened.
func (u *Unit) Forget(device string) { u.stays.forget(device) }

// ForgetAll ends every watch: the clock has jumped.
func (u *Unit) ForgetAll() { u.stays.watched = nil }

// See takes in who is on a device. It returns the instant of the next look that is
// needed there, zero for none, and whether the doubt has begun or is over.
func (u *Unit) See(h plan.Observation, now time.Time) (look time.Time, changed bool) {
	look = u.stays.see(h, now)
	switch {
	case u.stays.doubtful() && u.Units == "":
		u.Doubted, u.Unit, u.phone = now, u.duration.Counted(), h.Device
		u.Units = fmt.Sprintf("sessions end after as many seconds as minutes were asked for, the last one at %s on %s: "+
			"set unit: seconds under exclusive_duration, or measure it with deskd probe-duration, and have the configuration read again "+
			"(systemctl reload deskd, or SIGHUP); nobody is logged in again until then",
			now.UTC().Format(time.RFC3339), h.Device)
	case u.stays.proven && u.Units != "":
		u.UnitDoubt = UnitDoubt{}
		u.log.Info("the unit of the sessions is right: one has lasted", "phone", h.Device)
	default:
		return look, false
	}
	return look, true
}

// Lengths are the last sessions of deskd's in a journal, by device, as far as it is read.
type Lengths map[string]plan.Attempt

// Recall takes an attempt of the journal, in their order, into the last sessions, and
// counts those that a process before has seen end after their seconds: it began them
// again at once.
func (u *Unit) Recall(began Lengths, a plan.Attempt) {
	if u.duration.Counted() <= time.Second || a.Outcome != plan.Done || a.Op == plan.OpHold || a.Cause == plan.CauseProbe {
		return
	}
	before, ok := began[a.Device]
	if ok && a.Op == plan.OpLogin && a.Cause == plan.CauseVanished && reservations.SamePerson(a.Person, before.Person) {
		if late := a.Began.Sub(u.secondsEnd(before)); late >= 0 && late <= unitSlack+2*unitEarly {
			u.stays.note(a.Began)
		}
	}
	delete(began, a.Device)
	if a.Op == plan.OpLogin {
		began[a.Device] = a
	}
}

// Watch goes on with the watch of sessions that a process before has begun.
func (u *Unit) Watch(began Lengths, now time.Time) {
	for device, a := range began {
		if _, watched := u.stays.watched[device]; !watched && now.Before(u.secondsEnd(a).Add(unitLate)) {
			u.Begin(a)
		}
	}
}

// secondsEnd is when the session that a has begun ends if its units are seconds.
func (u *Unit) secondsEnd(a plan.Attempt) time.Time {
	return a.Ended.Add(time.Duration(u.duration.Exclusive(a.SessionEnd(), a.Began)) * time.Second)
}

// Blocks says that the unit looks wrong. Plans know it as a fact ([plan.Facts]).
func (u *Unit) Blocks() []plan.Block {
	if u.Units == "" {
		return nil
	}
	b := plan.Block{Kind: plan.KindUnit, Since: u.Doubted, Text: u.Units}
	if u.phone != "" {
		b.Fields = []any{"phone", u.phone}
	}
	return []plan.Block{b}
}
