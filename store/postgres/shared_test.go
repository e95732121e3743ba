package postgres

import (
	"context"
	"flag"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"deskd/store/postgrestest"
)

var (
	ctx    = context.Background()
	update = flag.Bool("update", false, "write the golden files")
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same compares what was wanted with what there is.
func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// opened is a new database, and a connection to it as another program would have it.
func opened(t *testing.T) (*DB, *pgx.Conn) {
	t.Helper()
	dsn := postgrestest.New(t)
	s, err := Open(ctx, dsn, Options{})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s, connected(t, dsn)
}

// dropRole drops a role with all that is its own. What its connections hold goes a moment
// after them.
func dropRole(t *testing.T, dsn, role string) {
	t.Helper()
	conn := connected(t, dsn)
	for {
		var n int
		check(t, conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE usename = $1", role).Scan(&n))
		if n == 0 {
			break
		}
	}
	execute(t, conn, "DROP OWNED BY "+role+" CASCADE", "DROP ROLE "+role)
}

func connected(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(ctx, dsn)
	check(t, err)
	t.Cleanup(func() { check(t, conn.Close(ctx)) })
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
