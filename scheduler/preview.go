package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Preview is what a round would do, without doing it.
type Preview struct {
	World plan.World
	Want  []plan.Login
	Have  []plan.Have // every managed device, in the order of the desks
	Steps []plan.Step
	// Ends is when the sessions end by themselves that deskd began and last saw,
	// by device. Those that end only when somebody logs them out are not in it.
	Ends map[string]time.Time
	// Clock says why the clock is in doubt and what waits for it, in words; empty
	// while it is believed.
	Clock string
}

// Preview returns the steps a round would take at the instant at, and takes
// none; nothing is written either. With ask the phones are asked who is logged
// in, otherwise what was last seen counts. The reconciler must not be running.
func (r *Reconciler) Preview(ctx context.Context, ask bool, at time.Time) (Preview, error) {
	if err := r.Restore(ctx); err != nil {
		return Preview{}, err
	}
	if at.Before(r.now()) {
		r.history, r.otherwhen = r.history.WithoutEnds(), true
	}
	if err := r.readWorld(ctx, at); err != nil {
		return Preview{}, err
	}
	if err := r.preview(ctx, ask, at); err != nil {
		return Preview{}, err
	}
	p := Preview{World: r.world, Want: r.wanted(r.world, at), Ends: make(map[string]time.Time)}
	r.noteContinued(p.Want, at)
	if err := r.previewAway(ctx, ask, p.Want, at); err != nil {
		return Preview{}, err
	}
	for _, device := range r.devices {
		p.Have = append(p.Have, r.seen[device])
		if end := r.endsItself(r.seen[device]); !end.IsZero() {
			p.Ends[device] = end
		}
	}
	var err error
	p.Steps, err = r.plan(ctx, p.Want, at)
	r.markHeld(p.Steps, ask, at)
	p.Clock = r.clockDoubt(p.Steps)
	return p, err
}

// Behind is what [plan.Step.Held] says of a step that goes out once another one has.
const Behind = "it follows another step of its phone or person"

// markHeld says of the steps of a plan whose time has come why they are not sent,
// where a round would not send them.
func (r *Reconciler) markHeld(steps []plan.Step, asked bool, at time.Time) {
	why := r.barred(at)
	goes := make(map[plan.Target]bool)
	for _, s := range r.due(steps, at) {
		goes[plan.TargetOf(s)] = true
	}
	for i, s := range steps {
		switch {
		case s.Op == plan.OpHold || s.NotBefore.After(at):
		case why != "":
			steps[i].Held = why
		case !asked && len(r.open[s.Device]) > 0:
			steps[i].Held = fmt.Sprintf("a %s there at %s has no known outcome yet, which is asked for first",
				r.open[s.Device][0].Op, r.open[s.Device][0].Began.UTC().Format(time.RFC3339))
		case !goes[plan.TargetOf(s)]:
			steps[i].Held = Behind
		}
	}
}

// barred says why nothing at all is sent to the cluster at an instant; empty when
// nothing speaks against it.
func (r *Reconciler) barred(at time.Time) string {
	switch {
	case r.pause.On():
		return fmt.Sprintf("the cluster is paused %v", r.pause)
	case r.standing.Open():
		return fmt.Sprintf("the cluster refuses deskd since %s: %s", r.standing.Opened.UTC().Format(time.RFC3339), r.standing.Problem)
	case at.Before(r.halted):
		return "the cluster is not asked: " + r.standing.why(r.halted)
	}
	return ""
}

// endsItself is when the own session seen in h ends by itself, the zero time
// for any other and where deskd does not know.
func (r *Reconciler) endsItself(h plan.Have) time.Time {
	if !h.Ours || h.Person == "" {
		return time.Time{}
	}
	stays, began := r.history.Lasts(plan.Login{Device: h.Device, Person: h.Person})
	return r.Duration.End(stays, began)
}

// preview fills in what the phones show, in memory only.
func (r *Reconciler) preview(ctx context.Context, ask bool, at time.Time) error {
	if !ask {
		seen, err := r.Journal.Seen(ctx)
		if err != nil {
			return fmt.Errorf("read observations: %w", err)
		}
		for _, h := range seen {
			if managed, ok := r.seen[h.Device]; ok {
				h.Desk = managed.Desk
				r.seen[h.Device] = h
			}
		}
		return nil
	}
	if len(r.devices) == 0 {
		return nil
	}
	if at := r.now(); at.Before(r.halted) {
		return errors.New(r.standing.why(r.halted))
	}
	asked := r.now()
	answers, err := r.Access.Logins(ctx, r.devices)
	if err != nil {
		return err
	}
	for _, h := range answers {
		if h = r.directory.Recognise(h); r.stale(h, asked) {
			r.seen[h.Device] = r.doubtAnswer(h, at)
			continue
		}
		r.seen[h.Device] = r.merge(h, at)
	}
	return nil
}

// previewAway fills in where the people are whose logins were refused because
// they are logged in elsewhere.
func (r *Reconciler) previewAway(ctx context.Context, ask bool, want []plan.Login, at time.Time) error {
	if ask {
		planned, err := r.plan(ctx, want, at)
		if err != nil {
			return err
		}
		return r.whereabouts(ctx, want, planned, at)
	}
	for person := range r.away {
		var on []string
		for _, device := range r.devices {
			if h := r.seen[device]; h.Person != "" && reservations.PersonKey(h.Person) == person {
				on = append(on, device)
			}
		}
		r.away[person] = away{Away: plan.Away{On: on}, at: at}
	}
	return nil
}
