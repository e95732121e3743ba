package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// recordHolds writes down each hold when it begins, once, and logs when it is
// over. While the whole cluster is silent its devices are not held one by one.
func (r *Reconciler) recordHolds(ctx context.Context, plan []Step, now time.Time) error {
	holding := make(map[string]bool)
	for _, s := range plan {
		if s.Op != OpHold {
			continue
		}
		holding[s.Device] = true
		switch s.Cause {
		case CauseStranger, CauseElsewhere, CauseUnknown: // may change at any time
			r.lookAt(s.Device, now.Add(lookAgain))
		}
		if r.memory.Holds(s) || s.Cause == CauseUnknown && r.expectsAnswer(s.Device) {
			continue
		}
		a := Attempt{Cluster: r.Cluster, Step: s, Outcome: Held, Began: now, Ended: now}
		a, err := r.Journal.Begin(ctx, a)
		if err != nil {
			return fmt.Errorf("record hold of %s: %w", s.Device, err)
		}
		r.memory.Note(a)
		r.Watch.Attempted(a)
		level := slog.LevelWarn
		if s.Cause == CauseMassEnd || s.Cause == CauseNoFeed { // one line says it of all of them
			level = slog.LevelDebug
		}
		r.Log.Log(ctx, level, "hold", "cluster", r.Cluster, "desk", s.Desk, "phone", s.Device, "person", s.Person,
			"reservation", s.Reservation, "step", s.Cause, "err", s.Why)
	}
	for device, held := range r.memory.held {
		if !holding[device] && r.seen[device].Known && r.memory.Release(device) && held.cause != CauseMassEnd && held.cause != CauseNoFeed {
			r.Log.Info("hold is over", "cluster", r.Cluster, "phone", device)
		}
	}
	return nil
}

// expectsAnswer reports whether it is no news that the state of a device is not
// known: the cluster is silent, a sweep is under way, or an outcome or a loss is
// being asked about.
func (r *Reconciler) expectsAnswer(device string) bool {
	_, again := r.outage.asked[device]
	return again || r.failures > 0 || !r.halted.IsZero() || r.sweeping() || len(r.open[device]) > 0
}
