package scheduler

import (
	"errors"

	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// judge writes what err says about the outcome into a. An error of no known
// kind is an unknown outcome: the request may have been carried out.
func judge(a *plan.Attempt, err error) {
	var no *phones.Refusal
	switch {
	case err == nil:
		a.Outcome = plan.Done
		return
	case errors.Is(err, phones.ErrUnknown):
		a.Outcome = plan.Unknown
	case errors.As(err, &no):
		a.Outcome, a.Code, a.Class = plan.Refused, no.Code, no.Class
		if no.Class == plan.ClassNobody { // as wanted, and nobody was logged out
			a.Outcome = plan.Done
		}
	case errors.Is(err, phones.ErrNotSent), errors.Is(err, phones.ErrBadName):
		a.Outcome = plan.NotSent
	default:
		a.Outcome = plan.Unknown
	}
	a.Error = err.Error()
}
