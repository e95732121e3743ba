package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"deskd/migrations"
	"deskd/store/dialect"
	"deskd/store/sqlite"
)

// yetToCome is the schema as it will be after more migrations, each of which
// adds a table but for those that are broken.
func yetToCome(t *testing.T, more int, broken ...int) *sqlite.Schema {
	t.Helper()
	first, err := os.ReadFile("../migrations/sqlite/00001_tables.sql")
	check(t, err)
	folder := fstest.MapFS{"00001_tables.sql": {Data: first}}
	for i := 2; i < 2+more; i++ {
		text := fmt.Sprintf("-- +goose Up\nCREATE TABLE more_%d (x INTEGER) STRICT;\n", i)
		for _, b := range broken {
			if b == i {
				text += "INSERT INTO nowhere VALUES (1);\n"
			}
		}
		folder[fmt.Sprintf("%05d_more.sql", i)] = &fstest.MapFile{Data: []byte(text)}
	}
	return sqlite.NewSchema(func(db *sql.DB) (*migrations.SQLite, error) { return migrations.ReadSQLite(db, folder) })
}

// Each migration finds a backup of the schema before it; the last three stay.
func TestMigrationKeepsBackups(t *testing.T) {
	noRaces(t)
	path := begun(t)
	want := must(Examine(ctx, path))(t)
	for more := 1; more <= 5; more++ {
		s := openFile(t, path, Options{schema: yetToCome(t, more)})
		same(t, "ours", true, must(s.Seen(ctx))(t)[0].Ours) // it is the same database
		check(t, s.Close())
	}
	names, err := filepath.Glob(path + ".*")
	check(t, err)
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], path)
	}
	same(t, "files", []string{".marker", ".v3.bak", ".v4.bak", ".v5.bak"}, names)
	kept, err := sqlite.Examine(ctx, path+".v3.bak", sqlite.Options{Schema: yetToCome(t, 5)})
	check(t, err)
	same(t, "schema", int64(3), kept.Schema)
	want.Schema, want.Bytes = kept.Schema, kept.Bytes
	same(t, "the backup", want, kept)
	if _, err := Open(ctx, path, Options{}); !errors.Is(err, dialect.ErrNewerSchema) {
		t.Errorf("an older deskd on the newer schema: %v", err)
	}
}

// A migration that fails leaves the schema before it, which opens as ever, and
// its backup.
func TestMigrationFails(t *testing.T) {
	noRaces(t)
	path := begun(t)
	_, err := Open(ctx, path, Options{schema: yetToCome(t, 2, 3)})
	if err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Fatalf("broken migration: %v", err)
	}
	must(Examine(ctx, path+".v1.bak"))(t)
	s := openFile(t, path, Options{schema: yetToCome(t, 1)})
	same(t, "reservations", 2, len(all(t, s)))
	check(t, s.Close())
	check(t, openFile(t, path, Options{schema: yetToCome(t, 2)}).Close())
}

// Without room for the backup nothing is migrated.
func TestMigrationWithoutBackup(t *testing.T) {
	noRaces(t)
	path := begun(t)
	check(t, os.Mkdir(path+".v1.bak", 0o700)) // in its way
	_, err := Open(ctx, path, Options{schema: yetToCome(t, 1)})
	if err == nil || !strings.Contains(err.Error(), "back up before the migration") {
		t.Fatal(err)
	}
	same(t, "reservations", 2, len(all(t, openFile(t, path, Options{}))))
}

// A backup of an older schema is restored into the newest one.
func TestRestoreOlderSchema(t *testing.T) {
	noRaces(t)
	path := begun(t)
	saved := filepath.Join(t.TempDir(), "saved")
	must(Backup(ctx, Copy{From: path, To: saved}, sqlite.BackupOptions{}, at(0, 0)))(t)
	s := openFile(t, path, Options{schema: yetToCome(t, 1)})
	book(t, s, "5.01", "jane", span(0, 1))
	check(t, s.Close())
	_, err := sqlite.Restore(ctx, sqlite.Copy{From: saved, To: path}, sqlite.Options{Schema: yetToCome(t, 1), Disown: disown}, at(0, 0))
	check(t, err)
	s = openFile(t, path, Options{schema: yetToCome(t, 1)})
	same(t, "reservations", 2, len(all(t, s)))
	check(t, s.db.Read(ctx).Exec("SELECT x FROM more_2").Error)
	left, err := filepath.Glob(path + ".restoring*")
	check(t, err)
	same(t, "left behind", 0, len(left))
}
