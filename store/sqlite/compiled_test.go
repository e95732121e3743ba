package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
)

// keepers is a pool of one connection over a new file, and the connection.
func keepers(t *testing.T) (*sql.DB, *keeping) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "some.db")
	check(t, create(path))
	db, err := openKeeping(dsn(path, barePragmas))
	check(t, err)
	t.Cleanup(func() { check(t, db.Close()) })
	db.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT '')")
	exec(t, db, "INSERT INTO t (a) VALUES (1), (2), (3)")
	var k *keeping
	conn, err := db.Conn(t.Context())
	check(t, err)
	check(t, conn.Raw(func(driver any) error { k = driver.(*keeping); return nil }))
	check(t, conn.Close())
	return db, k
}

func exec(t *testing.T, db *sql.DB, text string, args ...any) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), text, args...)
	check(t, err)
}

func number(t *testing.T, db *sql.DB, text string, args ...any) (n int) {
	t.Helper()
	check(t, db.QueryRowContext(t.Context(), text, args...).Scan(&n))
	return n
}

// What reads or writes rows is compiled once; a pragma each time, because it may act while
// it is compiled.
func TestStatementsAreKept(t *testing.T) {
	db, k := keepers(t)
	for n := range 3 {
		exec(t, db, "INSERT INTO t (a) VALUES (?)", 10+n)
		same(t, "found", 10+n, number(t, db, "SELECT a FROM t WHERE a = ?", 10+n))
		for _, wait := range []int{7, 0} {
			exec(t, db, fmt.Sprintf("PRAGMA busy_timeout = %d", wait))
			same(t, "busy_timeout", wait, number(t, db, "PRAGMA busy_timeout"))
		}
	}
	same(t, "kept", 3, len(k.idle)) // with the one that filled the table
	same(t, "uses", int64(7), k.uses)
}

// Two answers of one text are read at once within a transaction: each has a cursor of its own.
func TestOneStatementTwice(t *testing.T) {
	db, k := keepers(t)
	tx, err := db.BeginTx(t.Context(), nil)
	check(t, err)
	const text = "SELECT a FROM t ORDER BY a"
	outer, err := tx.QueryContext(t.Context(), text)
	check(t, err)
	var pairs []string
	for outer.Next() {
		var a, b int
		check(t, outer.Scan(&a))
		inner, err := tx.QueryContext(t.Context(), text)
		check(t, err)
		for inner.Next() {
			check(t, inner.Scan(&b))
			pairs = append(pairs, fmt.Sprint(a, b))
		}
		check(t, errors.Join(inner.Err(), inner.Close())) //nolint:sqlclosecheck // in the middle of a test
	}
	check(t, errors.Join(outer.Err(), outer.Close(), tx.Rollback())) //nolint:sqlclosecheck // likewise
	same(t, "pairs", []string{"1 1", "1 2", "1 3", "2 1", "2 2", "2 3", "3 1", "3 2", "3 3"}, pairs)
	same(t, "kept", 2, len(k.idle))
}

// A statement sees a schema that another connection has changed, and one that no longer
// compiles is an error until it does again.
func TestKeptStatementsFollowTheSchema(t *testing.T) {
	db, k := keepers(t)
	other, err := sql.Open("sqlite", dsn(pathOf(t, db), barePragmas))
	check(t, err)
	defer other.Close() //nolint:errcheck // a test's
	count := func() (n int, err error) {
		err = db.QueryRowContext(t.Context(), "SELECT count(b) FROM t").Scan(&n)
		return n, err
	}
	insert := func(a int) { exec(t, db, "INSERT INTO t (a) VALUES (?)", a) }
	insert(4)
	exec(t, other, "CREATE TRIGGER twice AFTER INSERT ON t WHEN NEW.a < 100 BEGIN INSERT INTO t (a) VALUES (NEW.a + 100); END")
	insert(5)
	n, err := count()
	check(t, err)
	same(t, "rows with the trigger", 6, n)
	exec(t, other, "ALTER TABLE t RENAME COLUMN b TO c")
	if _, err := count(); err == nil {
		t.Error("a column is read that is not there any more")
	}
	if _, ok := k.idle["SELECT count(b) FROM t"]; ok {
		t.Error("a statement is kept that has failed")
	}
	exec(t, other, "ALTER TABLE t RENAME COLUMN c TO b")
	n, err = count()
	check(t, err)
	same(t, "rows", 6, n)
}

// A read that is given up leaves its statement ready for the next, and holds no lock.
func TestGivenUpStatement(t *testing.T) {
	db, _ := keepers(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const text = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"
	rows, err := db.QueryContext(ctx, text, 1_000_000)
	check(t, err)
	for n := 0; rows.Next(); n++ {
		if n == 5 {
			cancel()
		}
	}
	if !errors.Is(rows.Err(), context.Canceled) {
		t.Errorf("given up: %v", rows.Err())
	}
	check(t, rows.Close()) //nolint:sqlclosecheck // what comes behind it is the test
	same(t, "first", 1, number(t, db, text, 10))
	same(t, "of a table", 3, number(t, db, "SELECT count(*) FROM t"))
	exec(t, db, "DROP TABLE t") // would be refused while a statement reads it
}

// However many statements there are, a connection keeps the last ones.
func TestFewStatementsAreKept(t *testing.T) {
	db, k := keepers(t)
	for n := range 3 * mostCompiled {
		number(t, db, "SELECT 0")
		number(t, db, fmt.Sprint("SELECT ", n+1))
	}
	same(t, "kept", mostCompiled, len(k.idle))
	for _, text := range []string{"SELECT 0", fmt.Sprint("SELECT ", 3*mostCompiled)} {
		if k.idle[text] == nil {
			t.Errorf("%s is not kept", text)
		}
	}
}

func pathOf(t *testing.T, db *sql.DB) (path string) {
	t.Helper()
	check(t, db.QueryRowContext(t.Context(), "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path))
	return path
}
