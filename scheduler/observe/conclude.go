package observe

import (
	"context"
	"fmt"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/scheduler/guard"
	"deskd/scheduler/plan"
)

// Learn takes the answers to a query that was put at asked in and writes them
// down. It returns the devices whose state is known now.
func (p *Phones) Learn(ctx context.Context, answers []plan.Observation, asked time.Time) (map[string]bool, error) {
	known := make(map[string]bool, len(answers))
	seen := make([]plan.Observation, 0, len(answers))
	now := p.trust.Now()
	for _, h := range answers {
		old := p.Seen[h.Device]
		if h = p.Directory.Recognise(h); p.stale(h, asked) {
			h = p.doubt(h, now)
			p.News++
		} else {
			h = p.takeIn(ctx, h, now)
		}
		known[h.Device] = h.Known
		p.Show(h)
		if old.At = h.At; h != old {
			p.News++
		}
		seen = append(seen, h)
	}
	p.keepProved(ctx)
	if err := p.Sightings.See(ctx, seen); err != nil {
		for _, h := range seen {
			p.LookAt(h.Device, now.Add(guard.AskAgainIn))
		}
		return nil, fmt.Errorf("record observations: %w", err)
	}
	return known, nil
}

// takeIn brings an answer that counts into the state and returns what is known of
// its device then.
func (p *Phones) takeIn(ctx context.Context, h plan.Observation, now time.Time) plan.Observation {
	h = p.merge(h, now)
	if !h.Known {
		return h
	}
	p.settleDoubt(h, now)
	h = p.resolve(ctx, h, now)
	if h.Ours {
		h.Spared = false
	} else if !h.Settled() {
		p.LookAt(h.Device, h.Since.Add(plan.StaleFor))
	}
	if h.Visitor { // whose id may be that of a person deskd has logged in here
		h.Ours, h.Reservation = false, ""
	}
	look, changed := p.Unit.See(h, now)
	if !look.IsZero() {
		p.LookAt(h.Device, look)
	}
	if changed {
		p.UnitUnsaved = true
		p.News++
	}
	return h
}

// merge joins a fresh answer, whose person is recognised, with what was known: whose
// session it is, and since when. An answer that says nothing about the device keeps both.
func (p *Phones) merge(h plan.Observation, now time.Time) plan.Observation {
	old := p.Seen[h.Device]
	if !h.Known {
		if h.Doubt != "" && h.Doubt != old.Doubt {
			p.Log.Warn("phone is in doubt", "cluster", p.Cluster, "desk", old.Desk, "phone", h.Device, "why", h.Doubt)
		}
		old.Known, old.Doubt = false, h.Doubt
		return old
	}
	h.Desk, h.At, h.Carried = old.Desk, now, old.Carried
	if old.Unasked() {
		h.Since, h.First, h.Spared = now, now, true
		p.LookAt(h.Device, now.Add(plan.StaleFor))
		return p.Outage.Second(h)
	}
	if !old.At.IsZero() && old.Exists == h.Exists && reservations.SamePerson(old.Person, h.Person) {
		h.Since, h.First, h.Ours, h.Reservation, h.Spared = old.Since, old.First, old.Ours, old.Reservation, old.Spared
		return p.Outage.Second(h)
	}
	h.Since, h.First, h.Spared = now, now, !old.Settled()
	if h.Person != "" {
		p.Outage.Back(h.Device)
	}
	if old.Ours && old.Person != "" && h.Person == "" && h.Exists {
		p.Outage.Vanished(old, now)
	}
	return p.Outage.Second(h)
}

// resolve closes the attempts at h's device that were waiting for a look: those
// with an unknown outcome, and those that were answered and not yet seen.
func (p *Phones) resolve(ctx context.Context, h plan.Observation, now time.Time) plan.Observation {
	waiting := p.Open[h.Device]
	delete(p.Open, h.Device)
	if a, ok := p.Unproved[h.Device]; ok {
		delete(p.Unproved, h.Device)
		if len(waiting) == 0 && p.trust.AwaitsProof(a, now) {
			h = p.conclude(ctx, a, h, now)
		}
	}
	for _, a := range waiting {
		h = p.conclude(ctx, a, h, now)
	}
	return p.resolveLate(ctx, h, now)
}

// resolveLate recognises a login that was thought lost and took effect later.
// It is looked for twice a minute as long as that may be, also behind a login and
// a logout that were sent after it: it may come when those have gone by.
func (p *Phones) resolveLate(ctx context.Context, h plan.Observation, now time.Time) plan.Observation {
	a, ok := p.late[h.Device]
	switch {
	case !ok:
	case !p.trust.MayBeLate(a, now):
		delete(p.late, h.Device)
	case h.Ours: // nobody can be logged in behind a session
	case reservations.SamePerson(h.Person, a.Person):
		delete(p.late, h.Device)
		h = p.conclude(ctx, a, h, now)
		p.Revised = true // it was taken for lost
	default:
		p.LookAt(h.Device, now.Add(LookAgain))
	}
	return h
}

