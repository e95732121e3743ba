package guard

import (
	"maps"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// An outage is many own sessions gone within a short time: a cluster has
// switched over, or a person has logged everybody out.
const (
	outageWithin = 10 * time.Minute
	outageCount  = 5
	outageShare  = 4 // one in so many
)

// vanished is an own session that was seen gone.
type vanished struct {
	at  time.Time
	was plan.Observation
}

// Outage is the guard that tells the loss of many sessions at once from people who log
// out. The phones it concerns are asked once more before anybody is logged in again: a
// cluster that is just switching over answers strangely. Make one with [NewOutage].
type Outage struct {
	// Lost are the devices whose session vanished together with many others, until a
	// person is on the phone: a wave of logins takes longer than an outage.
	Lost     map[string]bool
	vanished map[string]vanished         // device → its own session was seen gone, lately
	since    time.Time                   // the alarm was raised; zero when there is none
	left     map[string]bool             // devices whose session is still to be begun again
	asked    map[string]plan.Observation // device → what was seen there, until a second answer
	again    map[string]bool             // devices that were asked a second time, while their session counts as vanished
	repaired []repaired                  // logins for sessions that had vanished, as the journal has them, oldest first
}

// repaired is a login for a session that had vanished.
type repaired struct {
	device string
	began  time.Time
}

// NewOutage returns the guard of a cluster no session of which has vanished.
func NewOutage() *Outage {
	return &Outage{
		Lost: make(map[string]bool), vanished: make(map[string]vanished),
		asked: make(map[string]plan.Observation), again: make(map[string]bool),
	}
}

// Vanished takes in that the own session was is gone from its device.
func (o *Outage) Vanished(was plan.Observation, now time.Time) {
	o.vanished[was.Device] = vanished{now, was}
}

// NeverThere takes in that the session which vanished at a device never was there.
func (o *Outage) NeverThere(device string) { delete(o.vanished, device) }

// Back takes in that a person is on a device.
func (o *Outage) Back(device string) { delete(o.Lost, device) }

// Asks reports whether a device is asked a second time.
func (o *Outage) Asks(device string) bool {
	_, again := o.asked[device]
	return again
}

// Asking is how many devices are.
func (o *Outage) Asking() int { return len(o.asked) }

// Note marks the devices whose sessions vanished together, if they are so
// many that it was not the people. Own is how many phones show a session of deskd's.
func (o *Outage) Note(own int, now time.Time) {
	maps.DeleteFunc(o.vanished, func(_ string, v vanished) bool { return v.at.Before(now.Add(-outageWithin)) })
	if !many(len(o.vanished), len(o.vanished)+own) {
		return
	}
	for device := range o.vanished {
		o.Lost[device] = true
	}
}

// many reports whether so many sessions gone out of all are an outage.
func many(gone, all int) bool { return gone >= outageCount && gone*outageShare >= all }

// Confirm raises the alarm about sessions that vanished together, and returns the devices
// that are to be asked about once more, and are unknown until then.
func (o *Outage) Confirm(seen map[string]plan.Observation, now time.Time) []string {
	maps.DeleteFunc(o.again, func(device string, _ bool) bool { _, lately := o.vanished[device]; return !lately })
	var ask []string
	for device, v := range o.vanished {
		if o.Lost[device] && !o.again[device] && seen[device].Known {
			o.asked[device], o.again[device] = v.was, true
			ask = append(ask, device)
		}
	}
	if len(o.asked) > 0 && o.since.IsZero() {
		o.since = now
	}
	return ask
}

// Second takes in the second answer about a device whose session had vanished
// with many others. One that is there after all is what it was.
func (o *Outage) Second(h plan.Observation) plan.Observation {
	was, ok := o.asked[h.Device]
	if !ok {
		return h
	}
	delete(o.asked, h.Device)
	if reservations.SamePerson(h.Person, was.Person) {
		delete(o.vanished, h.Device)
		h.Since, h.First, h.Ours, h.Reservation = was.Since, was.First, was.Ours, was.Reservation
	}
	return h
}

// Plan takes in what is planned, and ends the alarm once no session is left to be begun
// again.
func (o *Outage) Plan(planned []plan.Step, now time.Time) {
	o.left = make(map[string]bool, len(o.asked))
	for device := range o.asked {
		o.left[device] = true
	}
	for _, s := range planned {
		again := s.Op == plan.OpLogin && s.Cause == plan.CauseVanished || s.Cause == plan.CauseUnknown
		if again && o.Lost[s.Device] {
			o.left[s.Device] = true
		}
	}
	switch {
	case len(o.left) == 0:
		o.since = time.Time{}
	case o.since.IsZero(): // they had vanished before the start
		o.since = now
	}
}

// Moved keeps the instants those of a wall clock that has jumped.
func (o *Outage) Moved(by time.Duration) {
	for device, v := range o.vanished {
		o.vanished[device] = vanished{v.at.Add(by), v.was}
	}
}

// Gone forgets the devices that are not managed any more.
func (o *Outage) Gone(gone func(device string) bool) {
	maps.DeleteFunc(o.asked, func(device string, _ plan.Observation) bool { return gone(device) })
	maps.DeleteFunc(o.Lost, func(device string, _ bool) bool { return gone(device) })
}

// Forget forgets what was recalled from the journal, which is to be read again.
func (o *Outage) Forget() { o.repaired = nil }

// Recall notes a login of the journal for a session that had vanished.
func (o *Outage) Recall(a plan.Attempt) {
	if a.Op == plan.OpLogin && a.Cause == plan.CauseVanished {
		o.repaired = append(o.repaired, repaired{a.Device, a.Began})
	}
}

// Resume finds an outage that the process before was repairing: the sessions
// seen gone at its end count together with those begun again since. Own is as for
// [Outage.Note].
func (o *Outage) Resume(history plan.History, seen map[string]plan.Observation, own int) {
	gone := make(map[string]time.Time)
	var newest time.Time
	for device, s := range history.Sessions() {
		h := seen[device]
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
	n := len(gone) + o.repairedBesides(gone, oldest)
	if len(gone) == 0 || !many(n, len(gone)+own) {
		return
	}
	for device := range gone {
		o.Lost[device] = true
	}
}

// repairedBesides counts the other devices whose sessions were begun again after
// an outage at that instant. Without a login soon after, they are of another.
func (o *Outage) repairedBesides(gone map[string]time.Time, at time.Time) int {
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

// Blocks says of each phone whose session is still to be begun again that it is.
func (o *Outage) Blocks() []plan.Block {
	if o.since.IsZero() {
		return nil
	}
	var blocks []plan.Block
	for device := range o.left {
		b := plan.Block{Scope: plan.Scope{Device: device}, Kind: plan.KindSessionsLost, Since: o.since, Text: "its session is still to be begun again"}
		if o.Asks(device) {
			b.Text = "the phones are asked once more before a session is begun again"
		}
		blocks = append(blocks, b)
	}
	return blocks
}
