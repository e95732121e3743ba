package scheduler

import (
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
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
func (s *stays) see(h plan.Have, now time.Time) time.Time {
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

// watchLength begins to watch the session a has begun. In seconds nothing can
// be told: a session that lasts too long is ended by its logout.
func (r *Reconciler) watchLength(a plan.Attempt) {
	if r.Duration.Counted() > time.Second {
		r.stays.begin(a, int(r.Duration.Exclusive(a.SessionEnd(), a.Began)))
	}
}

// recallLength takes an attempt of the journal, in their order, into the last
// sessions of deskd's by device, and counts those that a process before has seen
// end after their seconds: it began them again at once.
func (r *Reconciler) recallLength(began map[string]plan.Attempt, a plan.Attempt) {
	if r.Duration.Counted() <= time.Second || a.Outcome != plan.Done || a.Op == plan.OpHold || a.Cause == plan.CauseProbe {
		return
	}
	before, ok := began[a.Device]
	if ok && a.Op == plan.OpLogin && a.Cause == plan.CauseVanished && reservations.SamePerson(a.Person, before.Person) {
		if late := a.Began.Sub(r.secondsEnd(before)); late >= 0 && late <= unitSlack+2*unitEarly {
			r.stays.note(a.Began)
		}
	}
	delete(began, a.Device)
	if a.Op == plan.OpLogin {
		began[a.Device] = a
	}
}

// watchLengths goes on with the watch of sessions that a process before has begun.
func (r *Reconciler) watchLengths(began map[string]plan.Attempt, now time.Time) {
	for device, a := range began {
		if _, watched := r.stays.watched[device]; !watched && now.Before(r.secondsEnd(a).Add(unitLate)) {
			r.watchLength(a)
		}
	}
}

// secondsEnd is when the session that a has begun ends if its units are seconds.
func (r *Reconciler) secondsEnd(a plan.Attempt) time.Time {
	return a.Ended.Add(time.Duration(r.Duration.Exclusive(a.SessionEnd(), a.Began)) * time.Second)
}

// weigh takes in who is on a device, and raises or ends the alarm that the unit
// looks wrong. While it lasts nobody is logged in again whose session has
// vanished. It could ask for sixty times as much instead; but if the conclusion
// were wrong, sessions would outlive a dead daemon by days, and a word in the
// configuration is quickly corrected by whoever sets deskd up, which is when
// this happens.
func (r *Reconciler) weigh(h plan.Have, now time.Time) (changed bool) {
	if look := r.stays.see(h, now); !look.IsZero() {
		r.lookAt(h.Device, look)
	}
	switch s := &r.standing; {
	case r.stays.doubtful() && s.Units == "":
		s.Doubted, s.Unit = now, r.Duration.Counted()
		s.Units = fmt.Sprintf("sessions end after as many seconds as minutes were asked for, the last one at %s on %s: "+
			"set unit: seconds under exclusive_duration, or measure it with deskd probe-duration, and have the configuration read again "+
			"(systemctl reload deskd, or SIGHUP); nobody is logged in again until then",
			now.UTC().Format(time.RFC3339), h.Device)
		r.Log.Error("the unit of the sessions looks wrong", "cluster", r.Cluster, "phone", h.Device, "err", s.Units)
	case r.stays.proven && s.Units != "":
		s.Units, s.Doubted, s.Unit = "", time.Time{}, 0
		r.Log.Info("the unit of the sessions is right: one has lasted", "cluster", r.Cluster, "phone", h.Device)
	default:
		return false
	}
	return true
}
