package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gorm.io/gorm"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/files"
)

// Restored is what a restore has done.
type Restored struct {
	Contents        // of the backup, as it was made
	Aside    string `json:"aside"` // file that holds the database that was there, empty when there was none
	// Revoked is how many tokens of the backup were revoked: those that the database that was
	// there did not count any more, all where it could not say.
	Revoked int `json:"tokens_revoked"`
}

// Restore puts the backup file c.From in the place of the database at c.To, in
// its newest schema. The caller holds the database's [files.Lock].
//
// The backup is read from end to end before anything is touched, and the
// database that was there is kept beside it. The replacement is one transaction
// of the database itself: a crash leaves the old one or the new one, programs
// that have it open see the new one from then on, and its WAL needs no care.
// Where there is no database that could do that, its files are put aside and it
// is made again.
//
// In the restored database nobody on a phone is deskd's own session any more,
// because bookings made since the backup are missing: see Disown of the options.
func Restore(ctx context.Context, c Copy, o Options, now time.Time) (Restored, error) {
	if o.Schema == nil {
		o.Schema = released
	}
	r, err := restore(ctx, c, o, now)
	if err != nil {
		return r, fmt.Errorf("restore %s: %w", c.To, explain(err))
	}
	return r, nil
}

func restore(ctx context.Context, c Copy, o Options, now time.Time) (r Restored, err error) {
	path, err := absolute(c.To)
	if err != nil {
		return r, err
	}
	from, err := absolute(c.From)
	if err != nil {
		return r, err
	}
	if files.SameFile(path, from) {
		return r, fmt.Errorf("%s is the database itself: name a backup", from)
	}
	if r.Contents, err = examine(ctx, from, o.Schema); err != nil {
		return r, fmt.Errorf("examine %s: %w", from, err)
	}
	ready := path + ".restoring"
	defer func() { err = errors.Join(err, removeDatabase(ready)) }()
	o.sign = signerAt(path)
	if err := prepare(ctx, from, ready, o); err != nil {
		return r, fmt.Errorf("prepare %s: %w", from, err)
	}
	if err := keepPauses(ctx, path, ready, o); err != nil {
		return r, fmt.Errorf("keep what is paused: %w", err)
	}
	if r.Revoked, err = keepRevocations(ctx, path, ready, o); err != nil {
		return r, fmt.Errorf("keep what is revoked: %w", err)
	}
	if r.Aside, err = keepAside(ctx, path, unused(path+".before-restore-"+now.UTC().Format("20060102T150405Z")), o.Schema); err != nil {
		return r, fmt.Errorf("keep what is there: %w", err)
	}
	if err := overwrite(ctx, path, ready); err != nil {
		return r, err
	}
	return r, files.Alone(filepath.Dir(path), func() error { return remark(ctx, path, o) })
}

// unused is name, or with a number behind it when there is a file of that name: of
// another restore in the same second.
func unused(name string) string {
	free := name
	for n := 2; files.Exists(free); n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	return free
}

// signerAt is the signer of the database at path: a new one when its marker is
// not there any more, or damaged.
func signerAt(path string) audit.Signer {
	if m, err := readMarker(path); err == nil && m != nil && m.Key != "" {
		return audit.Signer{Key: m.Key}
	}
	return audit.NewSigner()
}

// prepare makes of the backup from the database ready that is to be.
func prepare(ctx context.Context, from, ready string, o Options) error {
	if err := removeDatabase(ready); err != nil { // of a restore that was interrupted
		return err
	}
	db, err := sql.Open("sqlite", untouched(from))
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	if err := create(ready); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", ready); err != nil {
		return err
	}
	o.taken, o.from = "restore", from
	s, err := Open(ctx, ready, o)
	if planted, ok := errors.AsType[*SchemaError](err); ok {
		planted.Path = from
	}
	if err != nil {
		return err
	}
	return s.Close()
}