// conclude decides by what the device shows whether a had its effect.
func (p *Phones) conclude(ctx context.Context, a plan.Attempt, h plan.Observation, now time.Time) plan.Observation {
	p.News++
	on := h.Person != "" && reservations.SamePerson(h.Person, a.Person)
	asked, was := a.Outcome != plan.Done || a.Presumed(), a.Outcome // asked: the answer did not say
	if a.Ended.IsZero() {
		a.Ended = now
	}
	if on != (a.Op == plan.OpLogin) {
		a, h = p.concludeNone(a, h, asked, now)
		p.Revised = p.Revised || was == plan.Done
		return p.keepConclusion(ctx, a, h, asked)
	}
	if a.Presumed() && now.Before(a.Began.Add(plan.StaleFor)) {
		p.presume(a)
		return h
	}
	past := asked && p.mayShowPast(h, a, now)
	p.Revised = p.Revised || was == plan.NoEffect
	if a.Outcome = plan.Done; past {
		a.Error += plan.Presumption
		p.presume(a)
	} else {
		a.Verified = now
	}
	if on { // once the session's time is over, a person who shows came by themselves
		h.Ours, h.Reservation = !asked || !p.trust.HasPassed(a.SessionEnd(), a, now), a.Reservation
	}
	p.LookAt(h.Device, now.Add(LookAgain-plan.LookAfter))
	return p.keepConclusion(ctx, a, h, asked)
}

// concludeNone notes that the device shows no effect of a.
func (p *Phones) concludeNone(a plan.Attempt, h plan.Observation, asked bool, now time.Time) (plan.Attempt, plan.Observation) {
	if asked && a.Op == plan.OpLogin {
		p.late[a.Device] = a
		p.LookAt(a.Device, now.Add(LookAgain))
	}
	if a.Op == plan.OpLogout && a.Reservation != "" { // of an own session, which goes on
		h.Ours, h.Reservation = true, a.Reservation
	}
	a.Outcome, a.Ended = plan.NoEffect, now
	if a.Error != "" { // what came in the place of an answer
		a.Error += "; "
	}
	a.Error += "asked afterwards, the phone system shows " + plan.OrNobody(h.Person)
	return a, h
}

// presume lets later looks decide whether a had its effect.
func (p *Phones) presume(a plan.Attempt) {
	p.Unproved[a.Device] = a
	p.LookAt(a.Device, a.Began.Add(plan.StaleFor))
}

// keepConclusion writes down what a look has shown of a, and takes it in; asked says
// that it was the first to tell.
func (p *Phones) keepConclusion(ctx context.Context, a plan.Attempt, h plan.Observation, asked bool) plan.Observation {
	c := conclusion{a, h, asked}
	if !asked && a.Outcome == plan.Done {
		p.proved = append(p.proved, c)
		return h
	}
	p.takeConclusion(c, p.Journal.Finish(ctx, a, h))
	return h
}

// conclusion is what a look has shown of an attempt.
type conclusion struct {
	plan.Attempt
	shows plan.Observation
	asked bool
}

// keepProved writes down what looks have shown to be as it was answered: all at once, so
// that the journal can put them on disk together. In a wave they are as many as logins.
func (p *Phones) keepProved(ctx context.Context) {
	proved := p.proved
	p.proved = nil
	errs := make([]error, len(proved))
	var writing sync.WaitGroup
	for i, c := range proved {
		writing.Go(func() { errs[i] = p.Journal.Finish(ctx, c.Attempt, c.shows) })
	}
	writing.Wait()
	for i, c := range proved {
		p.takeConclusion(c, errs[i])
	}
}

// takeConclusion takes in what was written down, unless that has failed.
func (p *Phones) takeConclusion(c conclusion, err error) {
	a := c.Attempt
	if err != nil {
		p.Log.Error("record outcome", "attempt", a.ID, "cluster", p.Cluster, "phone", a.Device, "step", a.Op, "outcome", a.Outcome, "err", err)
		delete(p.Unproved, a.Device)
		p.Open[a.Device] = append(p.Open[a.Device], a) // the next look tries again
		p.LookAt(a.Device, p.trust.Now().Add(guard.AskAgainIn))
		return
	}
	p.Note(a)
	p.noteProof(a)
	if a.Op == plan.OpLogin && a.Outcome == plan.NoEffect {
		p.Outage.NeverThere(a.Device)
	}
	if c.asked || a.Outcome != plan.Done {
		p.Report(a)
	}
}
