package postgres

import (
	"errors"
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
