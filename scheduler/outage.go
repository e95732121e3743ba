package scheduler

import (
	"maps"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// An outage is many own sessions gone within a short time: a cluster has
// switched over, or somebody has logged everybody out.
const (
	outageWithin = 10 * time.Minute
	outageCount  = 5
	outageShare  = 4 // one in so many
)

// vanished is an own session that was seen gone.
type vanished struct {
	at  time.Time
	was plan.Have
}

// outage is the loss of many sessions at once. The devices it concerns are
// marked in the history until somebody is on the phone: a wave of logins takes
// longer than an outage.
type outage struct {
	since    time.Time            // the alarm was raised; zero when there is none
	lost     int                  // sessions that are still to be begun again
	asked    map[string]plan.Have // device → what was seen there, until a second answer
	again    map[string]bool      // devices that were asked a second time, while their session counts as vanished
	repaired []repaired           // logins for sessions that had vanished, as the journal has them, oldest first
}

// repaired is a login for a session that had vanished.
type repaired struct {
	device string
	began  time.Time
}

func newOutage() outage {
	return outage{asked: make(map[string]plan.Have), again: make(map[string]bool)}
}

// noteOutage marks the devices whose sessions vanished together, if they are so
// many that it was not the people.
func (r *Reconciler) noteOutage(now time.Time) {
	maps.DeleteFunc(r.vanished, func(_ string, v vanished) bool { return v.at.Before(now.Add(-outageWithin)) })
	if !many(len(r.vanished), len(r.vanished)+r.own()) {
		return
	}
	for device := range r.vanished {
		r.lost[device] = true
	}
}

// many reports whether so many sessions gone out of all are an outage.
func many(gone, all int) bool { return gone >= outageCount && gone*outageShare >= all }

// own is how many phones show a session of deskd's.
func (r *Reconciler) own() int {
	n := 0
	for _, h := range r.seen {
		if h.Ours && h.Person != "" {
			n++
		}
	}
	return n
}

// confirm raises the alarm about sessions that vanished together, and asks about
// their devices once more before anybody is logged in again: a cluster that is
// just switching over answers strangely.
func (r *Reconciler) confirm(now time.Time) {
	r.noteOutage(now)
	if r.standing.Units != "" {
		return // an alarm that says why they end together stands, and nobody is logged in again
	}
	maps.DeleteFunc(r.outage.again, func(device string, _ bool) bool { _, lately := r.vanished[device]; return !lately })
	for device, v := range r.vanished {
		if h := r.seen[device]; r.lost[device] && !r.outage.again[device] && h.Known {
			h.Known = false
			r.seen[device] = h
			r.outage.asked[device], r.outage.again[device] = v.was, true
			r.lookAt(device, now.Add(plan.LookAfter))
		}
	}
	if len(r.outage.asked) > 0 && r.outage.since.IsZero() {
		r.outage.since = now
		r.Log.Error("sessions have vanished together: their phones are asked once more, then the people are logged in again at the cluster's rate",
			"cluster", r.Cluster, "phones", len(r.outage.asked))
	}
}

// second takes in the second answer about a device whose session had vanished
// with many others. One that is there after all is what it was.
func (r *Reconciler) second(h plan.Have) plan.Have {
	was, ok := r.outage.asked[h.Device]
	if !ok {
		return h
	}
	delete(r.outage.asked, h.Device)
	if reservations.SamePerson(h.Person, was.Person) {
		delete(r.vanished, h.Device)
		h.Since, h.First, h.Ours, h.Reservation = was.Since, was.First, was.Ours, was.Reservation
	}
	return h
}

// noteRecovery ends the alarm once nobody is left to be logged in again.
func (r *Reconciler) noteRecovery(planned []plan.Step) {
	r.outage.lost = len(r.outage.asked)
	for _, s := range planned {
		again := s.Op == plan.OpLogin && s.Cause == plan.CauseVanished || s.Cause == plan.CauseUnknown
		if _, asked := r.outage.asked[s.Device]; again && !asked && r.lost[s.Device] {
			r.outage.lost++
		}
	}
	switch {
	case r.outage.lost > 0 && r.outage.since.IsZero():
		r.outage.since = r.now()
		r.Log.Error("sessions that vanished together before the start are still to be begun again", "cluster", r.Cluster, "phones", r.outage.lost)
	case r.outage.lost == 0 && !r.outage.since.IsZero():
		r.Log.Info("sessions that vanished together are back", "cluster", r.Cluster, "took", r.now().Sub(r.outage.since).Round(time.Second))
		r.outage.since = time.Time{}
	}
}

// recall notes a login for a session that had vanished.
func (o *outage) recall(a plan.Attempt) {
	if a.Op == plan.OpLogin && a.Cause == plan.CauseVanished {
		o.repaired = append(o.repaired, repaired{a.Device, a.Began})
	}
}

// recallOutage finds an outage that the process before was mending: the sessions
// seen gone at its end count together with those begun again since.
func (r *Reconciler) recallOutage() {
	gone := make(map[string]time.Time)
	var newest time.Time
	for device, s := range r.history.Sessions() {
		h := r.seen[device]
		if h.Exists && h.Person == "" && s.Began.Before(h.Since) && h.Since.Before(s.Through) {
			gone[device] = h.Since
			newest = reservations.Latest(newest, h.Since)
		}
	}
	oldest := newest
	maps.DeleteFunc(gone, func(_ string, at time.Time) bool { return at.Before(newest.Add(-outageWithin)) })
	for _, at := range gone {
		oldest = reservations.Earliest(oldest, at)
	}
	n := len(gone) + r.outage.mendedBesides(gone, oldest)
	if len(gone) == 0 || !many(n, len(gone)+r.own()) {
		return
	}
	for device := range gone {
		r.lost[device] = true
	}
}

// mendedBesides counts the other devices whose sessions were begun again after
// an outage at that instant. Without a login soon after, they are of another.
func (o outage) mendedBesides(gone map[string]time.Time, at time.Time) int {
	devices := make(map[string]bool)
	for _, a := range o.repaired {
		if a.began.Before(at) {
			continue
		}
		if len(devices) == 0 && a.began.After(at.Add(outageWithin)) {
			return 0
		}
		if _, still := gone[a.device]; !still {
			devices[a.device] = true
		}
	}
	return len(devices)
}
