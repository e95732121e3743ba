package calendar

import (
	"errors"

	"deskd/reservations/feed/ical"
)

// faultOf is err with its line, or with the one given.
func faultOf(err error, line int) *ical.Fault {
	var at *ical.Fault
	if errors.As(err, &at) {
		return at
	}
	return &ical.Fault{Line: line, Err: err}
}
