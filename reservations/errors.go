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

	// ErrNewer: a newer deskd has taken the database over. This one neither reads nor
	// writes it any more.
	ErrNewer = errors.New("the database belongs to a newer deskd")

	// ErrSetup: the database refuses deskd until a person sets something right.
	ErrSetup = errors.New("the database has to be set up first")

	// ErrCancelled: the reservation was cancelled or withdrawn before.
	ErrCancelled = errors.New("the reservation does not count any more")
	// ErrKeyUsed: the idempotency key has booked something else.
	ErrKeyUsed = errors.New("a key books once")
	// ErrNotHeld: nothing is held, or not what was meant: a change of a feed, or
	// the early logouts of a cluster.
	ErrNotHeld = errors.New("no such change is held")
)
