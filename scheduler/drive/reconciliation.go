package drive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"deskd/scheduler/plan"
	"deskd/scheduler/report"
)

// Reconcile asks about every desk of every cluster, or of that of a name, lets the rounds
// repair what differs, and reports it from the journal. The clusters have to be running.
func (s *Scheduler) Reconcile(ctx context.Context, name string) (report.Report, error) {
	clusters := slices.DeleteFunc(slices.Clone(s.Clusters), func(c Cluster) bool { return name != "" && c.Status().Cluster != name })
	found := report.Report{Began: s.Clock.Now()}
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for _, r := range clusters {
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
	for _, r := range clusters {
		status := r.Status()
		found.Desks += status.Desks
		if status.Silent > 0 { // what was seen before says nothing about now
			status.Unknown = status.Desks
		}
		found.Unknown += status.Unknown
		if status.Count(plan.KindPaused) > 0 {
			found.Problems = append(found.Problems, fmt.Sprintf("cluster %q is paused %s: nothing is sent to its phones until deskd resume", status.Cluster, status.First(plan.KindPaused).Text))
		}
		if held := status.Count(plan.KindHeldLogouts); held > 0 {
			found.Problems = append(found.Problems, fmt.Sprintf("cluster %q: %d logouts are held, for many bookings were cut short at once: deskd logouts show %[1]s", status.Cluster, held))
		}
		found.Differ += status.Differ
		found.Doubted += status.Doubted
	}
	attempts, err := s.Journal.Attempts(ctx, found.Began)
	found.Attempts = slices.DeleteFunc(attempts, func(a plan.Attempt) bool { return name != "" && a.Cluster != name })
	return found, errors.Join(append(errs, err)...)
}
