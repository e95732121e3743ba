package dialect

import (
	"errors"

	"deskd/reservations"
)

// Errors of every database, which callers tell apart with errors.Is. The text of a
// wrapping error says what to do.
var (
	// ErrNewerSchema: a newer deskd has written the database. Nothing was touched.
	ErrNewerSchema = reservations.ErrNewer
	// ErrOldSchema: the database must be migrated before it can be read.
	ErrOldSchema = errors.New("the database belongs to an older deskd")
	// ErrForeign: the file is a database of another program.
	ErrForeign = errors.New("the file is a database of another program; name another file")
	// ErrMarker: the marker beside the file says that this is not the database
	// that was last used here: it is missing, empty, another, or an older copy.
	ErrMarker = errors.New("this is not the database that was here")
	// ErrKept: a file that is there was not replaced, because it holds something else,
	// or more.
	ErrKept = errors.New("the file that is there is kept")
	// ErrSchema: the database has another schema than deskd gave it.
	ErrSchema = errors.New("the database's schema was changed")
	// ErrDenied: this process may not read or write the database's files.
	ErrDenied = errors.New("permission denied")
	// ErrDamaged: the file is no database, or not in good order.
	ErrDamaged = errors.New("the database is damaged")
	// ErrSetup: a server, a role or the address of a database has to be corrected first.
	// Nothing gets better by waiting.
	ErrSetup = reservations.ErrSetup
	// ErrNoDatabase: there is no database to read, and none was before.
	ErrNoDatabase = errors.New("nothing to read yet; deskd serve or deskd import creates it")
	// ErrReadOnly: the database was opened for reading.
	ErrReadOnly = errors.New("the database is open for reading only")
	// ErrCommit: the commit itself failed, so that nobody knows whether the
	// change is on disk. The process should be restarted: see [Notices].
	ErrCommit = errors.New("it is not known whether the change was written")
	// ErrReplaced: a file of the database is not the one that was opened. Nothing was
	// written.
	ErrReplaced = errors.New("a file of the database is not the one that was opened")
	// ErrStopped: a commit has failed before, and nothing was written.
	ErrStopped = errors.New("the database takes no changes")
	// ErrLocked: another process holds the lock.
	ErrLocked = errors.New("another deskd holds the database")
	// ErrLingers: what was removed is gone from the database, but may still be
	// read in its -wal file, because other programs read from that all the time.
	ErrLingers = errors.New("done, but what was removed lingers in the database's -wal file, which others are reading; the running deskd empties it at night")
	// ErrOverlap: two confirmed reservations of one desk would have overlapped.
	ErrOverlap = errors.New("the database refuses the overlap")
	// ErrConstraint: a rule of the schema refused a row, overlaps included. The rule's
	// name is in the text.
	ErrConstraint = errors.New("a rule of the database refuses the row")
)
