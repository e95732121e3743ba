package store

import (
	"context"
	"log/slog"
	"sync"

	"deskd/scheduler"
	"deskd/scheduler/poll"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/postgres"
	"deskd/store/sqlite"
	"deskd/store/tables"
)

var (
	_ scheduler.Book      = (*Store)(nil)
	_ scheduler.Journal   = (*Store)(nil)
	_ poll.Book           = (*Store)(nil)
	_ poll.States         = (*Store)(nil)
	_ poll.Store          = (*Store)(nil)
	_ poll.Holds          = (*Store)(nil)
	_ scheduler.States    = (*Store)(nil)
	_ scheduler.Sightings = (*Store)(nil)
)

// Options say how to open a database. The zero Options open it for reading and
// writing, in silence.
type Options struct {
	// ReadOnly refuses every change, creates no file and migrates nothing. It
	// is for the reading verbs of the command line, which may run beside a
	// daemon.
	ReadOnly bool
	// Accept takes the database as it is, though the marker beside it says that
	// it is another or an older one. Everybody on a phone is a walk-up then.
	Accept bool
	// Driving is the DSN of driving sessions, where that of the rest leads to a proxy; empty:
	// the same. See [postgres.Options].
	Driving string
	// schema replaces the released schema in tests of those yet to come.
	schema *sqlite.Schema
	// Logger is told of migrations and of what the marker says; nil means nobody
	// is.
	Logger *slog.Logger
}

// Store is an open database. All its methods may be called at the same time;
// changes wait for each other, at most five seconds when another process holds
// the database, and reads wait for nobody.
type Store struct {
	dialect.Notices
	dialect.Inspection

	db      dialect.Database
	audit   audit.Log
	small   *group         // of writes that may share a commit
	written tables.Written // of observations
	sign    audit.Signer   // of what is written
	known   *progress      // of the database, by all of this process
	log     *slog.Logger
	aside   func() (*Store, error) // see [Store.Aside]
}

// Open opens the database that dsn names: one of a PostgreSQL server (postgres://…, see
// [postgres.Open]), or the SQLite file of that path. It creates the file (readable by its owner only)
// if there is none, and brings its schema up to date. A file that is not a
// deskd database, one of a newer deskd, or one that the marker beside it does
// not know ([dialect.ErrMarker]) is refused untouched; so is any SQLite or pragma that
// would weaken the package's invariants. Reading is not refused for the marker's
// sake. The errors say what to do.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if IsServer(dsn) {
		return openServer(ctx, dsn, o)
	}
	db, err := sqlite.Open(ctx, dsn, sqlite.Options{ReadOnly: o.ReadOnly, Accept: o.Accept, Disown: disown, Schema: o.schema, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	return newStore(db.Database(), o.Logger), nil
}

func openServer(ctx context.Context, dsn string, o Options) (*Store, error) {
	db, err := postgres.Open(ctx, dsn, postgres.Options{ReadOnly: o.ReadOnly, Driving: o.Driving, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	return newStore(db.Database(), o.Logger), nil
}

// newStore is a Store over an open database.
func newStore(db dialect.Database, log *slog.Logger) *Store {
	s := &Store{Notices: db, Inspection: db, db: db, small: newGroup(db), sign: audit.Signer{Key: db.Key()}, known: new(progress), log: log}
	s.audit = audit.New(db, s.sign)
	s.aside = sync.OnceValues(func() (*Store, error) {
		more, err := db.Aside()
		if err != nil {
			return nil, err
		}
		aside := newStore(more, log)
		aside.aside = func() (*Store, error) { return aside, nil }
		return aside, nil
	})
	return s
}

// Aside returns a Store for readers who may be many, such as those of pages: with
// a connection of its own, so that they wait for each other and nobody waits for
// them. It is the same one at every call, refuses every change, and ends with s.
func (s *Store) Aside() (*Store, error) { return s.aside() }

// Mark writes down how far the database has come, beside the file. The daemon does so
// every minute and [Store.Close] at the end, so that a copy that is put in the
// database's place is recognised as old.
func (s *Store) Mark(ctx context.Context) error { return s.db.Mark(ctx) }

// Close brings the marker up to date and ends all connections. The Store cannot
// be used afterwards.
func (s *Store) Close() error { return s.db.Close() }
