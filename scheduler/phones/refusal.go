package phones

import (
	"errors"

	"deskd/scheduler/plan"
)

// Refusal is the phone system's clear no to a request. Nothing was changed.
type Refusal struct {
	Code  int
	Class plan.Class
	Text  string // the refusal in words, with its code
	// Advice is what a person can do about it, in a sentence.
	Advice string
}

// Error says the refusal in words, and what can be done about it where
// a person has to.
func (r *Refusal) Error() string {
	if r.Class == plan.ClassFault || r.Class.Halts() || r.Class == plan.ClassPolicy {
		return r.Text + ". " + r.Advice
	}
	return r.Text
}

// What can be wrong with a request besides a [Refusal].
var (
	// ErrNotSent says that the request never left: nothing was changed.
	ErrNotSent = errors.New("not sent")
	// ErrDistrusted says that what answers is not known to be the phone system: its
	// certificate is not accepted. It comes with ErrNotSent; a person has to fix it.
	ErrDistrusted = errors.New("the phone system is not trusted")
	// ErrBadName says that the request cannot be put on the wire: nothing was
	// changed, and nothing else is affected.
	ErrBadName = errors.New("unusable name")
	// ErrUnknown says that the request may have been carried out: ask, do not repeat.
	ErrUnknown = errors.New("outcome unknown")
)

// RefusesAll reports whether err is the phone system's refusal of all of deskd.
func RefusesAll(err error) bool {
	var no *Refusal
	return errors.As(err, &no) && no.Class.Halts()
}
