package plan

import (
	"cmp"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan/wave"
)

// spread sets when the logins of a wave go out, and the logouts that make room for them:
// see [wave.Starts]. What is under way has its slot, and needs no other.
func spread(chains []chain, pace Pace, in Input, now time.Time) {
	all, service := make([]chain, 0, len(chains)), in.Service
	for _, c := range chains {
		if c.last().Op == OpLogin && (len(c) > 1 || !in.UnderWay[c.last().Device]) {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b chain) int { return cmp.Compare(a[0].Device, b[0].Device) })
	jobs, logouts, early := make([]wave.Job, len(all)), 0, service.Early()
	for i, c := range all {
		jobs[i] = wave.Job{Logout: len(c) > 1 && !in.UnderWay[c[0].Device], Release: c.last().Release, Due: c.last().Due.Add(-early)}
		logouts += jobs[i].Slots() - 1
	}
	starts, _ := wave.Starts(jobs, pace.Wave(service, len(jobs), logouts).Gap(), now)
	for i, c := range all {
		in := c.last()
		in.NotBefore = reservations.Latest(in.Release, starts[i])
		if len(c) > 1 { // never later than the login itself
			c[0].NotBefore = reservations.Earliest(c[0].NotBefore, in.NotBefore)
		}
	}
}

// delay moves a chain behind the waits that earlier refusals ask for. A login
// waits with the logout that makes room for it.
func delay(c chain, m History) {
	for i := range c {
		if c[i].Op == OpHold {
			continue
		}
		until, why := m.Wait(c[i])
		if i > 0 {
			until = reservations.Latest(until, c[i-1].NotBefore)
		}
		c[i].NotBefore = reservations.Latest(c[i].NotBefore, until)
		if why != "" {
			c[i].Why += "; " + why
		}
	}
}
