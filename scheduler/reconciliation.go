package scheduler

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"deskd/scheduler/plan"
	"deskd/scheduler/report"
)

// Reconcile asks about every desk of every cluster, lets the rounds repair what
// differs, and reports it from the journal. The clusters have to be running.
func (s *Scheduler) Reconcile(ctx context.Context) (report.Report, error) {
	found := report.Report{Began: s.Clock.Now()}
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for _, r := range s.Clusters {
		all.Go(func() {
			err := r.Sweep(ctx)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
			if err != nil {
				found.Problems = append(found.Problems, err.Error())
			}
		})
	}
	all.Wait()
	found.Ended = s.Clock.Now()
	for _, r := range s.Clusters {
		status := r.Status()
		found.Desks += status.Desks
		if status.Silent > 0 { // what was seen before says nothing about now
			status.Unknown = status.Desks
		}
		found.Unknown += status.Unknown
		if status.Count(plan.KindPaused) > 0 {
			found.Problems = append(found.Problems, fmt.Sprintf("cluster %q is paused %s: nothing is sent to its phones until deskd resume", r.Cluster, status.First(plan.KindPaused).Text))
		}
		if held := status.Count(plan.KindHeldLogouts); held > 0 {
			found.Problems = append(found.Problems, fmt.Sprintf("cluster %q: %d logouts are held, for many bookings were cut short at once: deskd logouts show %[1]s", r.Cluster, held))
		}
		found.Differ += status.Differ
		found.Doubted += status.Doubted
	}
	attempts, err := s.Journal.Attempts(ctx, found.Began)
	found.Attempts = attempts
	return found, errors.Join(append(errs, err)...)
}
