package postgres

import (
	"errors"
	"strings"
	"testing"

	"deskd/store/dialect"
	"deskd/store/postgrestest"
)

// Another program's table of any name that deskd uses is not written beside: the migrations would
// break off at it. One of another name does not matter.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.New(t)
	names := append(ownTables(), "attempts_by_began")
	if len(names) < 30 {
		t.Fatalf("deskd has the tables %v", names)
	}
	conn := connected(t, dsn)
	for _, name := range append(names, "theirs") {
		execute(t, conn, "CREATE TABLE "+name+" (a integer)")
		_, err := Open(ctx, dsn, Options{ReadOnly: true})
		if want := map[bool]error{true: dialect.ErrNoDatabase, false: dialect.ErrForeign}[name == "theirs"]; !errors.Is(err, want) {
			t.Errorf("beside a table %q: %v", name, err)
		}
		execute(t, conn, "DROP TABLE "+name)
	}
}

// Which schema is meant is never guessed: one that is looked into first and has nothing is not filled
// while another has deskd's tables, and no second database is advised beside running nodes.
func TestSchemaMeant(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.New(t)
	conn := connected(t, dsn)
	s, err := Open(ctx, dsn, Options{})
	check(t, err)
	check(t, s.Close())
	refused := func(dsn, want string, is error) {
		t.Helper()
		for _, o := range []Options{{ReadOnly: true}, {}} {
			_, err := Open(ctx, dsn, o)
			if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, is) {
				t.Errorf("%v, and not %s", err, want)
			}
		}
	}
	execute(t, conn, `CREATE SCHEMA deskd`) // of the role's name
	refused(dsn, `the schema "deskd" is looked into before "public", which has deskd's tables: drop the former, if it is empty, or name the latter with ?search_path=`, dialect.ErrForeign)
	refused(dsn+"&search_path=nowhere", "none of the schemas is there that are looked into: create one, or name another with ?search_path=", dialect.ErrSetup)
	execute(t, conn, `CREATE TABLE deskd.reservations (x int)`)
	refused(dsn, `the schema "deskd" has tables of another program: name another database, or another schema with ?search_path=`, dialect.ErrForeign)
	execute(t, conn, `DROP SCHEMA deskd CASCADE`)

	lock, err := Join(ctx, dsn, "a")
	check(t, err)
	defer lock.Close() //nolint:errcheck // once more
	execute(t, conn, `ALTER SCHEMA public RENAME TO gone`, `CREATE SCHEMA public`)
	if _, err := Open(ctx, dsn, Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "a deskd works with this database, and its tables are not in the schema that is looked into") || !errors.Is(err, dialect.ErrForeign) {
		t.Error(err)
	}
	check(t, lock.Close())
	if _, err := Open(ctx, dsn, Options{ReadOnly: true}); !errors.Is(err, dialect.ErrNoDatabase) {
		t.Error(err)
	}
}
