package observe

import (
	"maps"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/clock"
	"deskd/scheduler/guard"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// Phones are what the phones of a cluster were seen to show, and what looks at them are
// still to tell. Make them with [New]. Only the goroutine of the rounds uses them.
type Phones struct {
	Deeds
	trust  *clock.Trust
	Outage *guard.Outage
	Unit   *guard.Unit

	Directory phones.Directory            // of the cluster's people
	desks     []reservations.Desk         // that were managed last
	Devices   []string                    // of the desks, then those of former desks with own sessions
	Seen      map[string]plan.Observation // to be read alone: see [Phones.Show]
	counts    counts                      // over Seen
	changed   changes
	runOuts   map[runOut]reservations.Span // from the end of the session to that of the booking
	Looks     map[string]time.Time         // device → when to look at it
	here      map[string]bool              // devices of attempts: of this cluster, even when no desk's any more

	Doubted map[string]plan.Observation // device → an answer that contradicts the last success there
	unsure  map[string]time.Time        // device → two answers differed: no logout before
	saidLag time.Time                   // when the log was last told that a node is behind
	proved  []conclusion                // of one answer, to be written down with it

	// News counts what answers have shown that was not known: of a phone, or of an attempt.
	News int
	// UnitUnsaved says that the doubt about the unit has changed and is not written down.
	UnitUnsaved bool
	// Revised says that a look has shown another outcome of an attempt than the history
	// has: the journal is to be folded again.
	Revised bool
}

// New returns what is known of a cluster of which nothing is. Trust is that in the clock.
func New(setup Setup, trust *clock.Trust) *Phones {
	return &Phones{
		Deeds: newDeeds(setup), trust: trust, Outage: guard.NewOutage(), Unit: guard.NewUnit(setup.Duration, setup.Log.With("cluster", setup.Cluster)),
		Seen: make(map[string]plan.Observation), changed: changes{all: true}, runOuts: make(map[runOut]reservations.Span), Looks: make(map[string]time.Time), here: make(map[string]bool),
		Doubted: make(map[string]plan.Observation), unsure: make(map[string]time.Time),
	}
}

// Own is how many phones show a session of deskd's.
func (p *Phones) Own() int { return p.counts.own }

// Unknown is how many phones have not answered since they last mattered.
func (p *Phones) Unknown() int { return p.counts.unknown }

// Forget lets nothing count that is from before a jump of the clock, except whose
// sessions are whose.
func (p *Phones) Forget(by time.Duration) {
	clear(p.Looks)
	p.Unit.ForgetAll()
	p.Outage.Moved(by)
	for _, h := range p.Seen {
		h.Known = false
		if !h.Ours { // so long ago they came, whatever the clock shows
			h.Since = h.Since.Add(by)
			if !h.At.IsZero() {
				h.At = h.At.Add(by)
			}
		}
		p.Show(h)
	}
}

// Silence makes devices unknown that were asked in vain, and returns what is known
// of them then, but of those that never answered.
func (p *Phones) Silence(devices []string) []plan.Observation {
	seen := make([]plan.Observation, 0, len(devices))
	for _, device := range devices {
		h := p.Seen[device]
		h.Device, h.Known = device, false
		p.Show(h)
		if !h.At.IsZero() {
			seen = append(seen, h)
		}
	}
	return seen
}

// Manage brings what is known of devices in line with the desks. A device that
// is no desk's any more stays while deskd's own session is or may be on it:
// nobody is wanted there, so that the session is ended. A desk that is new since the
// last sweep is looked at, unless all are asked anyway (not swept). The same slice is
// taken for the same desks.
func (p *Phones) Manage(desks []reservations.Desk, swept bool, now time.Time) {
	same := len(desks) == len(p.desks) && (len(desks) == 0 || &desks[0] == &p.desks[0])
	if p.desks = desks; same && p.settled(swept) {
		return
	}
	known := make(map[string]plan.Observation, len(desks))
	p.Devices = make([]string, 0, len(desks))
	for _, d := range desks {
		h := p.Seen[d.Device]
		h.Desk, h.Device = d.ID, d.Device
		known[d.Device] = h
		p.Devices = append(p.Devices, d.Device)
		if h.At.IsZero() && swept {
			p.LookAt(d.Device, now)
		}
	}
	for _, device := range p.former(known) {
		h := p.Seen[device]
		h.Desk, h.Device = "", device
		known[device] = h
		p.Devices = append(p.Devices, device)
		p.LookAt(device, now)
	}
	p.replace(known)
	gone := func(device string) bool { _, managed := known[device]; return !managed }
	maps.DeleteFunc(p.Looks, func(device string, _ time.Time) bool { return gone(device) })
	maps.DeleteFunc(p.Proofs, func(device string, _ plan.Proof) bool { return gone(device) })
	maps.DeleteFunc(p.unsure, func(device string, at time.Time) bool { return gone(device) || !now.Before(at) })
	maps.DeleteFunc(p.Doubted, func(device string, _ plan.Observation) bool { return gone(device) })
	maps.DeleteFunc(p.Unproved, func(device string, _ plan.Attempt) bool { return gone(device) })
	maps.DeleteFunc(p.Open, func(device string, _ []plan.Attempt) bool { return gone(device) })
	maps.DeleteFunc(p.late, func(device string, _ plan.Attempt) bool { return gone(device) })
	p.Outage.Gone(gone)
}

// settled reports whether those are managed, and watched, that follow from the desks alone:
// there are no others, and there is none to look at because nothing was ever seen of it.
func (p *Phones) settled(swept bool) bool {
	if len(p.Devices) != len(p.desks) || len(p.Seen) != len(p.desks) || len(p.unsure) > 0 {
		return false
	}
	for _, h := range p.Seen {
		if h.At.IsZero() && swept {
			return false
		}
	}
	return len(p.former(p.Seen)) == 0
}

// former lists the devices of no desk on which a session of deskd's is, or may
// be: the outcome of an attempt there is not known or not yet seen.
func (p *Phones) former(desks map[string]plan.Observation) []string {
	devices := make(map[string]bool)
	add := func(device string) {
		if _, desk := desks[device]; !desk {
			devices[device] = true
		}
	}
	for device, h := range p.Seen {
		if h.Ours && h.Person != "" && p.here[device] {
			add(device)
		}
	}
	for device := range p.Open {
		add(device)
	}
	for device := range p.Unproved {
		add(device)
	}
	for device := range p.late {
		add(device)
	}
	return slices.Sorted(maps.Keys(devices))
}

// LookAt sets a look at a device, unless an earlier one is set.
func (p *Phones) LookAt(device string, at time.Time) {
	if old, ok := p.Looks[device]; !ok || at.Before(old) {
		p.Looks[device] = at
	}
}

// RecallSeen takes in what was last seen, by the journal. Nobody is deskd's because a
// database that was taken over says so.
func (p *Phones) RecallSeen(seen []plan.Observation) {
	for _, h := range seen {
		h.Known = false
		p.Show(h)
		if h.Unasked() {
			delete(p.Proofs, h.Device)
			delete(p.Unproved, h.Device)
		}
	}
	p.RecallCarried()
}

// RecallAttempt takes in what an attempt of the journal says besides the history.
func (p *Phones) RecallAttempt(a plan.Attempt, now time.Time) {
	p.here[a.Device] = true
	p.Outage.Recall(a)
	switch {
	case a.Outcome == plan.Done:
		if p.late[a.Device].ID == a.ID { // it was late, and has come
			delete(p.late, a.Device)
		}
		p.noteOutrun(a)
	case a.Outcome == plan.NoEffect && p.trust.MayBeLate(a, now):
		p.late[a.Device] = a
		p.LookAt(a.Device, now)
	}
}

// RecallOpen takes in the attempts whose outcome a look has to resolve.
func (p *Phones) RecallOpen(open []plan.Attempt, now time.Time) {
	clear(p.Open)
	for _, a := range open {
		p.here[a.Device] = true
		p.Open[a.Device] = append(p.Open[a.Device], a)
		p.LookAt(a.Device, now)
	}
}
