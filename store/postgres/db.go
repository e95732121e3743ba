package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"deskd/migrations"
	"deskd/store/audit"
	"deskd/store/dialect"
)

// DB is an open database. All its methods may be called at the same time; changes wait for
// each other, at most five seconds when another program does not commit, and reads wait
// for nobody.
type DB struct {
	log    *slog.Logger
	name   string   // of the database, for people: no password
	read   *gorm.DB // refuses changes
	writes writers
	pools  []*sql.DB

	spelled dialect.Spelled

	schema *migrations.Postgres
	sign   audit.Signer // of what is written

	asks   time.Duration // for how long the server is asked what became of a transaction
	fail   sync.Once
	failed chan struct{} // closed after a commit with an unknown outcome

	commits *atomic.Int64 // of this process, each counted twice; see [DB.Version]
	numbers *numbers      // of the audit that this process has given
	aside   func() (*DB, error)

	driving *pgx.ConnConfig // of driving sessions
	apart   bool            // which have a DSN of their own
	waiting waiting
	lines   *lines
	mostOff time.Duration                 // by which the clocks of one who drives may differ
	clock   atomic.Pointer[time.Duration] // by which this node's differs from the server's, as was last seen
}

// writers are the connections that write, nil when nothing may be. What the audit records
// may wait for other programs, and what it does not record must not wait behind it.
type writers struct{ audited, journal *gorm.DB }

// Database is s as the store asks for it.
func (s *DB) Database() dialect.Database {
	return dialect.Database{Transactions: s, Notices: s, Inspection: s, Marker: s, Upkeep: s, Duties: s}
}

// Read is for one question. It sees what is committed.
func (s *DB) Read(ctx context.Context) *gorm.DB { return s.read.WithContext(ctx) }

// Snapshot asks several questions of one state of the database.
func (s *DB) Snapshot(ctx context.Context, do func(tx *gorm.DB) error) error {
	return explain(s.Read(ctx).Transaction(do, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}))
}

// Writer is the connection that writes what the audit records, outside of a transaction;
// nil when the database is open for reading only.
func (s *DB) Writer() *gorm.DB { return s.writes.audited }

// Key is the secret with which deskd proves what it has written.
func (s *DB) Key() string { return s.sign.Key }

// Mark does nothing: how far the database has come is the server's to keep.
func (s *DB) Mark(context.Context) error { return nil }

// Marked knows nothing: see [DB.Mark].
func (s *DB) Marked() (*dialect.Head, error) { return nil, nil } //nolint:nilnil // which is what its interface says

// Head is how far the audit has come.
func (s *DB) Head(ctx context.Context) (h dialect.Head, err error) {
	err = s.Read(ctx).Raw(`SELECT self.id, coalesce(a.id, audit_pruned), coalesce(a.hash, audit_hash)
		FROM self LEFT JOIN LATERAL (SELECT id, hash FROM audit WHERE hash <> '' ORDER BY id DESC LIMIT 1) AS a ON TRUE`).
		Row().Scan(&h.Database, &h.Row, &h.Hash)
	return h, explain(err)
}

// Aside is the same database with one more connection for readers who may be many. It is
// the same one at every call, refuses every change, and ends with s.
func (s *DB) Aside() (dialect.Database, error) {
	aside, err := s.aside()
	if err != nil {
		return dialect.Database{}, fmt.Errorf("open database %s once more: %w", s.name, explain(err))
	}
	return aside.Database(), nil
}

// Scrub has the server reclaim what was deleted. It may still be read in its write-ahead
// log and in backups, for as long as these are kept.
func (s *DB) Scrub(ctx context.Context) error {
	if s.writes.journal == nil {
		return dialect.ErrReadOnly
	}
	return explain(s.writes.journal.WithContext(ctx).Exec("VACUUM reservations, reservation_keys, attempts, observations, audit, requests, feed_problems").Error)
}

// Shrink does nothing: the server's autovacuum keeps the space for the next rows, and gives
// back what is free at the end of a table.
func (s *DB) Shrink(context.Context) (int64, error) { return 0, nil }

// Close ends all connections. The DB cannot be used afterwards.
func (s *DB) Close() error {
	err := s.waiting.Close()
	for _, pool := range s.pools {
		err = errors.Join(err, pool.Close())
	}
	return err
}

// Failed is closed once a commit has ended with [dialect.ErrCommit].
func (s *DB) Failed() <-chan struct{} { return s.failed }

func (s *DB) hasFailed() bool {
	select {
	case <-s.failed:
		return true
	default:
		return false
	}
}

func (s *DB) noteClock(off time.Duration) { s.clock.Store(&off) }

// ClockOff implements [dialect.Duties]: as a driving session last saw.
func (s *DB) ClockOff() *time.Duration { return s.clock.Load() }
