package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"deskd/store/dialect"
	"deskd/store/files"
	"deskd/store/postgres"
	"deskd/store/sqlite"
)

// Lock says that this process alone acts on a database.
type Lock interface {
	// Held is an error when it does not any more: a [ReplacedError], or [ErrLocked] when
	// another process does.
	Held() error
	// Close lets others act.
	Close() error
}

// ErrServer is the error of what is done to files, where a server keeps the database.
var ErrServer = errors.New("a PostgreSQL server keeps the database")

// IsServer reports whether a data source is a database of a PostgreSQL server, rather than
// the path of an SQLite file.
func IsServer(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// Acquire takes the lock of the database that dsn names: see [files.Acquire] and
// [postgres.Acquire].
func Acquire(ctx context.Context, dsn string, now time.Time) (Lock, error) {
	if IsServer(dsn) {
		return orNone(postgres.Acquire(ctx, dsn))
	}
	return orNone(files.Acquire(dsn, now))
}

// Join takes the lock of the database that dsn names for one of the daemons that serve it: a
// server may have several, by their names, and a file has one.
func Join(ctx context.Context, dsn, node string, now time.Time) (Lock, error) {
	if IsServer(dsn) {
		return orNone(postgres.Join(ctx, dsn, node))
	}
	return orNone(files.Acquire(dsn, now))
}

// orNone keeps a lock that there is not from being a Lock of no value.
func orNone[L Lock](l L, err error) (Lock, error) {
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Held reports whether a process holds the lock of the database that dsn names.
func Held(ctx context.Context, dsn string) (bool, error) {
	if IsServer(dsn) {
		return postgres.Held(ctx, dsn)
	}
	return files.Held(dsn)
}

// Exposed lists what others may do to the database, if that is a file, and to other files
// that deskd relies on: see [files.Exposed].
func Exposed(dsn, anchors string, configuration ...string) []Exposure {
	if IsServer(dsn) {
		return files.ExposedBeside(anchors, configuration...)
	}
	return files.Exposed(dsn, anchors, configuration...)
}

// Examine reads a database from end to end and says what it holds: see [sqlite.Examine].
func Examine(ctx context.Context, dsn string) (Contents, error) {
	if !IsServer(dsn) {
		return sqlite.Examine(ctx, dsn, sqlite.Options{})
	}
	db, err := postgres.Open(ctx, dsn, postgres.Options{ReadOnly: true})
	if err != nil {
		return dialect.Contents{}, err
	}
	c, err := db.Contents(ctx)
	if err = errors.Join(err, db.Check(ctx), db.Close()); err != nil {
		return c, fmt.Errorf("examine %s: %w", dsn, err)
	}
	return c, nil
}
