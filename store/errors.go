package store

import "errors"

// Errors that callers tell apart with errors.Is, beside those of package
// reservations.
var (
	// ErrChanged: the database changed between the check of an import and its writing.
	ErrChanged = errors.New("the database changed while the file was imported: import it again")
	// ErrNoAttempt and ErrNoRequest: there is no row of that number.
	ErrNoAttempt = errors.New("no such attempt")
	ErrNoRequest = errors.New("no such request")
)
