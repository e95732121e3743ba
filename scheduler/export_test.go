package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/scheduler/booked"
	"deskd/scheduler/permits"
	"deskd/scheduler/plan"
)

// Every plan of every test is held against one that is made from scratch.
func init() {
	compared = func(steps []plan.Step, scratch func() []plan.Step) {
		if want := scratch(); len(want)+len(steps) > 0 && !reflect.DeepEqual(want, steps) {
			panic(fmt.Sprintf("a plan that goes on is not the one from scratch (-scratch +goes on):\n%s", cmp.Diff(want, steps)))
		}
	}
}

// What is known of a house is held against what its database says. Times of a change that
// the audit does not tell are no matter, nor is where in a calendar an event stands; a look
// that others have overtaken says nothing.
func init() {
	checkedHouse = func(ctx context.Context, s *Setup, known booked.Known, now time.Time) {
		if s.Changes == nil {
			return
		}
		is, err := booked.New(s.Book, s.Changes, s.Policy.Window).Look(ctx, now)
		again, err2 := s.House.Look(ctx, now)
		if err != nil || err2 != nil || again.Version != known.Version {
			return
		}
		around := func(k booked.Known) (all []reservations.Reservation) {
			for _, r := range k.Calendar.Overlapping(s.Policy.Window(now)).All() {
				r.Updated, r.Line, r.UID, r.Occurrence = time.Time{}, 0, "", ""
				all = append(all, r)
			}
			return all
		}
		want := []any{is.Desks, is.People, around(is)}
		if got := []any{known.Desks, known.People, around(known)}; !reflect.DeepEqual(want, got) {
			panic(fmt.Sprintf("what is known of the house is not what its database says (-database +known):\n%s", cmp.Diff(want, got)))
		}
	}
}

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

// Unchecked lets a benchmark plan as a daemon does.
func Unchecked() { compared, checkedHouse = nil, nil }
