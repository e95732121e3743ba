package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"deskd/scheduler/plan"
)

// abandon closes the attempts whose outcome a sweep was through without learning,
// once it would change nothing any more: the phone system answers, and says
// nothing about their phone.
func (r *Reconciler) abandon(ctx context.Context, now time.Time) error {
	if !r.sweep.underWay() || r.sweep.asking() || !r.circuit.Well() {
		return nil
	}
	return r.phones.Abandon(ctx, now)
}

// abandon closes the attempts of clusters that are not in the configuration any
// more, nor have another name there: their outcome cannot be asked for.
func (s *Scheduler) abandon(ctx context.Context) error {
	var run []func(plan.Attempt) bool
	for _, r := range s.Clusters {
		own, err := r.books.owns(ctx)
		if err != nil {
			return err
		}
		run = append(run, own)
	}
	open, err := s.Journal.Unresolved(ctx)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	for _, a := range open {
		if slices.ContainsFunc(run, func(own func(plan.Attempt) bool) bool { return own(a) }) {
			continue
		}
		a = a.GiveUp(fmt.Sprintf("cluster %q is not in the configuration any more, and cannot be asked", a.Cluster), s.Clock.Now())
		if err := s.Journal.Finish(ctx, a); err != nil {
			return fmt.Errorf("abandon an attempt at %s: %w", a.Device, err)
		}
		s.Log.Warn("attempt is abandoned", "attempt", a.ID, "cluster", a.Cluster, "desk", a.Desk, "phone", a.Device, "person", a.Person, "step", a.Op, "err", a.Error)
	}
	return nil
}
