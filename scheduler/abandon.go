package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// abandonAfter is how long after the end of its session the outcome of an
// attempt is still asked for. By then the session has ended by its own time,
// and whoever is on the phone came by themselves.
const abandonAfter = 24 * time.Hour

// abandon closes the attempts whose outcome a sweep was through without learning,
// once it would change nothing any more: the phone system answers, and says
// nothing about their phone.
func (r *Reconciler) abandon(ctx context.Context, now time.Time) error {
	if r.sweep.began.IsZero() || r.sweeping() || r.failures > 0 || !r.halted.IsZero() {
		return nil
	}
	for _, device := range r.devices {
		for len(r.open[device]) > 0 && !r.seen[device].Known {
			a := r.open[device][0]
			if reservations.Latest(a.Began, a.SessionEnd()).Add(abandonAfter).After(now) {
				break
			}
			a = abandoned(a, "the phone system says nothing about this phone, and a session would have ended since", now)
			if err := r.Journal.Finish(ctx, a); err != nil {
				return fmt.Errorf("abandon an attempt at %s: %w", device, err)
			}
			r.open[device] = r.open[device][1:]
			r.report(a)
		}
		if len(r.open[device]) == 0 {
			delete(r.open, device)
		}
	}
	return nil
}

// abandoned is a, given up at now because of why.
func abandoned(a plan.Attempt, why string, now time.Time) plan.Attempt {
	a.Outcome, a.Error, a.Ended = plan.Abandoned, why, now
	return a
}

// abandon closes the attempts of clusters that are not in the configuration any
// more, nor have another name there: nobody is asked for their outcome.
func (s *Scheduler) abandon(ctx context.Context) error {
	var run []func(plan.Attempt) bool
	for _, r := range s.Clusters {
		own, err := r.owns(ctx)
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
		a = abandoned(a, fmt.Sprintf("cluster %q is not in the configuration any more: nobody can be asked", a.Cluster), s.Clock.Now())
		if err := s.Journal.Finish(ctx, a); err != nil {
			return fmt.Errorf("abandon an attempt at %s: %w", a.Device, err)
		}
		s.Log.Warn("attempt is abandoned", "attempt", a.ID, "cluster", a.Cluster, "desk", a.Desk, "phone", a.Device, "person", a.Person, "step", a.Op, "err", a.Error)
	}
	return nil
}
