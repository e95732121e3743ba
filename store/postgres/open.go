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

	"deskd/migrations"
	"deskd/store/audit"
	"deskd/store/dialect"
)

// Open opens the database that dsn names, and brings its schema up to date. A server that
// would weaken what package store promises is refused; so is a database of another program,
// or of a newer deskd, untouched. The errors say what to do, and no password.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	config, err := parse(dsn)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return openConfig(ctx, config, o)
}

func openConfig(ctx context.Context, config *pgx.ConnConfig, o Options) (*DB, error) {
	s := &DB{
		log: o.Logger, name: Name(config), failed: make(chan struct{}), commits: new(atomic.Int64), asks: outcomeFor,
		driving: config, lines: new(lines), mostOff: mostOff, waiting: waiting{sessions: make(map[string]*Session)},
	}
	if o.Driving != "" {
		var err error
		if s.driving, err = parse(o.Driving); err != nil {
			return nil, fmt.Errorf("open database: driving_dsn: %w", err)
		}
		s.apart = true
	}
	if !o.ReadOnly {
		config.ValidateConnect, s.driving.ValidateConnect = primary, primary
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.aside = sync.OnceValues(func() (*DB, error) { return s.openAside(config) })
	if err := s.open(ctx, config, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", s.name, explain(err)), s.Close())
	}
	return s, nil
}

// connectWithin is how long a server may take to answer at most. One that takes connections
// and says nothing would keep deskd from telling so.
const connectWithin = 10 * time.Second

func parse(dsn string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, advised{err, "write postgres://USER@HOST/NAME, the password in ~/.pgpass", codeSetup}
	}
	if config.ConnectTimeout == 0 || config.ConnectTimeout > connectWithin {
		config.ConnectTimeout = connectWithin
	}
	config.AfterConnect = direct
	if config.ValidateConnect != nil || several(config) { // target_session_attrs would look at what deskd has set itself
		config.ValidateConnect = primary
	}
	return config, nil
}

// Name is what people call a database: no password is in it.
func Name(c *pgx.ConnConfig) string {
	return fmt.Sprintf("postgres://%s@%s/%s", c.User, servers(c), c.Database)
}

// open looks at the server and the database before anything is written.
func (s *DB) open(ctx context.Context, config *pgx.ConnConfig, o Options) error {
	reader := s.pool(config, forReading, readers)
	server, err := checkServer(ctx, reader)
	if err != nil {
		return err
	}
	if s.read, err = Wrap(reader); err != nil {
		return err
	}
	at, err := s.recognise(ctx, reader, config.RuntimeParams["search_path"] != "")
	switch {
	case err != nil:
		return err
	case o.ReadOnly && at == 0:
		return s.missing(ctx)
	case server.aside != "":
		return server.hidden()
	case o.ReadOnly && at < s.schema.Newest():
		return fmt.Errorf("%w: it has version %d, this deskd needs %d; run deskd migrate", dialect.ErrOldSchema, at, s.schema.Newest())
	case o.ReadOnly:
		return s.readKey(ctx)
	}
	return s.openWriters(ctx, config, at)
}

func (s *DB) openWriters(ctx context.Context, config *pgx.ConnConfig, at int64) error {
	audited := s.pool(config, forWriting, 1)
	if err := s.migrate(ctx, audited, at); err != nil {
		return err
	}
	var err error
	if s.writes.audited, err = Wrap(audited); err != nil {
		return err
	}
	if s.writes.journal, err = Wrap(s.pool(config, forWriting, 1)); err != nil {
		return err
	}
	if err := s.makeKey(ctx); err != nil {
		return err
	}
	s.numbers = &numbers{}
	_, err = s.Changed(ctx) // the first answer is the one later ones are compared with
	return err
}

func (s *DB) openAside(config *pgx.ConnConfig) (*DB, error) {
	read, err := Wrap(s.pool(config, forReading, asideReaders))
	if err != nil {
		return nil, err
	}
	aside := &DB{log: s.log, name: s.name, read: read, schema: s.schema, sign: s.sign, failed: s.failed, commits: s.commits, lines: s.lines}
	aside.aside = func() (*DB, error) { return aside, nil }
	return aside, nil
}

// migrate brings the schema up to date. It holds a lock of the server's, so that nodes which
// start at the same time do so one after the other.
func (s *DB) migrate(ctx context.Context, db *sql.DB, at int64) error {
	if at == s.schema.Newest() {
		return nil
	}
	schema, err := migrations.NewPostgres(db)
	if err != nil {
		return err
	}
	if err := schema.Up(ctx); err != nil {
		return err
	}
	s.log.Info("database migrated", "database", s.name, "from", at, "to", schema.Newest())
	return nil
}

// makeKey reads the key that deskd signs with, or makes one.
func (s *DB) makeKey(ctx context.Context) error {
	err := s.writes.journal.WithContext(ctx).Exec("INSERT INTO signing (one, key) VALUES (1, ?) ON CONFLICT DO NOTHING", audit.NewSigner().Key).Error
	if err != nil {
		return err
	}
	return s.readKey(ctx)
}

// readKey reads the key. A role that may not has none, and takes everything for what it
// says.
func (s *DB) readKey(ctx context.Context) error {
	return s.Read(ctx).Raw("SELECT key FROM signing").Row().Scan(&s.sign.Key)
}
