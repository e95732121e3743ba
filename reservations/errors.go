package reservations

import "errors"

// Errors that callers tell apart with errors.Is. The text of a wrapping error
// says which desk, person or reservation is meant.
var (
	ErrOverlap       = errors.New("the desk is already booked in that time")
	ErrUnknownDesk   = errors.New("no such desk")
	ErrUnknownPerson = errors.New("no such person")
	ErrUnknownSite   = errors.New("no such site")
	ErrNotFound      = errors.New("no such reservation")
)
