package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"slices"

	"deskd/migrations"
	"deskd/store/dialect"
)

// pragma is a setting of a connection: what is asked for in the connection
// string (nothing when set is empty) and what must be read back.
type pragma struct{ name, set, want string }

// What the schema calls is not trusted, and pages are checked before they are
// read: others may have written the file.
//
// A power cut was measured to lose acknowledged rows with synchronous=NORMAL
// and none with FULL. With secure_delete what is removed is overwritten, so that
// no name stays in the file's free space.
var writerPragmas = []pragma{
	{"busy_timeout", "5000", "5000"},
	{"journal_mode", "WAL", "wal"},
	{"synchronous", "FULL", "2"},
	{"foreign_keys", "ON", "1"},
	{"secure_delete", "ON", "1"},
	{"trusted_schema", "OFF", "0"},
	{"cell_size_check", "ON", "1"},
}

// newPragmas are those of the connection that fills an empty file: it can give space back
// then ([DB.Shrink]). Asked for of a file that has something in it, this would be a write.
func newPragmas() []pragma {
	return slices.Insert(slices.Clone(writerPragmas), 1, pragma{"auto_vacuum", "INCREMENTAL", "2"})
}

var readerPragmas = []pragma{
	{"busy_timeout", "5000", "5000"},
	{"journal_mode", "", "wal"}, // the writer's doing; a reader changes nothing
	{"query_only", "ON", "1"},
	{"trusted_schema", "OFF", "0"},
	{"cell_size_check", "ON", "1"},
}

// barePragmas are those of a connection that takes a database as it is.
var barePragmas = []pragma{{"busy_timeout", "5000", "5000"}, {"trusted_schema", "OFF", "0"}, {"cell_size_check", "ON", "1"}}

// oldest is the first SQLite without the corruption bug in the reset of the WAL.
var oldest = [3]int{3, 51, 3}

// dsn is the connection string for the file at path, which must be absolute.
// mode=rw keeps SQLite from creating what [DB.place] has not.
func dsn(path string, pragmas []pragma) string { return dsnOf(path, "rw", pragmas) }

// untouched is the connection string for a file that is not to be changed, not
// even by the recovery of a WAL.
func untouched(path string) string { return dsnOf(path, "ro", barePragmas) }

func dsnOf(path, mode string, pragmas []pragma) string {
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}}
	for _, p := range pragmas {
		if p.set != "" {
			q.Add("_pragma", p.name+"("+p.set+")")
		}
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

// readBack checks that every pragma took: a driver ignores what it cannot spell.
func readBack(ctx context.Context, db *sql.DB, pragmas []pragma) error {
	for _, p := range pragmas {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return fmt.Errorf("read pragma %s: %w", p.name, err)
		}
		if got != p.want {
			return fmt.Errorf("pragma %s is %s and must be %s: the file system or the SQLite driver does not support it", p.name, got, p.want)
		}
	}
	return nil
}

func checkVersion(ctx context.Context, db *sql.DB) error {
	var text string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&text); err != nil {
		return err
	}
	return checkVersionText(text)
}

func checkVersionText(text string) error {
	var v [3]int
	if _, err := fmt.Sscanf(text, "%d.%d.%d", &v[0], &v[1], &v[2]); err != nil {
		return fmt.Errorf("read SQLite version %q: %w", text, err)
	}
	for i, want := range oldest {
		if v[i] != want {
			if v[i] > want {
				return nil
			}
			return fmt.Errorf("SQLite %s can corrupt a database: build deskd with %d.%d.%d or newer", text, oldest[0], oldest[1], oldest[2])
		}
	}
	return nil
}

// recognise returns the version of the database's schema and the newest there
// is. It refuses a database that is not deskd's or is newer than this program,
// by reading alone. An empty one passes: it is about to become ours.
func recognise(ctx context.Context, db *sql.DB, known *Schema) (at, newest int64, err error) {
	var id, foreign int64
	// The tables are counted before the id is read: they and the id arrive in one
	// transaction, which another program may be committing just now.
	// The version table alone is what an interrupted first start leaves.
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema
		WHERE type = 'table' AND name <> 'goose_db_version' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`).Scan(&foreign)
	if err != nil {
		return 0, 0, err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return 0, 0, err
	}
	if id != migrations.SQLiteID && (foreign > 0 || id != 0) {
		return 0, 0, dialect.ErrForeign
	}
	schema, err := known.read(db)
	if err != nil {
		return 0, 0, err
	}
	newest = schema.Newest()
	if at, err = schema.Version(ctx); err == nil && at > newest {
		err = fmt.Errorf("%w: it has version %d, this deskd knows versions up to %d; run the newer deskd or restore a backup",
			dialect.ErrNewerSchema, at, newest)
	}
	return at, newest, err
}
