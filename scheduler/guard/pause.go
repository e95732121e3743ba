package guard

import (
	"errors"
	"fmt"
	"time"

	"deskd/scheduler/plan"
)

// Pause says that a person has stopped a cluster by hand: nothing is sent to its
// phones, while questions go on. The zero Pause is that of a cluster that is not
// stopped.
type Pause struct {
	Since time.Time `json:"since"`
	By    string    `json:"by"`            // as in the audit: "cli:jane"
	Why   string    `json:"why,omitempty"` // in that person's words
}

// ErrPaused says that nothing may be sent to a cluster's phones, because a person
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

// Blocks stops every step while the cluster is paused. The senders do not rely on it:
// the journal refuses what was handed to them before.
func (p Pause) Blocks() []plan.Block {
	if !p.On() {
		return nil
	}
	return []plan.Block{{
		Scope: plan.Scope{All: true}, Kind: plan.KindPaused, Effect: plan.Stops, Since: p.Since,
		Text: p.String(), Fields: []any{"by", p.By, "why", p.Why},
	}}
}
