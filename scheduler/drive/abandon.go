package drive

import (
	"context"
	"fmt"
	"slices"

	"deskd/scheduler/plan"
)

// abandon closes the attempts of clusters that are not in the configuration any
// more, nor have another name there: their outcome cannot be asked for. Where several nodes
// may drive, it is left to the one that drives all of them: another may have more clusters.
func (s *Scheduler) abandon(ctx context.Context) error {
	var run []func(plan.Attempt) bool
	here := s.here()
	if len(here) < len(s.Clusters) {
		return nil
	}
	for _, r := range here {
		own, err := r.Owns(ctx)
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
