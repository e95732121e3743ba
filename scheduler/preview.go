package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/scheduler/plan"
)

// Preview is what a round would do, without doing it.
type Preview struct {
	World    plan.World
	Want     []plan.Login
	Observed []plan.Observation // every managed device, in the order of the desks
	Steps    []plan.Step
	// Ends is when the sessions end by themselves that deskd began and last saw,
	// by device. Those that end only by a logout are not in it.
	Ends map[string]time.Time
	// Clock says why the clock is in doubt and what waits for it, in words; empty
	// while it is believed.
	Clock string
}

// Preview returns the steps a round would take at the instant at, and takes
// none; nothing is written either. With ask the phones are asked who is logged
// in, otherwise what was last seen counts. The reconciler must not be running.
func (r *Reconciler) Preview(ctx context.Context, ask bool, at time.Time) (Preview, error) {
	p, err := previewer{r, ask}.preview(ctx, at)
	if err != nil {
		return p, err
	}
	previewer{r, ask}.markHeld(p.Steps, at)
	p.Clock = r.trust.Doubt(p.Steps)
	return p, nil
}

// previewer previews a round.
type previewer struct {
	*Reconciler
	ask bool // the phones, who is logged in
}

// preview fills everything in that a round would know, and plans.
func (r previewer) preview(ctx context.Context, at time.Time) (Preview, error) {
	if err := r.Restore(ctx); err != nil {
		return Preview{}, err
	}
	if at.Before(r.now()) {
		r.phones.History, r.hypothetical = r.phones.History.WithoutEnds(), true
	}
	if err := r.readWorld(ctx, true, at); err != nil {
		return Preview{}, err
	}
	if err := r.look(ctx, at); err != nil {
		return Preview{}, err
	}
	p := Preview{World: r.books.world, Want: r.books.wanted(at), Ends: make(map[string]time.Time)}
	r.phones.NoteContinued(p.Want, at)
	if err := r.whereabouts(ctx, p.Want, at); err != nil {
		return Preview{}, err
	}
	for _, device := range r.phones.Devices {
		p.Observed = append(p.Observed, r.phones.Seen[device])
		if end := r.phones.EndsItself(r.phones.Seen[device]); !end.IsZero() {
			p.Ends[device] = end
		}
	}
	var err error
	p.Steps, err = r.plan(ctx, p.Want, at)
	return p, err
}

// Behind is what [plan.Step.Held] says of a step that goes out once another one has.
const Behind = "it follows another step of its phone or person"

// markHeld says of the steps of a plan whose time has come why they are not sent,
// where a round would not send them: what stops them is known, but for an outcome that
// is asked for first, and for steps behind another one.
func (r previewer) markHeld(steps []plan.Step, at time.Time) {
	halted := steps
	if r.circuit.Open() {
		halted = plan.Subtract(steps, r.circuit.Blocks(time.Time{})) // also when it is to be asked again
	}
	goes := make(map[plan.Target]bool)
	for _, s := range r.due(steps, at) {
		goes[plan.TargetOf(s)] = true
	}
	for i, s := range steps {
		switch {
		case s.Op == plan.OpHold || s.NotBefore.After(at):
			steps[i].Held = ""
		case s.Held != "":
		case halted[i].Held != "":
			steps[i].Held = halted[i].Held
		case !r.ask && len(r.phones.Open[s.Device]) > 0:
			first := r.phones.Open[s.Device][0]
			steps[i].Held = fmt.Sprintf("a %s there at %s has no known outcome yet, which is asked for first",
				first.Op, first.Began.UTC().Format(time.RFC3339))
		case !goes[plan.TargetOf(s)]:
			steps[i].Held = Behind
		}
	}
}

// look fills in what the phones show, in memory only.
func (r previewer) look(ctx context.Context, at time.Time) error {
	if !r.ask {
		seen, err := r.Sightings.Seen(ctx)
		if err != nil {
			return fmt.Errorf("read observations: %w", err)
		}
		for _, h := range seen {
			if managed, ok := r.phones.Seen[h.Device]; ok {
				h.Desk = managed.Desk
				r.phones.Show(h)
			}
		}
		return nil
	}
	if len(r.phones.Devices) == 0 {
		return nil
	}
	if r.now().Before(r.circuit.HaltedUntil()) {
		return errors.New(r.circuit.Why())
	}
	asked := r.now()
	answers, err := r.Access.Logins(ctx, r.phones.Devices)
	if err != nil {
		return err
	}
	for _, h := range answers {
		r.phones.Preview(h, asked, at)
	}
	return nil
}

// whereabouts fills in where the people are whose logins were refused because
// they are logged in elsewhere.
func (r previewer) whereabouts(ctx context.Context, want []plan.Login, at time.Time) error {
	if !r.ask {
		r.away.Assume(at)
		return nil
	}
	planned, err := r.plan(ctx, want, at)
	if err != nil {
		return err
	}
	return r.away.Ask(ctx, want, planned, at)
}
