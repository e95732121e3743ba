package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// ask puts the question who is logged in to the devices that matter in this
// round and learns from the answers. It returns the devices that answered.
// Silence of the phone system is no error: its devices are unknown then.
func (r *Reconciler) ask(ctx context.Context, want []plan.Login, planned []plan.Step, now time.Time) (map[string]bool, error) {
	if now.Before(r.silentUntil()) {
		return nil, nil
	}
	if r.lacks.trust { // what it is measured by may have been repaired
		if _, err := r.Access.Renew(); err != nil {
			return nil, r.silence(ctx, err, nil)
		}
	}
	if len(r.devices) > 0 {
		if err := r.firstQuestion(ctx, now); err != nil {
			return nil, err
		}
	}
	if r.halted.IsZero() {
		if err := r.whereabouts(ctx, want, planned, now); err != nil {
			return nil, r.silence(ctx, err, nil)
		}
	}
	devices := r.toAsk(planned, now)
	if !r.halted.IsZero() {
		devices = r.probe(devices)
	}
	if len(devices) == 0 {
		return nil, nil
	}
	asked := r.now()
	answers, err := r.Access.Logins(ctx, devices)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, r.silence(ctx, err, devices)
	}
	r.heard(ctx)
	if r.hasJumped() { // how old the answers are, and what they are held against, nobody knows
		return nil, nil
	}
	return r.learn(ctx, answers, asked)
}

// toAsk lists the devices of the round: those a step is due on, those due for
// a look, and a part of the sweep.
func (r *Reconciler) toAsk(planned []plan.Step, now time.Time) []string {
	var devices []string
	listed := make(map[string]bool)
	add := func(device string) {
		_, managed := r.seen[device]
		if managed && !listed[device] && !r.busy.devices[device] && len(devices) < askPerRound {
			listed[device] = true
			devices = append(devices, device)
		}
	}
	due := r.due(planned, now)
	for _, s := range due[:min(len(due), max(0, r.perRound()-len(r.busy.devices)))] {
		add(s.Device)
	}
	for _, device := range r.devices {
		if at, ok := r.looks[device]; ok && !at.After(now) {
			add(device)
		}
	}
	r.sweepOn(add, func() bool { return len(devices) < askPerRound })
	for _, device := range devices {
		delete(r.looks, device)
	}
	return devices
}

// probe is the single question that finds out whether a halted cluster takes
// requests again.
func (r *Reconciler) probe(devices []string) []string {
	if len(devices) == 0 {
		devices = r.devices
	}
	return devices[:min(1, len(devices))]
}

// learn takes the answers to a query that was put at asked in and writes them
// down. It returns the devices whose state is known now.
func (r *Reconciler) learn(ctx context.Context, answers []plan.Have, asked time.Time) (map[string]bool, error) {
	known := make(map[string]bool, len(answers))
	seen := make([]plan.Have, 0, len(answers))
	now := r.now()
	for _, h := range answers {
		if h = r.directory.Recognise(h); r.stale(h, asked) {
			h = r.doubtAnswer(h, now)
		} else {
			h = r.takeIn(ctx, h, now)
		}
		known[h.Device] = h.Known
		r.seen[h.Device] = h
		seen = append(seen, h)
	}
	if err := r.Journal.See(ctx, seen); err != nil {
		for _, h := range seen {
			r.lookAt(h.Device, now.Add(askAgainIn))
		}
		return nil, fmt.Errorf("record observations: %w", err)
	}
	return known, nil
}

// takeIn brings an answer that counts into the state and returns what is known of
// its device then.
func (r *Reconciler) takeIn(ctx context.Context, h plan.Have, now time.Time) plan.Have {
	h = r.merge(h, now)
	if !h.Known {
		return h
	}
	r.settleDoubt(h, now)
	h = r.resolve(ctx, h, now)
	if h.Ours {
		h.Spared = false
	} else if !h.Settled() {
		r.lookAt(h.Device, h.Since.Add(plan.StaleFor))
	}
	if h.Visitor { // whose id may be that of somebody deskd has logged in here
		h.Ours, h.Reservation = false, ""
	}
	if r.weigh(h, now) {
		r.keep(ctx)
	}
	return h
}

