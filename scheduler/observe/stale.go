package observe

import (
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/clock"
	"deskd/scheduler/plan"
)

// stale reports whether an answer is in doubt. One that shows what an attempt of
// Unknown outcome was to bring about is not, nor one that shows a login which was
// thought lost: unless that person was on the phone since, and the answer may show
// them then.
func (p *Phones) stale(h plan.Observation, asked time.Time) bool {
	if !p.Proofs.Contradicts(h, asked) {
		return false
	}
	for _, a := range p.Open[h.Device] {
		if a.ShownBy(h) {
			return false
		}
	}
	late, ok := p.late[h.Device]
	return !ok || !late.ShownBy(h) || p.History.ServedSince(late)
}

// mayShowPast reports whether h, which shows the effect of an attempt of unknown
// outcome, may be an answer from before the last success: that contradicts it.
func (p *Phones) mayShowPast(h plan.Observation, a plan.Attempt, asked time.Time) bool {
	return p.Proofs[h.Device].ID < a.ID && p.Proofs.Contradicts(h, asked)
}

// saidEvery is how often the log is told at most that a node is behind.
const saidEvery = time.Hour

// doubt sets the next look at a device whose answer is in doubt, and returns
// what stays known of it.
func (p *Phones) doubt(h plan.Observation, now time.Time) plan.Observation {
	a, known := p.Proofs[h.Device], p.Seen[h.Device]
	if _, again := p.Doubted[h.Device]; !again {
		p.Log.Info("phone shows who was there before: asked again", "cluster", p.Cluster, "desk", known.Desk, "phone", h.Device,
			"step", a.Op, "person", a.Person, "shows", plan.OrNobody(h.Person))
	}
	p.Doubted[h.Device] = h
	if at := a.DoubtLook(now); !at.IsZero() {
		p.LookAt(h.Device, at)
	}
	if !a.ShownBy(known) {
		known = a.Leaves(known)
	}
	if known.Known = len(p.Open[h.Device]) == 0; known.Known {
		known.At = now
		known.Doubt = fmt.Sprintf("in doubt: asked after that %s, the phone system shows %s; it may answer from the past, and is asked again for a minute",
			a.Op, plan.OrNobody(h.Person))
	}
	return known
}

// settleDoubt forgets the doubt about a device that has given an answer which
// counts. One that shows the success after all says how far a node is behind.
func (p *Phones) settleDoubt(h plan.Observation, now time.Time) {
	_, doubted := p.Doubted[h.Device]
	delete(p.Doubted, h.Device)
	if a := p.Proofs[h.Device]; doubted && a.ShownBy(h) && now.Sub(p.saidLag) >= saidEvery {
		p.saidLag = now
		p.Log.Warn("phone system answers from the past: one of its nodes is behind", "cluster", p.Cluster,
			"phone", h.Device, "behind", now.Sub(a.Confirmed()).Round(time.Second))
	}
}

// Blocks stops the steps that have to wait until the doubt about their device is
// over: a logout names the phone, and would end the session that is there. A login ends
// none, and a logout of nobody does nothing. A login that was refused is not repeated, nor
// does one go out whose person is, in doubt, on another desk: the login before may have
// ended that session.
func (p *Phones) Blocks(now time.Time) []plan.Block {
	const text = "the last answer about its phone may be from the past: it is asked again"
	var blocks []plan.Block
	stop := func(s plan.Scope) {
		blocks = append(blocks, plan.Block{Scope: s, Kind: plan.KindStale, Effect: plan.Stops, Text: text})
	}
	for device, shown := range p.Doubted {
		if p.Proofs[device].Refuted {
			stop(plan.Scope{Device: device, Op: plan.OpLogin})
		}
		if shown.Person != "" {
			stop(plan.Scope{Device: device, Op: plan.OpLogout})
		}
		if h := p.Seen[device]; h.Ours && h.Person != "" {
			stop(plan.Scope{Person: reservations.PersonKey(h.Person), Op: plan.OpLogin, But: device})
		}
	}
	for device, until := range p.unsure {
		if now.Before(until) {
			stop(plan.Scope{Device: device, Op: plan.OpLogout})
		}
	}
	return blocks
}

// RecallProof takes in from the journal what the phone system has confirmed, and
// what a look has still to show: a process may have died before. What is known
// already stays. What is too old to be contradicted by a node that is behind is left
// out, and what went before it. Known is when it was confirmed, by the clock of now.
func (p *Phones) RecallProof(a plan.Attempt, known, now time.Time) {
	if p.Proofs[a.Device].ID >= a.ID {
		p.endElsewhere(a) // what went before on other devices has been read again
		return
	}
	p.noteProof(a.Shifted(reservations.Earliest(known, now).Sub(a.Confirmed())))
	if p.Proofs[a.Device].ID == a.ID && (!now.Before(known.Add(plan.StaleFor)) || known.After(now.Add(clock.Doubted))) {
		delete(p.Proofs, a.Device)
	}
	if a.Op == plan.OpLogin && a.Outcome == plan.Refused && a.Class == plan.ClassOccupied {
		if _, late := p.late[a.Device]; !late {
			p.Proofs.Refute(a.Device)
		}
	}
	if a.Outcome != plan.Done || a.Op == plan.OpHold || a.Cause == plan.CauseProbe {
		return
	}
	delete(p.Unproved, a.Device)
	if a.Verified.IsZero() && p.trust.AwaitsProof(a, now) {
		p.Unproved[a.Device] = a
		p.LookAt(a.Device, now)
	}
}

// Unsure lets no logout go out at a device for some seconds: two answers about it
// differed, and one of them may be from the past.
func (p *Phones) Unsure(device string, now time.Time) {
	p.unsure[device] = now.Add(plan.LookAfter)
	p.LookAt(device, p.unsure[device])
}

// Preview takes in an answer to a question put at asked, in memory alone.
func (p *Phones) Preview(h plan.Observation, asked, at time.Time) {
	if h = p.Directory.Recognise(h); p.stale(h, asked) {
		p.Show(p.doubt(h, at))
		return
	}
	p.Show(p.merge(h, at))
}
