package scheduler

import (
	"context"
	"maps"
	"time"
)

// recallAway notes from the journal whose last login was refused because they
// are logged in on another device. Where, is asked anew.
func (r *Reconciler) recallAway(a Attempt) {
	_, known := r.away[a.personKey()]
	switch {
	case a.Op != OpLogin:
	case a.Outcome == Refused && a.Class == ClassElsewhere:
		if !known {
			r.away[a.personKey()] = away{}
		}
	case a.Outcome == Done:
		delete(r.away, a.personKey())
	}
}

// whereabouts asks where the people are whose logins were refused because they
// are logged in on another device, as long as plan wants them on a phone. After a
// start no plan knows yet: a phone that has not answered may want one of them. The
// error is a refusal that concerns every question.
func (r *Reconciler) whereabouts(ctx context.Context, want []Login, planned []Step, now time.Time) error {
	wanted := make(map[string]bool)
	for _, s := range planned {
		if s.Op == OpLogin || s.Cause == CauseElsewhere {
			wanted[s.personKey()] = true
		}
	}
	for _, l := range want {
		if !r.seen[l.Device].Known && l.Until.After(now) {
			wanted[l.personKey()] = true
		}
	}
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
		case halts(err):
			return err
		case err != nil:
			r.Log.Warn("ask where a person is logged in", "cluster", r.Cluster, "person", person, "err", err)
			a.at = now
			r.away[person] = a
			return nil // the others would fare no better
		case len(on) == 0:
			delete(r.away, person)
		default:
			r.noteAway(person, away{Away: Away{On: on}}, now)
		}
	}
	return nil
}