// merge joins a fresh answer, whose person is recognised, with what was known: whose session it is, and
// since when. An answer that says nothing about the device keeps both.
func (r *Reconciler) merge(h plan.Have, now time.Time) plan.Have {
	old := r.seen[h.Device]
	if !h.Known {
		if h.Doubt != "" && h.Doubt != old.Doubt {
			r.Log.Warn("phone is in doubt", "cluster", r.Cluster, "desk", old.Desk, "phone", h.Device, "why", h.Doubt)
		}
		old.Known, old.Doubt = false, h.Doubt
		return old
	}
	h.Desk, h.At = old.Desk, now
	if old.Unasked() {
		h.Since, h.First, h.Spared = now, now, true
		r.lookAt(h.Device, now.Add(plan.StaleFor))
		return r.second(h)
	}
	if !old.At.IsZero() && old.Exists == h.Exists && reservations.SamePerson(old.Person, h.Person) {
		h.Since, h.First, h.Ours, h.Reservation, h.Spared = old.Since, old.First, old.Ours, old.Reservation, old.Spared
		return r.second(h)
	}
	h.Since, h.First, h.Spared = now, now, !old.Settled()
	if h.Person != "" {
		delete(r.lost, h.Device)
	}
	if old.Ours && old.Person != "" && h.Person == "" && h.Exists {
		r.vanished[h.Device] = vanished{now, old}
	}
	return r.second(h)
}

// resolve closes the attempts at h's device that were waiting for a look: those
// with an unknown outcome, and those that were answered and not yet seen.
func (r *Reconciler) resolve(ctx context.Context, h plan.Have, now time.Time) plan.Have {
	waiting := r.open[h.Device]
	delete(r.open, h.Device)
	if a, ok := r.unproved[h.Device]; ok {
		delete(r.unproved, h.Device)
		if len(waiting) == 0 && r.awaitsProof(a, now) {
			h = r.conclude(ctx, a, h, now)
		}
	}
	for _, a := range waiting {
		h = r.conclude(ctx, a, h, now)
	}
	return r.resolveLate(ctx, h, now)
}

// noteOutrun takes in a logout that met nobody: a login that was confirmed and has
// not been seen since was not on the phone yet. It may show all the same, when the
// logout has gone by.
func (r *Reconciler) noteOutrun(a plan.Attempt) {
	in, unseen := r.unproved[a.Device]
	if unseen && a.Op == plan.OpLogout && a.Class == plan.ClassNobody && in.Op == plan.OpLogin && reservations.SamePerson(in.Person, a.Person) {
		r.late[a.Device] = in
	}
}

// resolveLate recognises a login that was thought lost and took effect later.
// It is looked for twice a minute as long as that may be, also behind a login and
// a logout that were sent after it: it may come when those have gone by.
func (r *Reconciler) resolveLate(ctx context.Context, h plan.Have, now time.Time) plan.Have {
	a, ok := r.late[h.Device]
	switch {
	case !ok:
	case !r.mayBeLate(a, now):
		delete(r.late, h.Device)
	case h.Ours: // nobody can be logged in behind a session
	case reservations.SamePerson(h.Person, a.Person):
		delete(r.late, h.Device)
		h = r.conclude(ctx, a, h, now)
	default:
		r.lookAt(h.Device, now.Add(lookAgain))
	}
	return h
}

