package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// The brake on early logouts. A program that deletes, cancels, shortens or moves
// many bookings at once, a DELETE whose INSERT is still to come, logs nobody out:
// when more of a cluster's sessions would end early than [plan.Policy.Brake] lets
// through, all of them wait for a person, or for the end each booking had. What
// deskd itself has changed does not count.
//
// A hold is kept in the database, so that it outlives a restart, and it does not
// dissolve when fewer are left: it is over when none is, or when a person has
// released those that were held. Others that come then count again.

// earlyLogouts are what a reconciler knows of the early logouts of its cluster.
type earlyLogouts struct {
	kept  plan.HeldLogouts    // as they were last read or written
	early []plan.EarlyLogout  // of the last plan
	held  []plan.EarlyLogout  // those of them that wait for a person
	fates map[int64]plan.Fate // by session; asked once for each reading of the bookings
	said  time.Time           // when the log was last told that some are held
}

// readHeldLogouts takes in which early logouts are held and what somebody has said to
// them, and forgets whose deed each was: it is read with the bookings.
func (r *Reconciler) readHeldLogouts(ctx context.Context) error {
	kept, err := r.Standings.HeldLogouts(ctx, r.Cluster)
	if err != nil {
		return fmt.Errorf("read held logouts: %w", err)
	}
	released, by := 0, ""
	for _, was := range r.logouts.kept {
		if k, ok := kept.Of(was.Session); ok && was.Released.IsZero() && !k.Released.IsZero() {
			released, by = released+1, k.By
		}
	}
	if released > 0 {
		r.Log.Info("held logouts are released", "cluster", r.Cluster, "count", released, "by", by)
	}
	r.logouts.kept, r.logouts.fates = kept, make(map[int64]plan.Fate)
	return nil
}

// brake holds back the early logouts of plan, if there are too many of them to be
// the deeds of their people, or others are held already.
func (r *Reconciler) brake(ctx context.Context, planned []plan.Step, now time.Time) ([]plan.Step, error) {
	r.logouts.early, r.logouts.held = plan.EarlyLogouts(planned, r.seen, r.history, r.logouts.kept, now, now.Sub(r.earlier(now))), nil
	if len(r.logouts.early) == 0 {
		return planned, nil
	}
	// A walk-up who has waited for a day may go; that they did is known as long as
	// they are there, lest another day begin.
	early := slices.DeleteFunc(slices.Clone(r.logouts.early), func(e plan.EarlyLogout) bool { return e.Session < 0 && !e.Until.After(r.earlier(now)) })
	lately := r.history.EndedEarly(now.Add(-plan.EarlyWithin))
	if err := r.learnFates(ctx, append(lately, early...), now); err != nil {
		return nil, err
	}
	pending, _ := r.unexplained(early)
	_, changed := r.unexplained(append(lately, early...))
	of := r.own() + len(changed) - len(pending)
	for _, e := range pending {
		if e.Session < 0 { // the others are among deskd's own already
			of++
		}
	}
	if len(pending) == 0 || len(r.logouts.kept.Waiting(r.earlier(now))) == 0 && !r.Policy.Brake.Holds(plan.Together(changed), of) {
		return planned, nil
	}
	r.logouts.held = pending
	var back []plan.EarlyLogout
	for _, e := range pending {
		if !r.busy.devices[e.Device] { // on its way, and not to be called back
			back = append(back, e)
		}
	}
	return plan.Withhold(planned, back, fmt.Sprintf("many bookings were cut short at once, and somebody has to look: deskd logouts show %s", r.Cluster)), nil
}

// earlier is the earlier of now and the same instant by the clock that is trusted: an
// end that is still to come by one of them is early, so that no wrong clock lets go
// whom the brake holds.
func (r *Reconciler) earlier(now time.Time) time.Time {
	return reservations.Earliest(now, r.Trusted(now))
}

// learnFates asks whose deed the ends are, as far as that is not known since the
// bookings were read.
func (r *Reconciler) learnFates(ctx context.Context, ends []plan.EarlyLogout, now time.Time) error {
	var ask []plan.EarlyLogout
	for _, e := range ends {
		if _, known := r.logouts.fates[e.Session]; !known {
			ask = append(ask, e)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	fates, err := r.Book.Fates(ctx, ask, now)
	if err != nil {
		return fmt.Errorf("read who has changed bookings: %w", err)
	}
	for i, e := range ask {
		r.logouts.fates[e.Session] = fates[i]
	}
	return nil
}

// unexplained are the ends that neither deskd's own deeds nor a person's answer
// account for, with the instants at which their bookings were changed.
func (r *Reconciler) unexplained(ends []plan.EarlyLogout) (left []plan.EarlyLogout, changed []time.Time) {
	for _, e := range ends {
		k, _ := r.logouts.kept.Of(e.Session)
		if fate := r.logouts.fates[e.Session]; !fate.Attested() && k.Released.IsZero() {
			left, changed = append(left, e), append(changed, fate.At)
		}
	}
	return left, changed
}

// recordHeldLogouts writes down what the last plan holds back, and what is over, and
// says when the first is held and the last is over. One that was released is kept
// for as long as its end counts, to be told from others.
func (r *Reconciler) recordHeldLogouts(ctx context.Context, now time.Time) error {
	if err := r.keepHeldLogouts(ctx, now); err != nil {
		return err
	}
	switch waits := r.logouts.kept.Waiting(r.earlier(now)); {
	case len(waits) > 0 && now.Sub(r.logouts.said) >= saidEvery:
		r.logouts.said = now
		r.Log.Error("many bookings were cut short at once: their people stay logged in until a person has looked (deskd logouts show), or to the end they had",
			"cluster", r.Cluster, "phones", len(waits), "since", waits.Since())
	case len(waits) == 0 && !r.logouts.said.IsZero():
		r.logouts.said = time.Time{}
		r.Log.Info("no logouts are held any more", "cluster", r.Cluster)
	}
	return nil
}

func (r *Reconciler) keepHeldLogouts(ctx context.Context, now time.Time) error {
	var further plan.HeldLogouts
	for _, e := range r.logouts.held {
		if _, known := r.logouts.kept.Of(e.Session); !known {
			further = append(further, plan.HeldLogout{EarlyLogout: e, Since: now})
		}
	}
	pending, counted := sessions(r.logouts.early), sessions(r.history.EndedEarly(now.Add(-plan.EarlyWithin)))
	var over []int64
	for _, k := range r.logouts.kept {
		needed := pending[k.Session] || counted[k.Session] && !k.Released.IsZero()
		if !needed && r.isOver(k, now) {
			over = append(over, k.Session)
		}
	}
	if len(further)+len(over) == 0 {
		return nil
	}
	if err := r.Standings.KeepLogouts(ctx, r.Cluster, further, over); err != nil {
		return fmt.Errorf("record held logouts: %w", err)
	}
	kept, err := r.Standings.HeldLogouts(ctx, r.Cluster)
	if err != nil {
		return fmt.Errorf("read held logouts: %w", err)
	}
	r.logouts.kept = kept
	return nil
}

// isOver reports whether k, which no plan would end early, needs neither hold nor
// answer any more: its session is to go on, or is over. Of a phone that has not
// answered nothing is known.
func (r *Reconciler) isOver(k plan.HeldLogout, now time.Time) bool {
	h, managed := r.seen[k.Device]
	return !managed || h.Known || !k.Until.After(r.earlier(now))
}

func sessions(ends []plan.EarlyLogout) map[int64]bool {
	all := make(map[int64]bool, len(ends))
	for _, e := range ends {
		all[e.Session] = true
	}
	return all
}
