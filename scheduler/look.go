package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// askPerRound bounds the devices that are asked in one round. A round is short, so that
// the next one can send what has become more urgent meanwhile.
const askPerRound = 500

// ask puts the question who is logged in to the devices that matter in this
// round and learns from the answers. It returns the devices that answered.
// Silence of the phone system is no error: its devices are unknown then.
func (r *Reconciler) ask(ctx context.Context, want []plan.Login, planned []plan.Step, now time.Time) (map[string]bool, error) {
	devices, err := r.question(ctx, want, planned, now)
	if err != nil {
		return nil, err
	}
	return r.put(ctx, devices)
}

// put puts the question to devices.
func (r *Reconciler) put(ctx context.Context, devices []string) (map[string]bool, error) {
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
	if r.trust.HasJumped() { // how old the answers are, and what they are held against, nobody knows
		return nil, nil
	}
	known, err := r.phones.Learn(ctx, answers, asked)
	if r.phones.Revised {
		r.phones.Revised = false
		r.books.reread()
	}
	if r.phones.UnitUnsaved {
		r.phones.UnitUnsaved = false
		r.memory.keep(ctx)
	}
	return known, err
}

// question makes ready what is asked in this round, and lists the devices: none while the
// phone system is left alone.
func (r *Reconciler) question(ctx context.Context, want []plan.Login, planned []plan.Step, now time.Time) ([]string, error) {
	if now.Before(r.circuit.SilentUntil()) {
		return nil, nil
	}
	if r.circuit.Distrusted() { // what it is measured by may have been repaired
		if _, err := r.Access.Renew(); err != nil {
			return nil, r.silence(ctx, err, nil)
		}
	}
	if len(r.phones.Devices) > 0 {
		if err := r.memory.firstQuestion(ctx); err != nil {
			return nil, err
		}
	}
	if !r.circuit.Halted() {
		if err := r.away.Ask(ctx, want, planned, now); err != nil {
			return nil, r.silence(ctx, err, nil)
		}
	}
	devices := r.toAsk(planned, now)
	if r.circuit.Halted() { // a single question finds out whether it takes requests again
		if len(devices) == 0 {
			devices = r.phones.Devices
		}
		devices = devices[:min(1, len(devices))]
	}
	return devices, nil
}

// toAsk lists the devices of the round: those a step is due on, those due for
// a look, and a part of the sweep.
func (r *Reconciler) toAsk(planned []plan.Step, now time.Time) []string {
	var devices []string
	listed := make(map[string]bool)
	add := func(device string) {
		_, managed := r.phones.Seen[device]
		if managed && !listed[device] && !r.senders.busy.devices[device] && len(devices) < askPerRound {
			listed[device] = true
			devices = append(devices, device)
		}
	}
	due := r.soon(planned, now)
	for _, s := range due[:min(len(due), r.senders.room())] {
		add(s.Device)
	}
	for _, device := range r.phones.Devices {
		if at, ok := r.phones.Looks[device]; ok && !at.After(now) {
			add(device)
		}
	}
	r.sweep.next(r.phones.Devices, add, func() bool { return len(devices) < askPerRound })
	for _, device := range devices {
		delete(r.phones.Looks, device)
	}
	return devices
}

// silence notes that a query was not answered: its devices are unknown from
// now on, and the cluster is asked again after a growing pause. A refusal that
// concerns the whole installation stops all traffic to it.
func (r *Reconciler) silence(ctx context.Context, err error, devices []string) error {
	r.planner.permits.Refused(err).Log(r.log)
	r.quiet(ctx, err, r.now())
	seen := r.phones.Silence(devices)
	r.endSweep(err)
	if err := r.Sightings.See(ctx, seen); err != nil {
		return fmt.Errorf("record observations: %w", err)
	}
	return nil
}

// quiet leaves the cluster alone after err.
func (r *Reconciler) quiet(ctx context.Context, err error, now time.Time) {
	r.senders.silenced.Store(true)
	defer r.publish()
	var no *phones.Refusal
	if errors.As(err, &no) && no.Class.Halts() {
		unsigned := r.circuit.Refuse(no, now)
		r.memory.keep(ctx) // before the fingerprint, which takes a while
		if unsigned {
			r.publish()
			r.memory.sign(ctx, r.Access.Fingerprint)
		}
		return
	}
	r.memory.keepIf(ctx, r.circuit.Survived())
	r.memory.keepIf(ctx, r.circuit.Fail(err, now))
}

// heard notes that the phone system answers. After a silence every device is
// asked again.
func (r *Reconciler) heard(ctx context.Context) {
	if r.circuit.Well() {
		r.memory.keepIf(ctx, r.circuit.Survived())
		return
	}
	r.shut(ctx, "phone system answers again", false)
}

// shut closes the circuit, or ends a silence: every device is asked again.
// Changed says that other credentials are presented from now on.
func (r *Reconciler) shut(ctx context.Context, message string, changed bool) {
	r.log.Info(message)
	r.memory.keepIf(ctx, r.circuit.Close(r.phones.Newest, changed))
	r.phones.History.Readmit(r.circuit.Readmission())
	r.senders.silenced.Store(false)
	r.publish() // before what may refuse deskd again
	r.startSweep(nil)
}

// watchCredentials closes the circuit of a halted cluster when its credentials have
// changed, or when another program was let in with them.
func (r *Reconciler) watchCredentials(ctx context.Context, now time.Time) {
	if !r.circuit.Halted() || len(r.senders.busy.devices) > 0 {
		return // what is on its way may yet be refused, for the old ones
	}
	changed, err := r.Access.Renew()
	if err != nil {
		r.circuit.CredentialsUnreadable(err, now)
		r.publish()
		return
	}
	r.circuit.CredentialsReadable()
	switch {
	case changed:
		r.shut(ctx, "the credentials that were refused have changed: phone system is asked again", true)
	case r.memory.othersLetIn(ctx):
		r.shut(ctx, "another program was let in with the credentials that were refused: phone system is asked again", false)
	}
}
