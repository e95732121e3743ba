package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"deskd/store/dialect"
)

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

// Is makes damage that SQLite met an [dialect.ErrDamaged].
func (a advised) Is(target error) bool {
	return target == dialect.ErrDamaged && (a.code == sqlite3.SQLITE_CORRUPT || a.code == sqlite3.SQLITE_NOTADB)
}

// Explain adds to an error of SQLite what to do about it, once: for what opens a file
// beside [DB].
func Explain(err error) error { return explain(err) }

// explain adds to an error of SQLite what to do about it, once.
func explain(err error) error {
	var told advised
	var e *sqlite.Error
	var no refusal
	if errors.As(err, &told) || errors.As(err, &no) || !errors.As(err, &e) {
		return err
	}
	if e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT {
		return refusal{err, e.Code() == sqlite3.SQLITE_CONSTRAINT_TRIGGER}
	}
	if hint, ok := advice[e.Code()&0xff]; ok {
		return advised{err, hint, e.Code() & 0xff}
	}
	return err
}

// refusal is the refusal of a rule of the schema, whose name is in its text.
type refusal struct {
	error
	overlap bool // of a trigger: no other refuses a change of reservations
}

func (r refusal) Unwrap() error { return r.error }

func (r refusal) Is(target error) bool {
	return target == dialect.ErrConstraint || target == dialect.ErrOverlap && r.overlap
}
