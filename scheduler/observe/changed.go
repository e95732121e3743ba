package observe

import (
	"cmp"
	"slices"
	"time"

	"deskd/scheduler/plan"
)

// Rounds are many and changes few: what follows from what the phones show is worked out
// for those of which something is new.

// counts are kept while phones are seen, one by one.
type counts struct {
	own     int // show a session of deskd's
	unknown int
}

func (c *counts) add(h plan.Observation, n int) {
	if h.Ours && h.Person != "" {
		c.own += n
	}
	if !h.Known {
		c.unknown += n
	}
}

// changes are the phones of which something is new, for each of those who ask.
type changes struct {
	all                     bool // for the plan
	forPlan                 []string
	forContinued, forRunOut touched
}

// of takes in that something is new of a phone, or no more than when it was asked.
func (c *changes) of(device string, asked bool) {
	c.forPlan = append(c.forPlan, device)
	if !asked {
		c.forContinued.devices = append(c.forContinued.devices, device)
		c.forRunOut.devices = append(c.forRunOut.devices, device)
	}
}

// Note takes an attempt into the history.
func (p *Phones) Note(a plan.Attempt) {
	p.Deeds.Note(a)
	p.changed.of(a.Device, false)
}

// Show brings what a phone shows into what is known.
func (p *Phones) Show(h plan.Observation) {
	was, known := p.Seen[h.Device]
	if known {
		p.counts.add(was, -1)
	}
	p.counts.add(h, 1)
	p.Seen[h.Device] = h
	was.At = h.At
	p.changed.of(h.Device, known && was == h)
	p.met.note(h.Person, h.Device)
}

// replace takes in what all phones show, of which there are no others.
func (p *Phones) replace(seen map[string]plan.Observation) {
	p.Seen, p.counts, p.changed.all = seen, counts{}, true
	for _, h := range seen {
		p.counts.add(h, 1)
	}
	p.changed.forContinued.forget()
	p.changed.forRunOut.forget()
}

// Brief tells a planner what is new.
func (p *Phones) Brief(planner *plan.Planner) {
	if p.changed.all {
		all := make([]plan.Observation, 0, len(p.Devices))
		for _, device := range p.Devices {
			all = append(all, p.Seen[device])
		}
		planner.Manage(all)
	}
	for _, device := range p.changed.forPlan {
		planner.See(p.Seen[device])
	}
	p.changed.all, p.changed.forPlan = false, p.changed.forPlan[:0]
}

// touched finds the logins to look at: those at devices of which something is new, and
// those that have begun since. The zero touched has looked at none.
type touched struct {
	want    []plan.Login // of the last time; another slice is looked at whole
	last    time.Time
	devices []string
}

// logins are those of want, by device, that there are to look at, or all of them.
func (t *touched) logins(want []plan.Login, now time.Time) (logins []plan.Login, all bool) {
	same := len(want) > 0 && len(want) == len(t.want) && &want[0] == &t.want[0] && !now.Before(t.last)
	devices, last := t.devices, t.last
	t.want, t.last, t.devices = want, now, nil
	if !same {
		return want, true
	}
	begun := func(l *plan.Login) bool { return l.From.After(last) && !l.From.After(now) }
	for i := range want {
		if begun(&want[i]) {
			logins = append(logins, want[i])
		}
	}
	slices.Sort(devices)
	for _, device := range slices.Compact(devices) {
		i, _ := slices.BinarySearchFunc(want, device, func(l plan.Login, device string) int { return cmp.Compare(l.Device, device) })
		for ; i < len(want) && want[i].Device == device; i++ {
			if !begun(&want[i]) {
				logins = append(logins, want[i])
			}
		}
	}
	return logins, false
}

// forget lets everything be looked at.
func (t *touched) forget() { t.want = nil }
