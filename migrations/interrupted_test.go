package migrations

import (
	"bytes"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"
)

// second is a migration that rewrites every reservation and adds a table before
// and a column after.
const second = `-- +goose Up
CREATE TABLE before_it (x INTEGER) STRICT;
UPDATE reservations SET note = note || '!';
ALTER TABLE reservations ADD COLUMN after_it TEXT NOT NULL DEFAULT '';
`

func yetToCome(t *testing.T, db *sql.DB) *SQLite {
	t.Helper()
	first, err := fs.ReadFile(files, "sqlite/00001_tables.sql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := ReadSQLite(db, fstest.MapFS{"00001_tables.sql": {Data: first}, "00002_more.sql": {Data: []byte(second)}})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func openWAL(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	return db
}

// A migration of a large table is killed at several moments: each time the
// database has the old schema with the old rows or the new one with the new.
func TestKilled(t *testing.T) {
	if path := os.Getenv("DESKD_TEST_MIGRATE"); path != "" {
		schema := yetToCome(t, openWAL(t, path))
		fmt.Println("begins")
		if err := schema.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		return
	}
	if raceDetector {
		t.Skip("one process after another: nothing to see for the race detector, and two minutes of it")
	}
	if testing.Short() {
		t.Skip("kills a migration six times, which takes seconds: not with -short")
	}
	path := filepath.Join(t.TempDir(), "desk.db")
	db := openWAL(t, path)
	old, err := NewSQLite(db)
	if err == nil {
		err = old.Up(t.Context())
	}
	if err == nil {
		_, err = db.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
			INSERT INTO reservations (desk, starts_at, ends_at, note) SELECT 'D' || i, '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z', 'x' FROM n`)
	}
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	began := time.Now()
	whole := filepath.Join(t.TempDir(), "whole.db")
	copyDatabase(t, path, whole)
	migrating(t, whole).Wait()
	took := time.Since(began)
	state(t, whole, 2)

	killed := 0
	const rounds = 6
	for round := range rounds { // the first at once
		again := filepath.Join(t.TempDir(), "desk.db")
		copyDatabase(t, path, again)
		child := migrating(t, again)
		wait := took * time.Duration(round) / rounds
		<-time.After(wait)
		child.Process.Kill()
		child.Wait()
		v := state(t, again, 0)
		t.Logf("round %d: killed after %v of %v, version %d", round, wait, took, v)
		if v == 1 {
			killed++
		}
		schema := yetToCome(t, openWAL(t, again))
		if err := schema.Up(t.Context()); err != nil {
			t.Errorf("second try: %v", err)
		}
		state(t, again, 2)
	}
	if killed == 0 {
		t.Error("no migration was met under way")
	}
}

// migrating begins the migration in a process of its own.
func migrating(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.timeout=1m")
	child.Env = append(os.Environ(), "DESKD_TEST_MIGRATE="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	begins := make([]byte, len("begins"))
	if _, err := out.Read(begins); err != nil || !bytes.Equal(begins, []byte("begins")) {
		t.Fatalf("the child says %q: %v", begins, err)
	}
	return child
}

func copyDatabase(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// state checks that the database is whole, before or after the migration, and
// returns which. want 0 stands for either.
func state(t *testing.T, path string, want int64) int64 {
	t.Helper()
	db := openWAL(t, path)
	defer db.Close()
	schema, err := NewSQLite(db)
	if err != nil {
		t.Fatal(err)
	}
	v := version(t, schema)
	var check string
	var tables, columns, notes int
	err = db.QueryRow(`SELECT (SELECT count(*) FROM sqlite_schema WHERE name = 'before_it'),
		(SELECT count(*) FROM pragma_table_info('reservations') WHERE name = 'after_it'),
		(SELECT count(*) FROM reservations WHERE note = ?), (SELECT quick_check FROM pragma_quick_check)`,
		map[int64]string{1: "x", 2: "x!"}[v]).Scan(&tables, &columns, &notes, &check)
	if err != nil {
		t.Fatal(err)
	}
	is := int(v - 1)
	if tables != is || columns != is || notes != 3000 || check != "ok" || want != 0 && v != want {
		t.Errorf("version %d (want %d): %d new tables, %d new columns, %d rows as they should be, check %q", v, want, tables, columns, notes, check)
	}
	return v
}
