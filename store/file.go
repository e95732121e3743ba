package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"deskd/store/dialect"
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
	// Contents is what a database holds.
	Contents = dialect.Contents
	// Restored is what a restore has done.
	Restored = sqlite.Restored
	// Exposure is what others may do to what deskd relies on.
	Exposure = files.Exposure
	// ReplacedError says which file of the database is not the one that is open.
	ReplacedError = files.ReplacedError
)

// Backup writes a copy of the database file c.From into the file c.To: see
// [sqlite.Backup].
func Backup(ctx context.Context, c Copy, o BackupOptions, now time.Time) (Backed, error) {
	if IsServer(c.From) {
		return Backed{}, fmt.Errorf("%w: back it up with pg_dump, or with base backups and archived WAL for any point in time", ErrServer)
	}
	return sqlite.Backup(ctx, c, o, now)
}

// Restore puts the backup file c.From in the place of the database at c.To: see
// [sqlite.Restore]. The caller holds the database's [Lock].
func Restore(ctx context.Context, c Copy, log *slog.Logger, now time.Time) (Restored, error) {
	if IsServer(c.To) {
		return Restored{}, fmt.Errorf("%w: restore it with pg_restore, or to a point in time, while no deskd runs", ErrServer)
	}
	return sqlite.Restore(ctx, c, sqlite.Options{Logger: log, Disown: disown}, now)
}
