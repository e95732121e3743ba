package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"gorm.io/gorm"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/files"
)

// How many queries run at once: those of the caller, and those of [DB.Aside].
// Each costs a page cache of 2 MB.
const (
	readers      = 4
	asideReaders = 1
)

// DB is an open database file. All its methods may be called at the same time;
// changes wait for each other, at most five seconds when another process holds
// the database, and reads wait for nobody.
type DB struct {
	path  string
	log   *slog.Logger
	read  *gorm.DB
	write *gorm.DB // nil when read-only
	pools []*sql.DB

	newest int64 // version of the schema
	schema *Schema
	sign   audit.Signer // of what is written

	spelled dialect.Spelled
	commits *atomic.Int64 // of this process, each counted twice; see [DB.Version]

	fail   sync.Once
	failed chan struct{} // closed after a commit with an unknown outcome

	files files.Opened // that are open, see [DB.Replaced]

	doubts error                   // see [DB.Doubt]
	disown func(tx *gorm.DB) error // see [Options]

	aside func() (*DB, error) // see [DB.Aside]

	watch    sync.Mutex // guards what follows
	version  int64      // data_version of the writer's connection
	cookie   int64      // schema_version as it was last seen
	lastMark marker
}

// Open opens the SQLite file at path, creates it (readable by its owner only)
// if there is none, and brings its schema up to date. A file that is not a
// deskd database, one of a newer deskd, or one that the marker beside it does
// not know ([dialect.ErrMarker]) is refused untouched; so is any SQLite or pragma that
// would weaken the package's invariants. Reading is not refused for the marker's
// sake. The errors say what to do.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	path, err := absolute(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s := &DB{path: path, log: o.Logger, schema: o.Schema, disown: o.Disown, failed: make(chan struct{}), commits: new(atomic.Int64)}
	if s.schema == nil {
		s.schema = released
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.aside = sync.OnceValues(s.openAside)
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, explain(err)), s.closePools())
	}
	return s, nil
}

// Database is s as the store asks for it.
func (s *DB) Database() dialect.Database {
	return dialect.Database{Transactions: s, Notices: s, Inspection: s, Marker: s, Upkeep: s, Duties: dialect.Alone{Transactions: s}}
}

// Read is for one question. It sees what is committed.
func (s *DB) Read(ctx context.Context) *gorm.DB { return s.read.WithContext(ctx) }

// Snapshot asks several questions of one state of the database.
func (s *DB) Snapshot(ctx context.Context, do func(tx *gorm.DB) error) error {
	return explain(s.Read(ctx).Transaction(do, &sql.TxOptions{ReadOnly: true}))
}

// Writer is the connection that writes, outside of a transaction; nil when the file is
// open for reading only.
func (s *DB) Writer() *gorm.DB { return s.write }

// Path is that of the file, absolute.
func (s *DB) Path() string { return s.path }

// Key is the secret with which deskd proves what it has written.
func (s *DB) Key() string { return s.sign.Key }

// Aside is the same file with one more connection for readers who may be many, so that
// they wait for each other and nobody waits for them. It is the same one at every
// call, refuses every change, and ends with s.
func (s *DB) Aside() (dialect.Database, error) {
	aside, err := s.aside()
	if err != nil {
		return dialect.Database{}, fmt.Errorf("open database %s once more: %w", s.path, explain(err))
	}
	return aside.Database(), nil
}

func (s *DB) openAside() (*DB, error) {
	db, err := s.pool(readerPragmas, asideReaders)
	if err != nil {
		return nil, err
	}
	read, err := Wrap(db)
	if err != nil {
		return nil, err
	}
	aside := &DB{path: s.path, log: s.log, read: read, newest: s.newest, schema: s.schema, sign: s.sign, failed: s.failed, commits: s.commits, doubts: s.doubts}
	aside.aside = func() (*DB, error) { return aside, nil }
	return aside, nil
}

// Orphans counts the rows that refer to a site, cluster, person or feed that is
// not there: another program wrote them without foreign keys switched on.
func (s *DB) Orphans(ctx context.Context) (int, error) {
	var n int
	if err := s.read.WithContext(ctx).Raw("SELECT count(*) FROM pragma_foreign_key_check").Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("check references: %w", explain(err))
	}
	return n, nil
}

// Close brings the marker up to date and ends all connections. The Store cannot
// be used afterwards.
func (s *DB) Close() error {
	// The marker of a database that is not at its place any more would be that of
	// another one by now.
	if s.write != nil && !s.hasFailed() && s.Replaced() == nil {
		if err := s.Mark(context.Background()); err != nil { // an older one is true as well
			s.log.Warn("marker of the database", "err", err)
		}
	}
	return s.closePools()
}

func (s *DB) closePools() error {
	var err error
	for i := len(s.pools) - 1; i >= 0; i-- {
		err = errors.Join(err, s.pools[i].Close())
	}
	return err
}

// Failed is closed once a commit has ended with [dialect.ErrCommit]. Nothing is written
// from then on: what the disk holds shows when the database is opened again, and
// the process should end for that.
func (s *DB) Failed() <-chan struct{} { return s.failed }

func (s *DB) hasFailed() bool {
	select {
	case <-s.failed:
		return true
	default:
		return false
	}
}

// Change runs do in one IMMEDIATE transaction, which is on disk when Change
// returns nil and leaves no trace when do fails.
func (s *DB) Change(ctx context.Context, do func(tx *gorm.DB) error) error {
	switch {
	case s.write == nil:
		return dialect.ErrReadOnly
	case s.hasFailed():
		return fmt.Errorf("%w: an earlier commit failed, and nothing is written until deskd is restarted", dialect.ErrStopped)
	}
	if err := s.Replaced(); err != nil {
		return err
	}
	return s.write.WithContext(ctx).Connection(func(conn *gorm.DB) error {
		return s.transact(ctx, conn.Session(&gorm.Session{NewDB: true}), do)
	})
}

// transact makes do one transaction on a connection.
func (s *DB) transact(ctx context.Context, conn *gorm.DB, do func(tx *gorm.DB) error) error {
	tx, err := beginWriting(ctx, conn)
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() // does nothing after the commit
	if err := do(dialect.WithSpelled(tx, &s.spelled)); err != nil {
		return explain(err)
	}
	s.commits.Add(1)
	err = tx.Commit().Error
	s.commits.Add(1)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, sql.ErrTxDone)): // database/sql has rolled back
		return ctx.Err()
	case notWritten(err):
		return explain(err)
	}
	s.fail.Do(func() { close(s.failed) })
	return fmt.Errorf("%w: %w", dialect.ErrCommit, explain(err))
}

// notWritten reports whether a commit that ended with err has surely left no
// trace: a write that did not fit or was refused ends before the frame that
// would make the transaction count. What fsync did when it failed nobody knows,
// nor what another error means.
func notWritten(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_BUSY:
		return true
	}
	return e.Code()&0xff == sqlite3.SQLITE_READONLY
}
