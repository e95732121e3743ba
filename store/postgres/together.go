package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"deskd/migrations"
	"deskd/store/dialect"
)

// whereabouts tell the process and the tables of a connection.
const whereabouts = "SELECT pg_backend_pid(), coalesce(to_regclass('self')::oid::bigint, 0)"

// seen asks another connection whether it sees the lock of that process, and has those tables.
const seen = `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = ? AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND classid = (?::bigint >> 32) & 4294967295 AND objid = ?::bigint & 4294967295 AND objsubid = 1)
	AND coalesce(to_regclass('self')::oid::bigint, 0) = ?`

// together makes sure that the other connections of this node are to the same tables: what is
// booked by those would be acted on twice, each time by another's journal.
func (n *Session) together(ctx context.Context) error {
	var same bool
	var pid, tables int64
	if err := n.conn.WithContext(ctx).Raw(whereabouts).Row().Scan(&pid, &tables); err != nil {
		return err
	}
	if err := n.db.read.WithContext(ctx).Raw(seen, pid, n.key, n.key, tables).Row().Scan(&same); err != nil {
		return err
	}
	if !same {
		return advised{fmt.Errorf("%w: database.driving_dsn leads to another database than database.dsn, or another schema of it", dialect.ErrUnfit),
			"name the same one, on the same server, in both", codeSetup}
	}
	return nil
}

// ofDriving is [explain] for the connections of driving sessions, which may have a DSN of their own.
func (s *DB) ofDriving(err error) error {
	err = explain(err)
	var told advised
	if s.apart && errors.As(err, &told) && !errors.Is(err, dialect.ErrUnfit) {
		told.hint = strings.ReplaceAll(told.hint, "database.dsn", "database.driving_dsn")
		return told
	}
	return err
}

// Drives tries whether a node could drive with the database that dsn names, by sessions of the DSN
// driving: whether they are to the same database, the lock is theirs, and the server lets go of one
// who is silent. What has to be corrected is a [dialect.ErrSetup].
func Drives(ctx context.Context, dsn, driving string) error {
	config, err := parse(dsn)
	if err != nil {
		return fmt.Errorf("try to drive: %w", err)
	}
	s := &DB{lines: new(lines), mostOff: mostOff, apart: true}
	if s.driving, err = parse(driving); err != nil {
		return fmt.Errorf("try to drive: driving_dsn: %w", err)
	}
	config.ValidateConnect, s.driving.ValidateConnect = primary, primary
	pool := s.pool(config, forReading, 1)
	defer pool.Close() //nolint:errcheck // it was only read
	if s.read, err = Wrap(pool); err != nil {
		return fmt.Errorf("try to drive: %w", err)
	}
	if s.schema, err = migrations.NewPostgres(pool); err != nil {
		return fmt.Errorf("try to drive: %w", err)
	}
	n, err := s.connect("a trial")
	if err == nil {
		err = n.take(ctx)
		err = errors.Join(err, n.pool.Close())
	}
	if err != nil && !errors.Is(err, dialect.ErrTaken) { // by another trial
		return fmt.Errorf("try to drive: %w", s.ofDriving(err))
	}
	return nil
}