// keepPauses pauses in the database ready what is paused in the one at path: a
// backup from before the pause must not let deskd loose. What the backup knows as
// paused stays so, too. A database that cannot be read has no say.
func keepPauses(ctx context.Context, path, ready string, o Options) error {
	if !files.Exists(path) {
		return nil
	}
	paused, err := pausesOf(ctx, path)
	if err != nil || len(paused) == 0 {
		return ctx.Err()
	}
	s, err := Open(ctx, ready, o)
	if err != nil {
		return err
	}
	err = audit.New(s, s.sign).Change(ctx, "restore", func(tx *gorm.DB) error {
		for _, p := range paused {
			err := tx.Exec("INSERT INTO pauses (cluster, since, by, why, proof) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", p[0], p[1], p[2], p[3], p[4]).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, s.Close())
}

// pausesOf reads the columns of the pauses in the database at path.
func pausesOf(ctx context.Context, path string) ([][5]string, error) {
	db, err := sql.Open("sqlite", untouched(path))
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // it was only read
	rows, err := db.QueryContext(ctx, "SELECT cluster, since, by, why, proof FROM pauses")
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	var all [][5]string
	for rows.Next() {
		var p [5]string
		if err := rows.Scan(&p[0], &p[1], &p[2], &p[3], &p[4]); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// keepAside keeps the database at path as the file aside and returns its name:
// as a copy, or where that cannot be read, by moving the files themselves.
func keepAside(ctx context.Context, path, aside string, schema *Schema) (string, error) {
	switch there, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case there.Size() == 0 && !files.Exists(path+"-wal"):
		return "", nil
	}
	_, err := backup(ctx, path, copying{to: aside, schema: schema})
	var e *sqlite.Error
	switch {
	case err == nil:
		return aside, nil
	case errors.Is(err, dialect.ErrForeign), errors.Is(err, fs.ErrExist), ctx.Err() != nil:
		return "", err // not ours to replace
	case errors.As(err, &e) && e.Code() != sqlite3.SQLITE_NOTADB && e.Code()&0xff != sqlite3.SQLITE_CORRUPT:
		return "", err // the disk is full, say: nothing is wrong with what is there
	}
	for _, ending := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+ending, aside+ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return aside, nil
}

// overwrite copies the pages of the database ready over those of the one at
// path, in one transaction.
func overwrite(ctx context.Context, path, ready string) error {
	if !files.Exists(path) {
		if err := create(path); err != nil {
			return err
		}
	}
	db, err := sql.Open("sqlite", dsn(path, writerPragmas))
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // what counts is committed
	if err := readBack(ctx, db, writerPragmas); err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	return conn.Raw(func(driver any) error {
		restorer, ok := driver.(interface {
			NewRestore(string) (*sqlite.Backup, error)
		})
		if !ok {
			return errors.New("the SQLite driver cannot restore")
		}
		pages, err := restorer.NewRestore(dsn(ready, barePragmas))
		if err != nil {
			return err
		}
		_, err = pages.Step(-1)
		return errors.Join(err, pages.Finish())
	})
}

// Vouch writes the marker for a file at path that nobody has open, which was made with that
// key: it is the database it says it is.
func Vouch(ctx context.Context, path, key string) error {
	err := files.Alone(filepath.Dir(path), func() error {
		return remark(ctx, path, Options{Schema: released, sign: audit.Signer{Key: key}})
	})
	if err != nil {
		return fmt.Errorf("write marker of %s: %w", path, explain(err))
	}
	return nil
}

// remark writes the marker for whatever is at path now. The caller holds the
// folder.
func remark(ctx context.Context, path string, o Options) error {
	db, err := sql.Open("sqlite", dsn(path, readerPragmas))
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	at, _, err := recognise(ctx, db, o.Schema)
	if err != nil {
		return err
	}
	m, err := progress(ctx, db, at)
	m.Key = o.sign.Key
	if err != nil {
		return err
	}
	if old, err := readMarker(path); err == nil && old != nil {
		m.Backup, m.BackedUp = old.Backup, old.BackedUp
	}
	return m.write(path)
}

// removeDatabase removes a database and what stands beside it.
func removeDatabase(path string) error {
	for _, ending := range []string{"", "-wal", "-shm", ".marker"} {
		if err := os.Remove(path + ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
