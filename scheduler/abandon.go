package scheduler

import (
	"context"
	"time"
)

// abandon closes the attempts whose outcome a sweep was through without learning,
// once it would change nothing any more: the phone system answers, and says
// nothing about their phone.
func (r *Reconciler) abandon(ctx context.Context, now time.Time) error {
	if !r.sweep.underWay() || r.sweep.asking() || !r.circuit.Well() {
		return nil
	}
	return r.phones.Abandon(ctx, now)
}
