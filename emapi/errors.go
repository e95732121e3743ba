package emapi

import (
	"errors"
	"fmt"
)

// The errors that carry no answer of the service. Tell them apart with
// errors.Is; the wrapping text says what happened.
var (
	// ErrUnsendable says that the request was not sent and never can be as it is:
	// a name in it is unusable ([ErrBadName]), or its duration is negative. It is not
	// ErrNotSent, because waiting does not help.
	ErrUnsendable = errors.New("cannot be sent")
	// ErrNotSent says that the request did not reach the EM service and had no
	// effect: no connection came about.
	ErrNotSent = errors.New("not sent")
	// ErrUnknownOutcome says that the request was sent and no trustworthy
	// answer came back, which includes every HTTP status but 200: a balancer or
	// filter may answer after the effect. Ask, do not repeat.
	ErrUnknownOutcome = errors.New("outcome unknown")
	// ErrCertificate says that the server did not prove its identity: its
	// certificate is expired, of another name, of an unknown authority, or its key
	// is none of the pinned ones. It comes with ErrNotSent, and no waiting fixes it.
	ErrCertificate = errors.New("the server's certificate is not accepted")
	// ErrBadName says that a device, user or profile cannot be named on the
	// wire so that it arrives byte by byte. It comes with ErrUnsendable.
	ErrBadName = errors.New("unusable name")
)

func cannotSend(what string, cause error) error {
	return fmt.Errorf("%s: %w: %w", what, ErrUnsendable, cause)
}

// Error is a refusal by the EM service.
type Error struct {
	Op     string // the message's element, "login", "deviceUserQuery"
	Target string // the device or user it was about; empty for a query about several
	Code   Code
	// Text is what the server said, trimmed and without the password. It is
	// localised and prefixed as the server likes: show it, never match on it.
	Text string
}

// Error names operation, target, code and the server's words.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %v", subject(e.Op, e.Target), e.Code)
	if e.Text != "" {
		text += fmt.Sprintf(": %q", e.Text)
	}
	return text
}

// Unwrap returns the [Code].
func (e *Error) Unwrap() error { return e.Code }

func subject(op, target string) string {
	if target == "" {
		return op
	}
	return op + " " + target
}
