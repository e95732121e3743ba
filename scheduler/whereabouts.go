package scheduler

import (
	"context"
	"maps"
	"time"

	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// recallAway notes from the journal whose last login was refused because they
// are logged in on another device. Where, is asked again.
func (r *Reconciler) recallAway(a plan.Attempt) {
	_, known := r.away[a.PersonKey()]
	switch {
	case a.Op != plan.OpLogin:
	case a.Outcome == plan.Refused && a.Class == plan.ClassElsewhere:
		if !known {
			r.away[a.PersonKey()] = away{}
		}
	case a.Outcome == plan.Done:
		delete(r.away, a.PersonKey())
	}
}

// whereabouts asks where the people are whose logins were refused because they
// are logged in on another device, as long as plan wants them on a phone. After a
// start no plan knows yet: a phone that has not answered may want one of them. The
// error is a refusal that concerns every question.
func (r *Reconciler) whereabouts(ctx context.Context, want []plan.Login, planned []plan.Step, now time.Time) error {
	wanted := r.wantedPeople(want, planned, now)
	maps.DeleteFunc(r.away, func(person string, _ away) bool { return !wanted[person] })
	doubts := 0
	for person, a := range r.away {
		if now.Before(a.again()) {
			continue
		}
		if a.Doubt != "" {
			if doubts++; doubts > doubtsPerRound {
				continue
			}
		}
		on, err := r.Access.Where(ctx, person)
		switch {
		case phones.RefusesAll(err):
			return err
		case err != nil:
			r.Log.Warn("ask where a person is logged in", "cluster", r.Cluster, "person", person, "err", err)
			a.at = now
			r.away[person] = a
			return nil // the others would fare no better
		case len(on) == 0:
			delete(r.away, person)
		default:
			r.noteAway(person, away{Away: plan.Away{On: on}}, now)
		}
	}
	return nil
}

// wantedPeople are those whom the planned steps want on a phone, or may once a phone
// has answered.
func (r *Reconciler) wantedPeople(want []plan.Login, planned []plan.Step, now time.Time) map[string]bool {
	wanted := make(map[string]bool)
	for _, s := range planned {
		if s.Op == plan.OpLogin || s.Cause == plan.CauseElsewhere {
			wanted[s.PersonKey()] = true
		}
	}
	for _, l := range want {
		if !r.seen[l.Device].Known && l.Until.After(now) {
			wanted[l.PersonKey()] = true
		}
	}
	return wanted
}
