package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"deskd/scheduler/plan"
)

// recordHolds writes down each hold when it begins and when it is over, once, so
// that a restart neither begins nor ends it again, and logs both. While the whole
// cluster is silent its devices are not held one by one.
func (r *Reconciler) recordHolds(ctx context.Context, planned []plan.Step, now time.Time) error {
	holding := make(map[string]bool)
	for _, s := range planned {
		if s.Op != plan.OpHold {
			continue
		}
		holding[s.Device] = true
		switch s.Cause {
		case plan.CauseStranger, plan.CauseElsewhere, plan.CauseUnknown: // may change at any time
			r.lookAt(s.Device, now.Add(lookAgain))
		}
		if r.history.Holds(s) || s.Cause == plan.CauseUnknown && r.expectsAnswer(s.Device) {
			continue
		}
		if err := r.beginHold(ctx, s, now); err != nil {
			return err
		}
	}
	return r.endHolds(ctx, holding, now)
}

// endHolds writes down that the holds of devices are over that no plan holds any more.
func (r *Reconciler) endHolds(ctx context.Context, holding map[string]bool, now time.Time) error {
	for device, held := range r.history.Lasting() {
		if holding[device] || !r.knowsOver(held) {
			continue
		}
		if err := r.endHold(ctx, device, now); err != nil {
			return err
		}
		if held.Cause != plan.CauseMassEnd && held.Cause != plan.CauseNoFeed {
			r.Log.Info("hold is over", "attempt", held.ID, "cluster", r.Cluster, "phone", device)
		}
	}
	return nil
}

// knowsOver reports whether a hold that no plan holds any more is over: not while
// its phone is unknown, and one for unread feeds not before their first poll.
func (r *Reconciler) knowsOver(held plan.Attempt) bool {
	return r.seen[held.Device].Known && (held.Cause != plan.CauseFeeds || len(r.feeds.Pending) == 0)
}

// beginHold writes down a hold, in the place of the one that the device had.
func (r *Reconciler) beginHold(ctx context.Context, s plan.Step, now time.Time) error {
	if err := r.endHold(ctx, s.Device, now); err != nil {
		return err
	}
	a, err := r.Journal.Begin(ctx, plan.Attempt{Cluster: r.Cluster, Step: s, Outcome: plan.Held, Began: now})
	if err != nil {
		return fmt.Errorf("record hold of %s: %w", s.Device, err)
	}
	r.note(a)
	r.Watch.Attempted(a)
	level := slog.LevelWarn
	if s.Cause == plan.CauseMassEnd || s.Cause == plan.CauseNoFeed { // one line says it of all of them
		level = slog.LevelDebug
	}
	r.Log.Log(ctx, level, "hold", "attempt", a.ID, "cluster", r.Cluster, "desk", s.Desk, "phone", s.Device, "person", s.Person,
		"reservation", s.Reservation, "step", s.Cause, "err", s.Why)
	return nil
}

// endHold writes down that the hold of a device is over, if there is one.
func (r *Reconciler) endHold(ctx context.Context, device string, now time.Time) error {
	a, held := r.history.Hold(device)
	if !held {
		return nil
	}
	a.Ended = now
	if err := r.Journal.Finish(ctx, a); err != nil {
		return fmt.Errorf("record the end of the hold of %s: %w", device, err)
	}
	r.note(a)
	return nil
}

// expectsAnswer reports whether it is no news that the state of a device is not
// known: the cluster is silent, a sweep is under way, or an outcome or a loss is
// being asked about.
func (r *Reconciler) expectsAnswer(device string) bool {
	_, again := r.outage.asked[device]
	return again || r.failures > 0 || !r.halted.IsZero() || r.sweeping() || len(r.open[device]) > 0
}
