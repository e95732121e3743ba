package scheduler

import (
	"maps"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// busy holds who and what is in the hands of the senders: rounds go on
// meanwhile, and leave these alone.
type busy struct {
	devices, people map[string]bool
}

func (b busy) has(s plan.Step) bool { return b.devices[s.Device] || b.people[s.PersonKey()] }

func (b busy) add(s plan.Step) {
	b.devices[s.Device] = true
	b.people[s.PersonKey()] = true
}

func (b busy) remove(s plan.Step) {
	delete(b.devices, s.Device)
	delete(b.people, s.PersonKey())
}

// sendable returns the steps that could go out now if no block stopped them, in order:
// their time has come, and no earlier step of the same device or person is waiting
// or under way. A login never overtakes the logout that makes room for it. One
// that is overdue and waits for its next try does not keep its person from
// another desk they have. A login whose time the wave has set counts so long ahead of
// that: it ends no session, and waits for no edge of a booking.
func sendable(planned []plan.Step, under busy, now time.Time, ahead time.Duration) []plan.Step {
	blocked := busy{maps.Clone(under.devices), maps.Clone(under.people)}
	var steps []plan.Step
	for _, s := range planned {
		if s.Op == plan.OpHold {
			continue
		}
		waits := s.NotBefore.After(now)
		if isTimed(s) {
			waits = s.NotBefore.After(now.Add(ahead))
		}
		if !waits && !blocked.has(s) {
			steps = append(steps, s)
		}
		blocked.devices[s.Device] = true
		if !waits || s.Op != plan.OpLogin || s.From.After(now) {
			blocked.people[s.PersonKey()] = true
		}
	}
	return steps
}

// isTimed reports whether the time of s is the one that the wave has set for a login on an
// empty phone, and neither an edge of a booking nor the end of a wait.
func isTimed(s plan.Step) bool {
	return s.Op == plan.OpLogin && s.NotBefore.After(s.Release) && !s.NotBefore.After(s.Due)
}

// unstopped are the steps that no block stops.
func unstopped(steps []plan.Step) []plan.Step {
	return slices.DeleteFunc(steps, func(s plan.Step) bool { return s.Held != "" })
}

// unhurried moves the steps on devices whose last request has hung behind the
// others, and leaves one permit to those: each may hold its own for as long as a
// request may take.
func (p *planner) unhurried(steps []plan.Step) []plan.Step {
	most := max(1, p.learned().Pace.Concurrent-1)
	for device := range p.busy.devices {
		if p.phones.History.Hung(device) {
			most--
		}
	}
	var first, last []plan.Step
	for _, s := range steps {
		if p.phones.History.Hung(s.Device) {
			last = append(last, s)
		} else {
			first = append(first, s)
		}
	}
	return append(first, last[:min(len(last), max(0, most))]...)
}

// due is what may go out, in its order: the steps whose time has come and that no block
// stops, those at phones that have hung last.
func (p *planner) due(planned []plan.Step, now time.Time) []plan.Step {
	return p.unhurried(unstopped(sendable(planned, p.busy, now, 0)))
}

// soon is what may be handed to the senders, in the order of its times: what is due, and
// the logins that are about to be.
func (p *planner) soon(planned []plan.Step, now time.Time) []plan.Step {
	steps := p.unhurried(unstopped(sendable(planned, p.busy, now, handedAhead)))
	slices.SortStableFunc(steps, func(a, b plan.Step) int {
		return reservations.Latest(a.NotBefore, now).Compare(reservations.Latest(b.NotBefore, now))
	})
	return steps
}
