package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"gorm.io/gorm"

	"deskd/store/dialect"
	"deskd/store/files"
	"deskd/store/sqlite"
)

// ErrChanged says that another program has written to the source while it was moved. Nothing
// was committed.
var ErrChanged = errors.New("another program has written to the source meanwhile: end it, and try again")

// Options are how a move is told of. The zero ones move in silence.
type Options struct {
	// Progress is told how many rows have gone over; nil for nobody.
	Progress func(written, all int)
	// Logger is told of migrations; nil means nobody is.
	Logger *slog.Logger
	schema *sqlite.Schema // that of a file, in tests of those yet to come; nil is the released one
}

// task is how a move is told of, and what is told of it at the end.
type task struct {
	Options
	report *Report
}

// told is after how many rows a move tells how it goes on.
const told = 1000

// telling returns what is called for each row.
func (o Options) telling(all int64) func() {
	written := 0
	return func() {
		if written++; o.Progress != nil && (written%told == 0 || int64(written) == all) {
			o.Progress(written, int(all))
		}
	}
}

// total is how many rows the tables have.
func (b base) total(ctx context.Context, tables []table) (all int64, err error) {
	for _, t := range tables {
		n, err := b.count(ctx, t)
		if err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}

// source is what is moved, in one state of it.
type source struct {
	tx       *gorm.DB
	key      string   // with which deskd has signed what is in it
	numbered []string // tables that count in a way that has to go on
	// unchanged is [ErrChanged] when others have written since.
	unchanged func(ctx context.Context) error
}

// moving follows the name of a file in that of the one that a move works on.
const moving = ".moving"

// withCopy copies the database file at path, with its marker, brings the copy to the newest
// schema, and does something with it. The copy stands beside the file, for its owner alone,
// and is removed at the end; one that a killed process has left, at the next beginning.
func withCopy(ctx context.Context, path string, o Options, do func(source) error) (err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return err
	}
	if _, err := sqlite.Examine(ctx, path, sqlite.Options{Schema: o.schema}); err != nil {
		return err
	}
	marker, err := files.ReadOwn(path + ".marker")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: it has no marker, in which the key stands that deskd signs with; start deskd on it once", dialect.ErrMarker)
	}
	if err != nil {
		return err
	}
	copied := path + moving
	defer func() { err = errors.Join(err, remove(copied)) }()
	original, err := openUntouched(ctx, path)
	if err != nil {
		return err
	}
	defer original.close()
	if err := original.copyTo(ctx, copied, marker); err != nil {
		return fmt.Errorf("copy it into %s: %w", copied, err)
	}
	s, err := sqlite.Open(ctx, copied, sqlite.Options{Logger: o.Logger, Schema: o.schema})
	if err != nil {
		return err
	}
	err = s.Snapshot(ctx, func(tx *gorm.DB) error {
		counting, err := autoincrement(tx)
		if err != nil {
			return err
		}
		return do(source{tx: tx, key: s.Key(), numbered: counting, unchanged: original.unchanged})
	})
	return errors.Join(err, s.Close())
}

// autoincrement are the tables of a file whose numbers are never given twice.
func autoincrement(tx *gorm.DB) (names []string, err error) {
	err = tx.Raw("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' AND name <> 'goose_db_version' ORDER BY name").Scan(&names).Error
	return names, err
}

// untouched is a file that is read, and whose changes are noticed.
type untouched struct {
	db      *sql.DB
	conn    *sql.Conn
	version int64
}

// openUntouched opens a file in a way that writes nothing to it, not even what stands in its
// write-ahead log.
func openUntouched(ctx context.Context, path string) (*untouched, error) {
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "trusted_schema(OFF)", "cell_size_check(ON)"}}.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	u := &untouched{db: db}
	if u.conn, err = db.Conn(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if u.version, err = u.now(ctx); err != nil {
		u.close()
		return nil, err
	}
	return u, nil
}

func (u *untouched) close() { _, _ = u.conn.Close(), u.db.Close() } // it was only read

// now is a number that another program's commit changes.
func (u *untouched) now(ctx context.Context) (v int64, err error) {
	err = u.conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&v)
	return v, err
}

func (u *untouched) unchanged(ctx context.Context) error {
	v, err := u.now(ctx)
	if err == nil && v != u.version {
		err = ErrChanged
	}
	return err
}

// copyTo makes a copy of the database, and of its marker.
func (u *untouched) copyTo(ctx context.Context, to string, marker []byte) error {
	if err := remove(to); err != nil { // of a move that was killed
		return err
	}
	if err := files.WriteSynced(to, nil); err != nil {
		return err
	}
	if _, err := u.conn.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return sqlite.Explain(err)
	}
	return files.WriteSynced(to+".marker", marker)
}

// remove removes a database that a move works on, and what stands beside it.
func remove(path string) error {
	backups, err := filepath.Glob(path + ".v*.bak")
	for _, name := range append(backups, path, path+"-wal", path+"-shm", path+"-journal", path+".marker", path+".marker.new") {
		if gone := os.Remove(name); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
