package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"deskd/scheduler/plan"
)

// Pause says that somebody has stopped a cluster by hand: nothing is sent to its
// phones, while questions go on. The zero Pause is that of a cluster nobody has
// stopped.
type Pause struct {
	Since time.Time `json:"since"`
	By    string    `json:"by"`            // as in the audit: "cli:jane"
	Why   string    `json:"why,omitempty"` // in that person's words
}

// ErrPaused says that nothing may be sent to a cluster's phones, for somebody
// has paused it.
var ErrPaused = errors.New("the cluster is paused (deskd resume lets it go on)")

// On reports whether the cluster is paused.
func (p Pause) On() bool { return !p.Since.IsZero() }

// String says who has paused the cluster, and why: "by cli:jane (new wiring)".
func (p Pause) String() string {
	if p.Why == "" {
		return "by " + p.By
	}
	return fmt.Sprintf("by %s (%s)", p.By, p.Why)
}

// readPause takes in whether the cluster is paused, and says when that changes.
// The senders do not rely on it: [Journal.Begin] refuses what was handed to them
// before.
func (r *Reconciler) readPause(ctx context.Context) error {
	p, err := r.Standings.Pause(ctx, r.Cluster)
	if err != nil {
		return fmt.Errorf("read pause: %w", err)
	}
	switch was := r.pause; {
	case p.On() && !was.On():
		r.Log.Info("cluster is paused: nothing is sent to its phones", "cluster", r.Cluster, "since", p.Since, "by", p.By, "why", p.Why)
	case !p.On() && was.On():
		r.Log.Info("cluster is resumed", "cluster", r.Cluster)
	}
	r.pause = p
	return nil
}

// due is what is sendable, in the order in which it goes out; nothing where the
// cluster is paused.
func (r *Reconciler) due(planned []plan.Step, now time.Time) []plan.Step {
	if r.pause.On() {
		return nil
	}
	return r.unhurried(slices.DeleteFunc(sendable(planned, r.busy, now), r.mustWait))
}
