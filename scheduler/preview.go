package scheduler

import (
	"context"
	"fmt"
	"time"
)

// Preview is what a round would do, without doing it.
type Preview struct {
	World World
	Want  []Login
	Have  []Have // every managed device, in the order of the desks
	Steps []Step
}

// Preview returns the steps a round would take at the instant at, and takes
// none; nothing is written either. With ask the phones are asked who is logged
// in, otherwise what was last seen counts. The reconciler must not be running.
func (r *Reconciler) Preview(ctx context.Context, ask bool, at time.Time) (Preview, error) {
	if err := r.Restore(ctx); err != nil {
		return Preview{}, err
	}
	if err := r.readWorld(ctx, at); err != nil {
		return Preview{}, err
	}
	if err := r.preview(ctx, ask, at); err != nil {
		return Preview{}, err
	}
	p := Preview{World: r.world, Want: Wanted(r.world, r.Policy, at)}
	for _, device := range r.devices {
		p.Have = append(p.Have, r.seen[device])
	}
	p.Steps = r.plan(p.Want, at)
	return p, nil
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
	if at := r.Clock.Now(); at.Before(r.halted) {
		return fmt.Errorf("it refuses deskd since %s, and is not asked before %s: %s", r.standing.Opened.UTC().Format(time.RFC3339),
			r.halted.UTC().Format(time.RFC3339), r.standing.Problem)
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
