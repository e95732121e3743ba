package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers tell apart with errors.Is, beside those of package
// reservations.
var (
	// ErrNewerSchema: a newer deskd has written the database. Nothing was touched.
	ErrNewerSchema = errors.New("the database belongs to a newer deskd")
	// ErrOldSchema: the database must be migrated before it can be read.
	ErrOldSchema = errors.New("the database belongs to an older deskd")
	// ErrForeign: the file is an SQLite database of another program.
	ErrForeign = errors.New("the file is a database of another program; name another file")
	// ErrMarker: the marker beside the file says that this is not the database
	// that was last used here: it is missing, empty, another, or an older copy.
	ErrMarker = errors.New("this is not the database that was here")
	// ErrKept: a file that is there was not replaced, because it holds something else,
	// or more.
	ErrKept = errors.New("the file that is there is kept")
	// ErrSchema: the database has another schema than deskd gave it; see [SchemaError].
	ErrSchema = errors.New("the database's schema was changed")
	// ErrDenied: this process may not read or write the database's files.
	ErrDenied = errors.New("permission denied")
	// ErrDamaged: the file is no database, or not in good order.
	ErrDamaged = errors.New("the database is damaged")
	// ErrNoDatabase: there is no database to read, and none was before.
	ErrNoDatabase = errors.New("nothing to read yet; deskd serve or deskd import creates it")
	// ErrReadOnly: the database was opened for reading.
	ErrReadOnly = errors.New("the database is open for reading only")
	// ErrCommit: the commit itself failed, so that nobody knows whether the
	// change is on disk. The process should be restarted: see [Store.Failed].
	ErrCommit = errors.New("it is not known whether the change was written")
	// ErrReplaced: a file of the database is not the one that was opened; see
	// [ReplacedError]. Nothing was written.
	ErrReplaced = errors.New("a file of the database is not the one that was opened")
	// ErrStopped: a commit has failed before, and nothing was written.
	ErrStopped = errors.New("the database takes no changes")
	// ErrChanged: the database changed between the check of an import and its writing.
	ErrChanged = errors.New("the database changed while the file was imported: import it again")
	// ErrLocked: another process holds the lock.
	ErrLocked = errors.New("another deskd holds the database")
	// ErrNoAttempt and ErrNoRequest: there is no row of that number.
	ErrNoAttempt = errors.New("no such attempt")
	ErrNoRequest = errors.New("no such request")
	// ErrLingers: what was removed is gone from the database, but may still be
	// read in its -wal file, because other programs read from that all the time.
	ErrLingers = errors.New("done, but what was removed lingers in the database's -wal file, which others are reading; the running deskd empties it at night")
)

// isOverlap reports whether err is the refusal of an overlap trigger. No other
// trigger refuses a change of reservations, so that the code is enough.
func isOverlap(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_TRIGGER
}

// isConstraint reports whether err is the refusal of any rule of the schema,
// whose name is in its text.
func isConstraint(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}

// advice is what to do about a primary result code of SQLite.
var advice = map[int]string{
	sqlite3.SQLITE_BUSY:     "another process has been writing for 5 seconds; try again, or end that process",
	sqlite3.SQLITE_READONLY: "check who may write the file and its folder",
	sqlite3.SQLITE_FULL:     "the disk is full; free some space",
	sqlite3.SQLITE_IOERR:    "check the disk",
	sqlite3.SQLITE_CORRUPT:  "put a backup in its place with deskd restore FILE",
	sqlite3.SQLITE_NOTADB:   "this is no SQLite file; name another file, or put a backup in its place with deskd restore FILE",
	sqlite3.SQLITE_CANTOPEN: "check who may read and write the file and its folder",
}

// advised is an error of SQLite that already says what to do.
type advised struct {
	error
	hint string
	code int // primary result code
}

func (a advised) Error() string { return fmt.Sprintf("%v: %s", a.error, a.hint) }
func (a advised) Unwrap() error { return a.error }

// Is makes damage that SQLite met an [ErrDamaged].
func (a advised) Is(target error) bool {
	return target == ErrDamaged && (a.code == sqlite3.SQLITE_CORRUPT || a.code == sqlite3.SQLITE_NOTADB)
}

// explain adds to an error of SQLite what to do about it, once.
func explain(err error) error {
	var told advised
	var e *sqlite.Error
	if errors.As(err, &told) || !errors.As(err, &e) {
		return err
	}
	if hint, ok := advice[e.Code()&0xff]; ok {
		return advised{err, hint, e.Code() & 0xff}
	}
	return err
}
