package transfer

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"

	"deskd/store/dialect"
	"deskd/store/postgres"
)

// ErrNotEmpty says that the target has something in it already. Nothing was changed.
var ErrNotEmpty = errors.New("the target is not empty")

// ToServer moves the database file at path into the empty database of a server that dsn
// names. The errors of a file are those of [sqlite.Open], and [ErrChanged]; those of the
// server [ErrNotEmpty] and those of [postgres.Open].
func ToServer(ctx context.Context, path, dsn string, o Options) (Report, error) {
	var r Report
	err := withCopy(ctx, path, o, func(from source) error {
		if err := prepareServer(ctx, dsn, o); err != nil {
			return err
		}
		to, err := connect(ctx, dsn)
		if err != nil {
			return err
		}
		err = dialect.Translate(to.tx, to.fill(ctx, from, task{o, &r}))
		return errors.Join(err, to.close())
	})
	if err != nil {
		return r, fmt.Errorf("move %s: %w", path, err)
	}
	return r, nil
}

// prepareServer sees to it that there is a schema, and nothing worth keeping.
func prepareServer(ctx context.Context, dsn string, o Options) error {
	s, err := postgres.Open(ctx, dsn, postgres.Options{Logger: o.Logger})
	if err != nil {
		return err
	}
	return s.Close()
}

// session are the settings of the connection that fills. What ends statements and
// connections that take long is not for one that moves everything at once.
var session = map[string]string{
	"application_name":                    "deskd migrate",
	"timezone":                            "UTC",
	"lock_timeout":                        "5s",
	"statement_timeout":                   "0",
	"idle_session_timeout":                "0",
	"idle_in_transaction_session_timeout": "0",
	"default_transaction_isolation":       "read committed",
	"default_transaction_read_only":       "off",
	"synchronous_commit":                  "on",
}

// server is the one connection that fills, or that keeps others from writing.
type server struct {
	pool *sql.DB
	conn *sql.Conn
	tx   *gorm.DB // on conn
}

func connect(ctx context.Context, dsn string) (*server, error) {
	config, err := postgres.Reach(dsn)
	if err != nil {
		return nil, err
	}
	maps.Copy(config.RuntimeParams, session)
	s := &server{pool: stdlib.OpenDB(*config)}
	if s.conn, err = s.pool.Conn(ctx); err != nil {
		return nil, errors.Join(err, s.pool.Close())
	}
	if s.tx, err = postgres.Wrap(s.conn); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// close ends the connection, and what was not committed.
func (s *server) close() error { return errors.Join(s.conn.Close(), s.pool.Close()) }

func (s *server) exec(ctx context.Context, statement string, args ...any) error {
	_, err := s.conn.ExecContext(ctx, statement, args...)
	return err
}

// fill moves everything in one transaction, and proves it before the commit.
func (s *server) fill(ctx context.Context, from source, do task) error {
	both, err := s.move(ctx, from, do)
	if err == nil {
		err = both.prove(ctx, do.report)
	}
	if err == nil {
		err = from.unchanged(ctx)
	}
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // nobody would know the outcome
	if err := s.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("%w: it holds all or nothing, which deskd audit verify tells: %w", dialect.ErrCommit, err)
	}
	if err := s.exec(ctx, "ANALYZE"); err != nil && do.Logger != nil {
		do.Logger.Warn("statistics of the database", "err", err) // autovacuum makes them, too
	}
	return nil
}

// move writes everything that is to be proven, in a transaction that it begins.
func (s *server) move(ctx context.Context, from source, do task) (both pair, err error) {
	if err := s.exec(ctx, "BEGIN"); err != nil {
		return both, err
	}
	both = pair{numbered: from.numbered}
	both.source = base{tx: from.tx, key: from.key, told: func(p Place) { do.report.Replaced = append(do.report.Replaced, p) }}
	both.copied = base{tx: s.tx, server: true}
	if both.tables, do.report.Left, err = common(ctx, s.tx, from.tx); err != nil {
		return both, err
	}
	if err := s.clear(ctx, both.tables); err != nil {
		return both, err
	}
	if err := s.rows(ctx, both, do); err != nil {
		return both, err
	}
	if err := s.count(ctx, both); err != nil {
		return both, err
	}
	if err := s.exec(ctx, "UPDATE signing SET key = $1", from.key); err != nil {
		return both, err
	}
	if err := s.conn.QueryRowContext(ctx, "SELECT key FROM signing").Scan(&both.copied.key); err != nil {
		return both, err
	}
	return both, s.triggers(ctx, both.tables, "ENABLE")
}

