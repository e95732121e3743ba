package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// SQLiteID is the application_id that the first migration writes into the
// header of an SQLite file: "desk" in ASCII.
const SQLiteID = 0x6465736b

// SQLite is the schema in SQLite's dialect on one database.
type SQLite struct{ schema }

// Postgres is the schema in PostgreSQL's dialect, in the first schema of the search path
// of one database. Two programs may migrate at once: one waits for the other.
type Postgres struct{ schema }

// schema is what both have in common.
type schema struct {
	db       *sql.DB
	provider *goose.Provider
	recorded string // asks whether there is goose's table
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
	s, err := read(goose.DialectSQLite3, db, folder)
	s.recorded = `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'goose_db_version'`
	return &SQLite{s}, err
}

// NewPostgres reads the embedded files. It does not touch db, which stays the caller's to
// close and whose connections must not be a pooler's in transaction mode.
func NewPostgres(db *sql.DB) (*Postgres, error) {
	folder, err := fs.Sub(files, "postgres")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return ReadPostgres(db, folder)
}

// ReadPostgres is [NewPostgres] for the files in folder. Tests use it to upgrade to
// a future schema.
func ReadPostgres(db *sql.DB, folder fs.FS) (*Postgres, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	s, err := read(goose.DialectPostgres, db, folder, goose.WithSessionLocker(locker))
	s.recorded = `SELECT count(*) FROM pg_catalog.pg_class WHERE relname = 'goose_db_version' AND relnamespace = quote_ident(current_schema())::regnamespace`
	return &Postgres{s}, err
}

func read(d goose.Dialect, db *sql.DB, folder fs.FS, o ...goose.ProviderOption) (schema, error) {
	o = append(o, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	provider, err := goose.NewProvider(d, db, folder, o...)
	if err != nil {
		return schema{}, fmt.Errorf("read migrations: %w", err)
	}
	return schema{db: db, provider: provider}, nil
}

// Newest is the number of the last migration this program knows.
func (m *schema) Newest() int64 {
	all := m.provider.ListSources()
	return all[len(all)-1].Version
}

// Version is the number of the last migration applied, zero on a database
// without any. It only reads.
func (m *schema) Version(ctx context.Context) (int64, error) {
	var tables int
	err := m.db.QueryRowContext(ctx, m.recorded).Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	var version sql.NullInt64
	err = m.db.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version.Int64, err
}

// UpTo applies what is missing up to that number, in order, and stops at the first
// failure. See Up.
func (m *schema) UpTo(ctx context.Context, version int64) error {
	if _, err := m.provider.UpTo(ctx, version); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Up applies what is missing, in order, and stops at the first failure. Two programs
// must not do so at once on one SQLite database.
func (m *schema) Up(ctx context.Context) error {
	if _, err := m.provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
