package migrations

import (
	"context"
	"database/sql"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"
)

func open(t *testing.T) (*sql.DB, *SQLite) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "desk.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	schema, err := NewSQLite(db)
	if err != nil {
		t.Fatal(err)
	}
	return db, schema
}

func version(t *testing.T, m *SQLite) int64 {
	t.Helper()
	v, err := m.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// dump is the schema as SQLite keeps it.
func dump(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.Query("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	return all
}

func TestUp(t *testing.T) {
	db, schema := open(t)
	if v := version(t, schema); v != 0 || len(dump(t, db)) != 0 {
		t.Fatalf("version of nothing is %d, or asking for it made something: %v", v, dump(t, db))
	}
	if err := schema.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := version(t, schema); v != schema.Newest() || v == 0 {
		t.Errorf("version is %d, newest %d", v, schema.Newest())
	}
	before := dump(t, db)
	if err := schema.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, dump(t, db)); diff != "" {
		t.Errorf("the second run changed the schema (-first +second):\n%s", diff)
	}
	var id int
	if err := db.QueryRow("PRAGMA application_id").Scan(&id); err != nil || id != SQLiteID {
		t.Errorf("application id %#x, %v", id, err)
	}
}

// A migration that stops halfway leaves nothing of itself.
func TestInterrupted(t *testing.T) {
	db, schema := open(t)
	// The last table of the first file is in the way.
	if _, err := db.Exec("CREATE TABLE requests (x)"); err != nil {
		t.Fatal(err)
	}
	if err := schema.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "requests") {
		t.Fatalf("migration over a table in the way: %v", err)
	}
	if v := version(t, schema); v != 0 {
		t.Errorf("version is %d after a failure", v)
	}
	for _, line := range dump(t, db) {
		if strings.Contains(line, "reservations") {
			t.Errorf("left behind: %s", line)
		}
	}
	var id int
	if err := db.QueryRow("PRAGMA application_id").Scan(&id); err != nil || id != 0 {
		t.Errorf("application id %#x, %v", id, err)
	}
	if _, err := db.Exec("DROP TABLE requests"); err != nil {
		t.Fatal(err)
	}
	if err := schema.Up(context.Background()); err != nil {
		t.Errorf("second try: %v", err)
	}
}

// Files are numbered without gaps, and every table is STRICT: a text where a
// number belongs is refused rather than kept.
func TestFiles(t *testing.T) {
	names, err := fs.Glob(files, "*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	next := map[string]int{}
	for _, name := range names {
		dialect, file := filepath.Split(name)
		number, _, _ := strings.Cut(file, "_")
		next[dialect]++
		if n, err := strconv.Atoi(number); err != nil || n != next[dialect] || len(number) != 5 {
			t.Errorf("%s: expected the number %05d", name, next[dialect])
		}
	}
	db, schema := open(t)
	if err := schema.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	strict := regexp.MustCompile(`(?s)\) STRICT$`)
	for _, line := range dump(t, db) {
		ours := strings.HasPrefix(line, "table ") && !strings.Contains(line, "goose") && !strings.Contains(line, "sqlite_")
		if ours && !strict.MatchString(line) {
			t.Errorf("not STRICT: %s", line)
		}
	}
}