// conclude decides by what the device shows whether a had its effect.
func (r *Reconciler) conclude(ctx context.Context, a plan.Attempt, h plan.Have, now time.Time) plan.Have {
	on := h.Person != "" && reservations.SamePerson(h.Person, a.Person)
	asked := a.Outcome != plan.Done || a.Presumed() // the answer did not say
	if a.Ended.IsZero() {
		a.Ended = now
	}
	if on != (a.Op == plan.OpLogin) {
		a, h = r.concludeNone(a, h, asked, now)
		return r.keepConclusion(ctx, a, h, asked)
	}
	if a.Presumed() && now.Before(a.Began.Add(plan.StaleFor)) {
		r.presume(a)
		return h
	}
	past := asked && r.mayShowPast(h, a, now)
	if a.Outcome = plan.Done; past {
		a.Error += plan.Presumption
		r.presume(a)
	} else {
		a.Verified = now
	}
	if on { // once the session's time is over, whoever shows came by themselves
		h.Ours, h.Reservation = !asked || !r.hasPassed(a.SessionEnd(), a, now), a.Reservation
	}
	r.lookAt(h.Device, now.Add(lookAgain-plan.LookAfter))
	return r.keepConclusion(ctx, a, h, asked)
}

// concludeNone notes that the device shows no effect of a.
func (r *Reconciler) concludeNone(a plan.Attempt, h plan.Have, asked bool, now time.Time) (plan.Attempt, plan.Have) {
	if asked && a.Op == plan.OpLogin {
		r.late[a.Device] = a
		r.lookAt(a.Device, now.Add(lookAgain))
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
func (r *Reconciler) presume(a plan.Attempt) {
	r.unproved[a.Device] = a
	r.lookAt(a.Device, a.Began.Add(plan.StaleFor))
}

// keepConclusion writes down what a look has shown of a, and takes it in; asked says
// that it was the first to tell.
func (r *Reconciler) keepConclusion(ctx context.Context, a plan.Attempt, h plan.Have, asked bool) plan.Have {
	if err := r.Journal.Finish(ctx, a, h); err != nil {
		r.Log.Error("record outcome", "attempt", a.ID, "cluster", r.Cluster, "phone", a.Device, "step", a.Op, "outcome", a.Outcome, "err", err)
		delete(r.unproved, a.Device)
		r.open[a.Device] = append(r.open[a.Device], a) // the next look tries again
		r.lookAt(a.Device, r.now().Add(askAgainIn))
		return h
	}
	r.note(a)
	r.noteProof(a)
	if a.Op == plan.OpLogin && a.Outcome == plan.NoEffect {
		delete(r.vanished, a.Device) // it was never there
	}
	if asked || a.Outcome != plan.Done {
		r.report(a)
	}
	return h
}

// silence notes that a query was not answered: its devices are unknown from
// now on, and the cluster is asked again after a growing pause. A refusal that
// concerns the whole installation stops all traffic to it.
func (r *Reconciler) silence(ctx context.Context, err error, devices []string) error {
	now := r.now()
	r.quiet(ctx, err, now)
	seen := make([]plan.Have, 0, len(devices))
	for _, device := range devices {
		h := r.seen[device]
		h.Known = false
		r.seen[device] = h
		if !h.At.IsZero() {
			seen = append(seen, h)
		}
	}
	if !r.sweep.began.IsZero() {
		r.endSweep(err)
	}
	if err := r.Journal.See(ctx, seen); err != nil {
		return fmt.Errorf("record observations: %w", err)
	}
	return nil
}

// quiet sets how long the cluster is left alone after err, and says so once.
func (r *Reconciler) quiet(ctx context.Context, err error, now time.Time) {
	r.silenced.Store(true)
	r.failures++
	defer func() { r.complain(err.Error()) }()
	var no *phones.Refusal
	if errors.As(err, &no) && no.Class.Halts() {
		r.refuse(ctx, no, now)
		return
	}
	r.survived(ctx)
	r.unanswered(ctx, err, now)
	wait := min(askAgainIn<<min(r.failures-1, 8), askAtMost)
	r.askAfter = now.Add(wait)
	r.noteSilence(err)
}

// heard notes that the phone system answers. After a silence every device is
// asked again.
func (r *Reconciler) heard(ctx context.Context) {
	if r.failures == 0 && r.halted.IsZero() {
		r.survived(ctx)
		return
	}
	r.shut(ctx, "phone system answers again", false)
}
