package scheduler

import (
	"context"
	"deskd/scheduler/observe"
	"fmt"
	"log/slog"
	"time"

	"deskd/scheduler/plan"
)

// holds write down, for a round, what is held: each hold when it begins and when it is
// over, once, so that a restart neither begins nor ends it again, and log both.
type holds struct {
	*observe.Phones
	pending  bool // the first poll of a feed is not through
	expected bool // that a phone is not known is no news: the cluster is silent, or a sweep under way
	under    busy // what is in the hands of the senders
}

// record does so for the holds of a plan.
func (h holds) record(ctx context.Context, planned []plan.Step, now time.Time) error {
	holding := make(map[string]bool)
	for _, s := range planned {
		if s.Op != plan.OpHold {
			continue
		}
		holding[s.Device] = true
		switch s.Cause {
		case plan.CauseStranger, plan.CauseElsewhere, plan.CauseUnknown: // may change at any time
			h.LookAt(s.Device, now.Add(observe.LookAgain))
		}
		if s.Cause == plan.CauseTooLate && h.under.devices[s.Device] { // the request that is on its way may be its login
			continue
		}
		if h.History.Holds(s) || s.Cause == plan.CauseUnknown && h.expectsAnswer(s.Device) {
			continue
		}
		if err := h.beginHold(ctx, s, now); err != nil {
			return err
		}
	}
	return h.endHolds(ctx, holding, now)
}

// endHolds writes down that the holds of devices are over that no plan holds any more.
func (h holds) endHolds(ctx context.Context, holding map[string]bool, now time.Time) error {
	for device, held := range h.History.Lasting() {
		if holding[device] || !h.knowsOver(held) {
			continue
		}
		if err := h.endHold(ctx, device, now); err != nil {
			return err
		}
		if held.Cause != plan.CauseMassEnd && held.Cause != plan.CauseNoFeed {
			h.Log.Info("hold is over", "attempt", held.ID, "cluster", h.Cluster, "phone", device)
		}
	}
	return nil
}

// knowsOver reports whether a hold that no plan holds any more is over: not while
// its phone is unknown, and one for unread feeds not before their first poll.
func (h holds) knowsOver(held plan.Attempt) bool {
	return h.Seen[held.Device].Known && (held.Cause != plan.CauseFeeds || !h.pending)
}

// beginHold writes down a hold, in the place of the one that the device had.
func (h holds) beginHold(ctx context.Context, s plan.Step, now time.Time) error {
	if err := h.endHold(ctx, s.Device, now); err != nil {
		return err
	}
	a, err := h.Journal.Begin(ctx, plan.Attempt{Cluster: h.Cluster, Step: s, Outcome: plan.Held, Began: now})
	if err != nil {
		return fmt.Errorf("record hold of %s: %w", s.Device, err)
	}
	h.Note(a)
	h.Attempted(a)
	level := slog.LevelWarn
	if s.Cause == plan.CauseCall { // as someone has configured it
		level = slog.LevelInfo
	}
	if s.Cause == plan.CauseMassEnd || s.Cause == plan.CauseNoFeed { // one line says it of all of them
		level = slog.LevelDebug
	}
	h.Log.Log(ctx, level, "hold", "attempt", a.ID, "cluster", h.Cluster, "desk", s.Desk, "phone", s.Device, "person", s.Person,
		"reservation", s.Reservation, "step", s.Cause, "err", s.Why)
	return nil
}

// endHold writes down that the hold of a device is over, if there is one.
func (h holds) endHold(ctx context.Context, device string, now time.Time) error {
	a, held := h.History.Hold(device)
	if !held {
		return nil
	}
	a.Ended = now
	if err := h.Journal.Finish(ctx, a); err != nil {
		return fmt.Errorf("record the end of the hold of %s: %w", device, err)
	}
	h.Note(a)
	return nil
}

// expectsAnswer reports whether it is no news that the state of a device is not
// known: also where an outcome or a loss is being asked about.
func (h holds) expectsAnswer(device string) bool {
	return h.expected || h.Outage.Asks(device) || len(h.Open[device]) > 0
}
