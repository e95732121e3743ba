package observe

import (
	"context"
	"maps"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// Away is where a person is on whose account a login was refused, or not sent.
type Away struct {
	plan.Away
	at time.Time // when that was asked; zero when it is still to be
}

// How often is asked what may change at any time.
const (
	LookAgain  = 30 * time.Second // a login or logout is looked at again
	whereEvery = time.Minute      // a person who is logged in elsewhere is asked about
)

// doubtsPerRound is how many of those doubts a round asks about: one after the other.
const doubtsPerRound = 20

// again is when it is asked again.
func (a Away) again() time.Time {
	if a.Doubt != "" {
		return a.at.Add(LookAgain)
	}
	return a.at.Add(whereEvery)
}

// Whereabouts tell where people are whose logins were refused because they are logged in
// on another device, or not sent.
type Whereabouts struct {
	*Phones
	of map[string]Away // by [plan.Login.PersonKey]
}

// NewWhereabouts returns those of the people at p of whom nothing is known.
func NewWhereabouts(p *Phones) Whereabouts { return Whereabouts{p, make(map[string]Away)} }

// Recall notes from the journal whose last login was refused because they
// are logged in on another device. Where, is asked again.
func (w Whereabouts) Recall(a plan.Attempt) {
	_, known := w.of[a.PersonKey()]
	switch {
	case a.Op != plan.OpLogin:
	case a.Outcome == plan.Refused && a.Class == plan.ClassElsewhere:
		if !known {
			w.of[a.PersonKey()] = Away{}
		}
	case a.Outcome == plan.Done:
		delete(w.of, a.PersonKey())
	}
}

// Take takes in an attempt that has ended.
func (w Whereabouts) Take(a plan.Attempt) {
	was, known := w.of[a.PersonKey()]
	switch {
	case a.Outcome == plan.Refused && a.Class == plan.ClassElsewhere:
		w.of[a.PersonKey()] = Away{}
	case a.Outcome != plan.Done:
	case a.Op == plan.OpLogin:
		delete(w.of, a.PersonKey())
	case known: // maybe not any more
		w.of[a.PersonKey()] = Away{Away: plan.Away{On: was.On}}
	}
}

// Note notes where a person is, and has those phones looked at.
func (w Whereabouts) Note(person string, a Away, now time.Time) {
	a.at = now
	w.of[person] = a
	for _, device := range a.On {
		if _, managed := w.Seen[device]; managed {
			w.LookAt(device, now)
		}
	}
}

// Forget lets everything be asked again.
func (w Whereabouts) Forget() {
	for person, a := range w.of {
		w.of[person] = Away{Away: plan.Away{On: a.On}}
	}
}

// Next is when a person is to be asked about again, the zero time for never.
func (w Whereabouts) Next() time.Time {
	var next time.Time
	for _, a := range w.of {
		if at := a.again(); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// ForPlan is what a plan has to know of them.
func (w Whereabouts) ForPlan() map[string]plan.Away {
	all := make(map[string]plan.Away, len(w.of))
	for person, a := range w.of {
		all[person] = a.Away
	}
	return all
}

// Ask asks where the people are, as long as plan wants them on a phone. After a start no
// plan knows yet: a phone that has not answered may want one of them. The error is a
// refusal that concerns every question.
func (w Whereabouts) Ask(ctx context.Context, want []plan.Login, planned []plan.Step, now time.Time) error {
	if len(w.of) == 0 {
		return nil
	}
	wanted := w.wanted(want, planned, now)
	maps.DeleteFunc(w.of, func(person string, _ Away) bool { return !wanted[person] })
	doubts := 0
	for person, a := range w.of {
		if now.Before(a.again()) {
			continue
		}
		if a.Doubt != "" {
			if doubts++; doubts > doubtsPerRound {
				continue
			}
		}
		on, err := w.Access.Where(ctx, person)
		switch {
		case phones.RefusesAll(err):
			return err
		case err != nil:
			w.Log.Warn("ask where a person is logged in", "cluster", w.Cluster, "person", person, "err", err)
			a.at = now
			w.of[person] = a
			return nil // the others would fare no better
		case len(on) == 0:
			delete(w.of, person)
		default:
			w.Note(person, Away{Away: plan.Away{On: on}}, now)
		}
	}
	return nil
}

// wanted are the people whom the planned steps want on a phone, or may once a phone
// has answered.
func (w Whereabouts) wanted(want []plan.Login, planned []plan.Step, now time.Time) map[string]bool {
	wanted := make(map[string]bool)
	for _, s := range planned {
		if s.Op == plan.OpLogin || s.Cause == plan.CauseElsewhere {
			wanted[s.PersonKey()] = true
		}
	}
	for _, l := range want {
		if !w.Seen[l.Device].Known && l.Until.After(now) {
			wanted[l.PersonKey()] = true
		}
	}
	return wanted
}

// Assume takes what was last seen for where the people are.
func (w Whereabouts) Assume(at time.Time) {
	for person := range w.of {
		var on []string
		for _, device := range w.Devices {
			if h := w.Seen[device]; h.Person != "" && reservations.PersonKey(h.Person) == person {
				on = append(on, device)
			}
		}
		w.of[person] = Away{Away: plan.Away{On: on}, at: at}
	}
}