// rows moves the rows of all tables.
func (s *server) rows(ctx context.Context, both pair, do task) error {
	all, err := both.source.total(ctx, both.tables)
	if err != nil {
		return err
	}
	tell := do.telling(all)
	for _, t := range both.tables {
		if err := s.copy(ctx, both.source, t, tell); err != nil {
			return err
		}
	}
	for _, p := range do.report.Replaced {
		if p.Table == "audit" {
			return fmt.Errorf("%v holds letters that a server cannot, and the audit cannot be changed: it can be moved once retention has removed that row, or the names from it", p)
		}
	}
	return nil
}

// clear takes the tables for itself, looks that they are empty, and removes what a schema has
// in it from the beginning.
func (s *server) clear(ctx context.Context, tables []table) error {
	if err := s.triggers(ctx, tables, "DISABLE"); err != nil {
		return err
	}
	for _, t := range tables {
		n, err := base{tx: s.tx}.count(ctx, t)
		if err != nil {
			return err
		}
		if n > 0 && t.name != "self" {
			return fmt.Errorf("%w (rows in table %s: %d); name a new database (createdb)", ErrNotEmpty, t.name, n)
		}
	}
	last, err := numberedIn(s.tx.WithContext(ctx), "audit")
	if err != nil {
		return err
	}
	if last > 0 {
		return fmt.Errorf("%w (rows that its audit has had: %d); name a new database (createdb)", ErrNotEmpty, last)
	}
	return s.exec(ctx, "DELETE FROM self")
}

// triggers switches those of the schema off, or on again. Others wait for the tables until
// the transaction ends.
func (s *server) triggers(ctx context.Context, tables []table, how string) error {
	for _, t := range tables {
		if err := s.exec(ctx, "ALTER TABLE "+t.name+" "+how+" TRIGGER USER"); err != nil {
			return err
		}
	}
	return nil
}

// copy moves the rows of a table.
func (s *server) copy(ctx context.Context, from base, t table, tell func()) error {
	reader, writer := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := from.writeTo(ctx, writer, t, tell)
		written <- err
		_ = writer.CloseWithError(err) // never fails
	}()
	err := s.conn.Raw(func(driver any) error {
		conn := driver.(*stdlib.Conn).Conn() //nolint:forcetypeassert // its connector makes no other
		_, err := conn.PgConn().CopyFrom(ctx, reader, "COPY "+t.name+" ("+t.names()+") FROM STDIN")
		return err
	})
	_ = reader.CloseWithError(io.ErrClosedPipe) // never fails: a writer that is left over ends
	if wrong := <-written; wrong != nil && !errors.Is(wrong, io.ErrClosedPipe) {
		return wrong // the server's own error only says that the writer has ended
	}
	if err != nil {
		return fmt.Errorf("write table %s: %w", t.name, dialect.Translate(s.tx, err))
	}
	return nil
}

// writeTo writes the rows of a table in the text format of COPY.
func (b base) writeTo(ctx context.Context, to io.Writer, t table, tell func()) error {
	out := bufio.NewWriterSize(to, 1<<16)
	err := b.each(ctx, t, func(row []any) error {
		for i, c := range t.columns {
			end := "\t"
			if i == len(row)-1 {
				end = "\n"
			}
			if _, err := out.WriteString(c.written(row[i]) + end); err != nil {
				return err
			}
		}
		tell()
		return nil
	})
	return errors.Join(err, out.Flush())
}

// count has the tables go on with the numbers that they have come to.
func (s *server) count(ctx context.Context, both pair) error {
	for _, t := range both.tables {
		last, err := numberedIn(both.source.tx.WithContext(ctx), t.name)
		if err != nil {
			return err
		}
		if t.name == "audit" {
			if err := s.exec(ctx, "UPDATE audit_numbered SET last = $1", last); err != nil {
				return err
			}
			continue
		}
		if err := s.countOn(ctx, t, last); err != nil {
			return err
		}
	}
	return nil
}

// countOn has a sequence go on behind last, and behind the rows there are. Other than setval
// this is undone with the transaction.
func (s *server) countOn(ctx context.Context, t table, last int64) error {
	if len(t.key) != 1 || t.key[0] != "id" {
		return nil
	}
	var sequence sql.NullString
	var most int64
	if err := s.conn.QueryRowContext(ctx, "SELECT pg_get_serial_sequence($1, 'id')", t.name).Scan(&sequence); err != nil || !sequence.Valid {
		return err
	}
	if err := s.conn.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM "+t.name).Scan(&most); err != nil {
		return err
	}
	if last = max(last, most); last == 0 {
		return nil
	}
	if err := s.exec(ctx, fmt.Sprintf("ALTER SEQUENCE %s RESTART WITH %d", sequence.String, last)); err != nil {
		return err
	}
	return s.conn.QueryRowContext(ctx, "SELECT nextval($1::regclass)", sequence.String).Scan(&last)
}
