package store

import (
	"context"
	"log/slog"
	"time"

	"deskd/store/files"
	"deskd/store/sqlite"
)

type (
	// Copy names the file that is read, and the one that gets what it holds.
	Copy = sqlite.Copy
	// BackupOptions say what a backup may do.
	BackupOptions = sqlite.BackupOptions
	// Backed is a backup that was made.
	Backed = sqlite.Backed
	// Contents is what a database file holds.
	Contents = sqlite.Contents
	// Restored is what a restore has done.
	Restored = sqlite.Restored
	// Lock says that this process alone acts on a database.
	Lock = files.Lock
	// Exposure is what others may do to what deskd relies on.
	Exposure = files.Exposure
	// ReplacedError says which file of the database is not the one that is open.
	ReplacedError = files.ReplacedError
)

// Backup writes a copy of the database file c.From into the file c.To: see
// [sqlite.Backup].
func Backup(ctx context.Context, c Copy, o BackupOptions, now time.Time) (Backed, error) {
	return sqlite.Backup(ctx, c, o, now)
}

// Restore puts the backup file c.From in the place of the database at c.To: see
// [sqlite.Restore]. The caller holds the database's [Lock].
func Restore(ctx context.Context, c Copy, log *slog.Logger, now time.Time) (Restored, error) {
	return sqlite.Restore(ctx, c, sqlite.Options{Logger: log, Disown: disown}, now)
}

// Examine reads the database file at path from end to end and says what it
// holds: see [sqlite.Examine].
func Examine(ctx context.Context, path string) (Contents, error) {
	return sqlite.Examine(ctx, path, sqlite.Options{})
}

// Acquire takes the lock of the database at path: see [files.Acquire].
func Acquire(path string, now time.Time) (*Lock, error) { return files.Acquire(path, now) }

// Held reports whether a process holds the lock of the database at path.
func Held(path string) (bool, error) { return files.Held(path) }

// Exposed lists what others may do to the database at path, and to other files
// that deskd relies on: see [files.Exposed].
func Exposed(path, anchors string, configuration ...string) []Exposure {
	return files.Exposed(path, anchors, configuration...)
}
