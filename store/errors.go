package store

import (
	"errors"

	"deskd/store/dialect"
)

// Errors that callers tell apart with errors.Is, beside those of package
// reservations.
var (
	// ErrNoAttempt: there is no attempt of that number.
	ErrNoAttempt = errors.New("no such attempt")
)

// Errors of the database, which package dialect describes: callers need not know which
// kind it is.
var (
	ErrNewerSchema = dialect.ErrNewerSchema
	ErrOldSchema   = dialect.ErrOldSchema
	ErrForeign     = dialect.ErrForeign
	ErrMarker      = dialect.ErrMarker
	ErrKept        = dialect.ErrKept
	ErrSchema      = dialect.ErrSchema
	ErrDenied      = dialect.ErrDenied
	ErrDamaged     = dialect.ErrDamaged
	ErrSetup       = dialect.ErrSetup
	ErrNoDatabase  = dialect.ErrNoDatabase
	ErrReadOnly    = dialect.ErrReadOnly
	ErrCommit      = dialect.ErrCommit
	ErrReplaced    = dialect.ErrReplaced
	ErrStopped     = dialect.ErrStopped
	ErrLocked      = dialect.ErrLocked
	ErrTaken       = dialect.ErrTaken
	ErrLingers     = dialect.ErrLingers
)
