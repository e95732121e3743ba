package scheduler

import (
	"context"
	"log/slog"

	"deskd/scheduler/permits"
	"deskd/scheduler/plan"
)

// FoldAgain folds the history from the database alone, as a new process would, and
// returns it beside the one that the rounds have come to. Quiet says that they can be
// compared: no request is under way, whose outcome only one of them may know, and the
// clock is not in doubt, nor was wrong lately: instants are capped by it.
func (r *Reconciler) FoldAgain(ctx context.Context) (live, folded plan.History, quiet bool, err error) {
	if len(r.senders.busy.devices)+len(r.senders.results) > 0 || r.database.Failed() || r.books.folded.IsZero() || len(r.trust.Former)+len(r.trust.Misdated) > 0 {
		return plan.History{}, plan.History{}, false, nil
	}
	setup := *r.planner.Setup
	setup.Log = slog.New(slog.DiscardHandler)
	again := newPlanner(&setup, busy{}, permits.New(0))
	state, err := setup.States.ClusterState(ctx, setup.Cluster)
	if err != nil {
		return live, folded, false, err
	}
	again.circuit.Refusals = state.Refusals
	if err := again.fold(ctx, r.now()); err != nil {
		return live, folded, false, err
	}
	seen, err := setup.Sightings.Seen(ctx)
	if err != nil {
		return live, folded, false, err
	}
	again.phones.RecallSeen(seen)
	return r.phones.History, again.phones.History, true, nil
}
