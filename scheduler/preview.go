package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/reservations"
)

// Preview is what a round would do, without doing it.
type Preview struct {
	World World
	Want  []Login
	Have  []Have // every managed device, in the order of the desks
	Steps []Step
	// Ends is when the sessions end by themselves that deskd began and last saw,
	// by device. Those that end only when somebody logs them out are not in it.
	Ends map[string]time.Time
}

// Preview returns the steps a round would take at the instant at, and takes
// none; nothing is written either. With ask the phones are asked who is logged
// in, otherwise what was last seen counts. The reconciler must not be running.
func (r *Reconciler) Preview(ctx context.Context, ask bool, at time.Time) (Preview, error) {
	if err := r.Restore(ctx); err != nil {
		return Preview{}, err
	}
	if at.Before(r.now()) {
		r.memory.asOf()
	}
	if err := r.readWorld(ctx, at); err != nil {
		return Preview{}, err
	}
	if err := r.preview(ctx, ask, at); err != nil {
		return Preview{}, err
	}
	p := Preview{World: r.world, Want: Wanted(r.world, r.Policy, at), Ends: make(map[string]time.Time)}
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
	return p, err
}

// endsItself is when the own session seen in h ends by itself, the zero time
// for any other and where deskd does not know.
func (r *Reconciler) endsItself(h Have) time.Time {
	if !h.Ours || h.Person == "" {
		return time.Time{}
	}
	stays, began := r.memory.Lasts(Login{Device: h.Device, Person: h.Person})
	return r.Duration.end(stays, began)
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
	answers, err := r.Access.Logins(ctx, r.devices)
	if err != nil {
		return err
	}
	for _, h := range answers {
		r.seen[h.Device] = r.merge(h, at)
	}
	return nil
}

// previewAway fills in where the people are whose logins were refused because
// they are logged in elsewhere.
func (r *Reconciler) previewAway(ctx context.Context, ask bool, want []Login, at time.Time) error {
	if ask {
		plan, err := r.plan(ctx, want, at)
		if err != nil {
			return err
		}
		return r.whereabouts(ctx, plan, at)
	}
	for person := range r.away {
		var on []string
		for _, device := range r.devices {
			if h := r.seen[device]; h.Person != "" && reservations.PersonKey(h.Person) == person {
				on = append(on, device)
			}
		}
		r.away[person] = away{on, at}
	}
	return nil
}
