package scheduler

import (
	"context"
	"fmt"
	"time"
)

// resume lets the requests of the process before count: one that is killed and
// started again and again meets the limits of one that runs on.
func (r *Reconciler) resume(ctx context.Context, now time.Time) error {
	attempts, err := r.Journal.Attempts(ctx, now.Add(-time.Minute))
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	var began, ends []time.Time
	for _, a := range attempts {
		if a.Cluster != r.Cluster || a.Op == OpHold {
			continue
		}
		began = append(began, a.Began)
		if a.Outcome == Open {
			ends = append(ends, earliest(a.Began, now).Add(answerWithin))
		}
	}
	r.Limit.Resume(began, ends, now)
	return nil
}
