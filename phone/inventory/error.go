package inventory

import (
	"errors"
	"fmt"
	"time"
)

// Kind is what became of a question, by what its asker does next.
type Kind string

// The kinds.
const (
	Unreachable  Kind = "unreachable"  // nothing answered in time
	Unauthorized Kind = "unauthorized" // the credentials or their roles were refused
	Throttled    Kind = "throttled"    // the cluster has been asked too often, by whomever
	TooLarge     Kind = "too_large"    // the cluster will not answer so much at once
	NotFound     Kind = "not_found"    // the cluster knows nothing of that name
	Refused      Kind = "refused"      // another fault
	Malformed    Kind = "malformed"    // what came is no answer
	Partial      Kind = "partial"      // some of the answer is missing: the rest counts
)

// Error is why there is no answer, or no whole one.
type Error struct {
	Kind Kind
	// Operation is what was asked, such as selectCmDeviceExt.
	Operation string
	// Text is what is wrong, in words. It may have words of the cluster's.
	Text string
	// Rows is how many rows the cluster would answer, of TooLarge; 0 if it did not say.
	Rows int
	// After is how long the cluster wants not to be asked, of Throttled; 0 if it did not say.
	After time.Duration
	// Err is the cause, where there is one.
	Err error
}

func (e *Error) Error() string {
	advice := map[Kind]string{
		Unreachable:  "check url, and that the service is activated",
		Unauthorized: "check user and password, and the user's roles (Standard CCM Server Monitoring for RIS, Standard AXL API Access for AXL)",
		Throttled:    "other programs ask it, too",
		Malformed:    "check that url is that of the service",
	}[e.Kind]
	text := fmt.Sprintf("%s: %s", e.Operation, e.Text)
	if advice != "" {
		text += " (" + advice + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of an error, and empty for one that is not of this package.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}
