package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"deskd/store/postgrestest"
)

// newPostgres is a database of a server with desks, people and their site.
func newPostgres(t testing.TB) world {
	dsn := postgrestest.Copy(t, furnishedServer(t))
	return world{
		fresh: newPostgres,
		open:  func(t testing.TB) *Store { return openedServer(t, dsn, Options{}) },
		raw:   func(t testing.TB) *sql.DB { return rawServer(t, dsn) },
	}
}

func openedServer(t testing.TB, dsn string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), dsn, o)
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

// serverTemplate is the name of a database with desks, people and their site.
var serverTemplate struct {
	sync.Mutex
	name string
}

func furnishedServer(t testing.TB) string {
	t.Helper()
	serverTemplate.Lock()
	defer serverTemplate.Unlock()
	if serverTemplate.name == "" {
		s, err := Open(ctx, postgrestest.Keep(t, "furnished"), Options{})
		check(t, err)
		furnish(t, s)
		check(t, s.Close())
		serverTemplate.name = "furnished"
	}
	return serverTemplate.name
}

// rawServer is a connection as another program would have it, but that parameters are written
// as in SQLite.
func rawServer(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	check(t, err)
	config.RuntimeParams["timezone"] = "UTC"
	db := sql.OpenDB(questionMarks{stdlib.GetConnector(*config)})
	t.Cleanup(func() { db.Close() })
	return db
}

type questionMarks struct{ driver.Connector }

func (q questionMarks) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := q.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return numberedConn{conn.(*stdlib.Conn)}, nil
}

type numberedConn struct{ *stdlib.Conn }

func (c numberedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.ExecContext(ctx, numbered(text), args)
}

func (c numberedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.QueryContext(ctx, numbered(text), args)
}

func (c numberedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	return c.Conn.PrepareContext(ctx, numbered(text))
}

// numbered has $1, $2, … for each ?.
func numbered(text string) string {
	parts := strings.Split(text, "?")
	for i := range parts[1:] {
		parts[i] += "$" + strconv.Itoa(i+1)
	}
	return strings.Join(parts, "")
}

// disabled has triggers do nothing until what it returns is called.
func disabled(t testing.TB, s *Store, triggers []string) (over func()) {
	t.Helper()
	alter := func(how string) {
		for _, trigger := range triggers {
			var table string
			check(t, writer(s).Raw("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = ?", trigger).Row().Scan(&table))
			check(t, writer(s).Exec("ALTER TABLE "+table+" "+how+" TRIGGER "+trigger).Error)
		}
	}
	alter("DISABLE")
	return func() { alter("ENABLE") }
}
