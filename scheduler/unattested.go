package scheduler

import (
	"context"
	"errors"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// Most calendar servers take ORGANIZER as they get it: who can write one event into a
// calendar of the house can book a desk for anybody, and a login there ends, or asks
// for the end of, the session that person has elsewhere. So a booking that nobody
// stands for (see [reservations.Feed.Attests]) takes no session:
//
//	the person is seen on another desk          the login
//	logged in by hand                           is held
//	by deskd, for a booking that is attested    is held
//	by deskd, for one that began earlier        is held
//	by deskd, for another one, or one over      goes out
//
// And a session of deskd's that nobody stands for gives way to a booking that is known
// to be the person's: else an event that begins a minute before it would keep them
// from their own desk.
//
// What is seen decides before a login goes out, not only what the phone system refuses
// (code 25): with Auto Logout the first session ends by itself. What was seen last
// counts while a phone is not known. And what is seen may be as old as the last sweep,
// so that right before such a login the phone system is asked where its person is
// (userDevicesQuery): one question for each. A session that deskd has not seen holds
// the login as a refusal would, also one on a phone that is no desk; so does a question
// without an answer, for half a minute. Where the configuration says that several
// sessions are allowed (multiple_login), a second one takes nothing, and nothing is asked.

// away is where a person is on whose account a login was refused, or not sent.
type away struct {
	plan.Away
	at time.Time // when that was asked; zero when it is still to be
}

// doubtsPerRound is how many of those doubts a round asks about: one after the other.
const doubtsPerRound = 20

// again is when it is asked again.
func (a away) again() time.Time {
	if a.Doubt != "" {
		return a.at.Add(lookAgain)
	}
	return a.at.Add(whereEvery)
}

// weighs are the phones on which the person of s is known to have a session of deskd's
// that the plan has weighed s against; nil when s is a step that takes no session.
func (r *Reconciler) weighs(s plan.Step) map[string]bool {
	if s.Op != plan.OpLogin || s.Unattested == "" || r.Policy.MultipleLogin == plan.MultipleAllowed {
		return nil
	}
	on := map[string]bool{s.Device: true}
	for device, h := range r.seen {
		if h.Ours && reservations.SamePerson(h.Person, s.Person) {
			on[device] = true
		}
	}
	return on
}

// elsewhereNow asks where the person of j is, if nobody stands for the booking being
// theirs. It returns nil when they have no session but those that j was weighed
// against. The error concerns all requests to the cluster.
func (r *Reconciler) elsewhereNow(ctx context.Context, j job) (*away, error) {
	if j.weighs == nil {
		return nil, nil
	}
	on, err := r.Access.Where(ctx, j.Person)
	switch {
	case phones.RefusesAll(err), errors.Is(err, phones.ErrNotSent):
		return nil, err
	case err != nil:
		return &away{Away: plan.Away{Doubt: err.Error()}}, nil //nolint:nilerr // it says nothing about other requests
	}
	for _, device := range on {
		if !j.weighs[device] {
			return &away{Away: plan.Away{On: on}}, nil
		}
	}
	return nil, nil
}

// noteAway notes where a person is, and has those phones looked at.
func (r *Reconciler) noteAway(person string, a away, now time.Time) {
	a.at = now
	r.away[person] = a
	for _, device := range a.On {
		if _, managed := r.seen[device]; managed {
			r.lookAt(device, now)
		}
	}
}

// takeUnsent takes in why nothing was sent.
func (r *Reconciler) takeUnsent(ctx context.Context, s sent) {
	switch now := r.now(); {
	case s.away != nil:
		r.noteAway(s.job.PersonKey(), *s.away, now)
	case s.stale && s.stops():
		r.quiet(ctx, s.answer, now)
	case s.stale: // one of the two answers may be from the past: no third one at once
		r.unsure[s.job.Device] = now.Add(plan.LookAfter)
		r.lookAt(s.job.Device, r.unsure[s.job.Device])
	case errors.Is(s.answer, ErrPaused):
		r.read = time.Time{}
	}
}
