package plan

import "time"

// AttemptFilter narrows a list of attempts. A zero field does not.
type AttemptFilter struct {
	Since       time.Time // begun at or after …
	Until       time.Time // … and before
	Desk        string
	Reservation string
	Outcome     Outcome
	Oldest      bool // oldest first, instead of newest
	Limit       int  // at most so many of the first ones
}
