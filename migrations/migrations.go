package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed sqlite/*.sql
var files embed.FS

// SQLiteID is the application_id that the first migration writes into the
// header of an SQLite file: "desk" in ASCII.
const SQLiteID = 0x6465736b

// SQLite is the schema in SQLite's dialect on one database.
type SQLite struct {
	db       *sql.DB
	provider *goose.Provider
}

// NewSQLite reads the embedded files. It does not touch db, which stays the
// caller's to close and must be one that may write.
func NewSQLite(db *sql.DB) (*SQLite, error) {
	folder, err := fs.Sub(files, "sqlite")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return ReadSQLite(db, folder)
}

// ReadSQLite is [NewSQLite] for the files in folder. Tests use it to upgrade to
// a future schema.
func ReadSQLite(db *sql.DB, folder fs.FS) (*SQLite, error) {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, folder,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return &SQLite{db: db, provider: provider}, nil
}

// Newest is the number of the last migration this program knows.
func (m *SQLite) Newest() int64 {
	all := m.provider.ListSources()
	return all[len(all)-1].Version
}

// Version is the number of the last migration applied, zero on a database
// without any. It only reads.
func (m *SQLite) Version(ctx context.Context) (int64, error) {
	var tables int
	err := m.db.QueryRowContext(ctx,
		`SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'goose_db_version'`).Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	var version sql.NullInt64
	err = m.db.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version.Int64, err
}

// UpTo applies what is missing up to that number, in order, and stops at the first
// failure. See [SQLite.Up].
func (m *SQLite) UpTo(ctx context.Context, version int64) error {
	if _, err := m.provider.UpTo(ctx, version); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Up applies what is missing, in order, and stops at the first failure. It must
// not run in two programs on one database at once.
func (m *SQLite) Up(ctx context.Context) error {
	if _, err := m.provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
