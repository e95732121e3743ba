package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // the driver "sqlite", which needs no C compiler

	"deskd/migrations"
	"deskd/scheduler"
)

var (
	_ scheduler.Book      = (*Store)(nil)
	_ scheduler.Journal   = (*Store)(nil)
	_ scheduler.FeedBook  = (*Store)(nil)
	_ scheduler.Standings = (*Store)(nil)
)

// readers is how many queries run at once. Each costs a page cache of 2 MB.
const readers = 4

// Options say how to open a database. The zero Options open it for reading and
// writing, in silence.
type Options struct {
	// ReadOnly refuses every change, creates no file and migrates nothing. It
	// is for the reading verbs of the command line, which may run beside a
	// daemon.
	ReadOnly bool
	// Logger is told of migrations; nil means nobody is.
	Logger *slog.Logger
}

// Store is an open database. All its methods may be called at the same time;
// changes wait for each other, at most five seconds when another process holds
// the database, and reads wait for nobody.
type Store struct {
	path  string
	log   *slog.Logger
	read  *gorm.DB
	write *gorm.DB // nil when read-only
	pools []*sql.DB

	watch   sync.Mutex // guards version
	version int64      // data_version of the writer's connection
}

// Open opens the SQLite file at path, creates it (readable by its owner only)
// if there is none, and brings its schema up to date. A file that is not a
// deskd database, or one of a newer deskd, is refused untouched; so is any
// SQLite or pragma that would weaken the package's invariants. The errors say
// what to do.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	path, err := place(path, o.ReadOnly)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s := &Store{path: path, log: o.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.open(ctx, o.ReadOnly); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, explain(err)), s.Close())
	}
	return s, nil
}

// open looks at the file before anything may write to it, so that one that
// turns out to be somebody else's is left as it was.
func (s *Store) open(ctx context.Context, readOnly bool) error {
	at, newest, err := s.inspect(ctx)
	switch {
	case err != nil:
		return err
	case readOnly && at < newest:
		return fmt.Errorf("%w: it has version %d, this deskd needs %d; run deskd migrate", ErrOldSchema, at, newest)
	case at < newest:
		err = alone(filepath.Dir(s.path), func() error { return s.openWriter(ctx) })
	case !readOnly:
		err = s.openWriter(ctx)
	}
	if err != nil {
		return err
	}
	db, err := s.pool(readerPragmas, readers)
	if err != nil {
		return err
	}
	if err := readBack(ctx, db, readerPragmas); err != nil {
		return err
	}
	s.read, err = wrap(db)
	return err
}

// inspect returns the version of the schema and the newest one known. It uses a
// connection of its own: one that saw the file before it became a WAL database
// would go on telling so.
func (s *Store) inspect(ctx context.Context) (at, newest int64, err error) {
	db, err := sql.Open("sqlite", dsn(s.path, readerPragmas))
	if err != nil {
		return 0, 0, err
	}
	defer db.Close() //nolint:errcheck // it was only read
	if err := checkVersion(ctx, db); err != nil {
		return 0, 0, err
	}
	return recognise(ctx, db)
}

func (s *Store) openWriter(ctx context.Context) error {
	db, err := s.pool(writerPragmas, 1)
	if err != nil {
		return err
	}
	if err := readBack(ctx, db, writerPragmas); err != nil {
		return err
	}
	if err := s.migrate(ctx, db); err != nil {
		return err
	}
	if s.write, err = wrap(db); err != nil {
		return err
	}
	_, err = s.Changed(ctx) // the first answer is the one later ones are compared with
	return err
}

func (s *Store) migrate(ctx context.Context, db *sql.DB) error {
	schema, err := migrations.NewSQLite(db)
	if err != nil {
		return err
	}
	from, err := schema.Version(ctx)
	if err != nil || from == schema.Newest() {
		return err
	}
	if err := schema.Up(ctx); err != nil {
		return err
	}
	s.log.Info("database migrated", "path", s.path, "from", from, "to", schema.Newest())
	return nil
}

func (s *Store) pool(p []pragma, size int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(s.path, p))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	s.pools = append(s.pools, db)
	return db, nil
}

// wrap gives a pool gorm's query builder. Transactions are begun where they are
// meant, not around every statement.
func wrap(db *sql.DB) (*gorm.DB, error) {
	return gorm.Open(sqlite.Dialector{DriverName: "sqlite", Conn: db}, &gorm.Config{
		SkipDefaultTransaction: true,
		Logger:                 logger.Discard,
	})
}

// Check looks for damage in the file (PRAGMA quick_check). It reads all of it.
func (s *Store) Check(ctx context.Context) error {
	var found []string
	if err := s.read.WithContext(ctx).Raw("PRAGMA quick_check(5)").Scan(&found).Error; err != nil {
		return fmt.Errorf("check database: %w", explain(err))
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("check database: %s", strings.Join(found, "; "))
	}
	return nil
}

// Close ends all connections. The Store cannot be used afterwards.
func (s *Store) Close() error {
	var err error
	for i := len(s.pools) - 1; i >= 0; i-- {
		err = errors.Join(err, s.pools[i].Close())
	}
	return err
}

// change runs do in one IMMEDIATE transaction, which is on disk when change
// returns nil and leaves no trace when do fails.
func (s *Store) change(ctx context.Context, do func(tx *gorm.DB) error) error {
	if s.write == nil {
		return ErrReadOnly
	}
	tx := s.write.WithContext(ctx).Begin()
	if tx.Error != nil {
		return explain(tx.Error)
	}
	defer tx.Rollback() // does nothing after the commit
	if err := do(tx); err != nil {
		return explain(err)
	}
	err := tx.Commit().Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // database/sql has rolled back
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrCommit, explain(err))
}
