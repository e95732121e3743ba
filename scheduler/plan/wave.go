package plan

import (
	"deskd/reservations"
	"deskd/scheduler/plan/wave"
)

// spread sets when the logins of a wave go out, and the logouts that make room for them:
// see [wave.Starts]. What is under way has its slot, and needs no other.
func spread(lines []line, r Round) {
	all, service := make([]*line, 0, len(lines)), r.Service
	for i := range lines { // by device
		if l := &lines[i]; l.in != 0 && (len(l.chain) > 1 || !r.UnderWay[l.last().Device]) {
			all = append(all, l)
		}
	}
	jobs, logouts, early := make([]wave.Job, len(all)), 0, service.Early()
	for i, l := range all {
		jobs[i] = wave.Job{Logout: len(l.chain) > 1 && !r.UnderWay[l.chain[0].Device], Release: l.last().Release, Due: l.last().Due.Add(-early)}
		logouts += jobs[i].Slots() - 1
	}
	starts, _ := wave.Starts(jobs, r.Pace.Wave(service, len(jobs), logouts).Gap(), r.Now)
	for i, l := range all {
		in := l.last()
		in.NotBefore = reservations.Latest(in.Release, starts[i])
		if len(l.chain) > 1 { // never later than the login itself
			l.chain[0].NotBefore = reservations.Earliest(l.chain[0].NotBefore, in.NotBefore)
		}
	}
}

// delay moves a chain behind the waits that earlier refusals ask for. A login
// waits with the logout that makes room for it.
func delay(c chain, waits []wait) {
	for i := range min(len(c), len(waits)) {
		if c[i].Op == OpHold {
			continue
		}
		until := waits[i].until
		if i > 0 {
			until = reservations.Latest(until, c[i-1].NotBefore)
		}
		c[i].NotBefore = reservations.Latest(c[i].NotBefore, until)
		if why := waits[i].why; why != "" {
			c[i].Why += "; " + why
		}
	}
}
