package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"deskd/store/dialect"
	"deskd/store/postgrestest"
)

// A lock that is given back is free at once, and that of a process which has just been killed a
// moment later.
func TestLock(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.New(t)
	conn := connected(t, dsn)
	for name, take := range map[string]func() (*Lock, error){
		"alone":  func() (*Lock, error) { return Acquire(ctx, dsn) },
		"a node": func() (*Lock, error) { return Join(ctx, dsn, "a") },
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				l, err := take()
				check(t, err)
				check(t, l.Close())
				var left int
				check(t, conn.QueryRow(ctx, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&left))
				same(t, "locks left", 0, left)
			}
			killed, err := take()
			check(t, err)
			if l, err := take(); !errors.Is(err, dialect.ErrLocked) || name == "alone" && !strings.Contains(err.Error(), ": a command on the server itself since 20") {
				t.Fatalf("%v: %v", l, err)
			}
			if l, err := Acquire(ctx, dsn); name == "a node" && (err == nil || !strings.Contains(err.Error(), ": node a on the server itself since 20")) {
				t.Fatalf("%v: %v", l, err)
			}
			ended := make(chan error, 1)
			time.AfterFunc(300*time.Millisecond, func() { ended <- terminate(conn, killed.conn.PgConn().PID()) })
			l, err := take()
			check(t, err)
			check(t, <-ended)
			_ = killed.Close() // its connection is gone
			check(t, l.Close())
		})
	}
}

func terminate(conn *pgx.Conn, pid uint32) error {
	_, err := conn.Exec(context.Background(), "SELECT pg_terminate_backend($1)", pid)
	return err
}
