package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"deskd/migrations"
)

// Backup writes a copy of the database file at path into the file to, which
// only its owner may read, and returns what the copy holds. It may run beside a
// daemon, and holds nobody up: the copy is the database as it was at one moment
// (VACUUM INTO). A copy of the file itself would lack what is in its WAL.
//
// The copy gets its name once it has been read back from end to end, found
// sound and compared with the original, and is on disk. A file that is there is
// replaced only with force; the error is [fs.ErrExist] without.
func Backup(ctx context.Context, path, to string, force bool, now time.Time) (Contents, error) {
	c, err := backup(ctx, path, to, force, migrations.NewSQLite)
	if err != nil {
		return c, fmt.Errorf("back up %s: %w", path, explain(err))
	}
	return c, noteBackup(path, to, now)
}

func backup(ctx context.Context, path, to string, force bool, newSchema schemas) (Contents, error) {
	path, err := absolute(path)
	if err != nil {
		return Contents{}, err
	}
	if _, err := os.Stat(path); err != nil {
		return Contents{}, err
	}
	if !force && exists(to) {
		return Contents{}, fmt.Errorf("%s: %w", to, fs.ErrExist)
	}
	db, err := sql.Open("sqlite", dsn(path, barePragmas))
	if err != nil {
		return Contents{}, err
	}
	defer db.Close() //nolint:errcheck // it was only read
	db.SetMaxOpenConns(1)
	if at, _, err := recognise(ctx, db, newSchema); err != nil {
		return Contents{}, err
	} else if at == 0 {
		return Contents{}, errors.New("there is nothing in it yet")
	}
	return snapshot(ctx, db, to, force, newSchema)
}

// snapshot writes a verified copy of the database in db, which has one
// connection, into the file to.
func snapshot(ctx context.Context, db *sql.DB, to string, force bool, newSchema schemas) (c Contents, err error) {
	part, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+partOf+"*") // for its owner only
	if err != nil {
		return c, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	defer part.Close() //nolint:errcheck // it is synced before
	if err := removeParts(part, to); err != nil {
		return c, fmt.Errorf("remove what an interrupted backup has left: %w", err)
	}
	before, err := momentOf(ctx, db)
	if err != nil {
		return c, err
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", part.Name()); err != nil {
		return c, err
	}
	after, err := momentOf(ctx, db)
	if err != nil {
		return c, err
	}
	if err := part.Sync(); err != nil {
		return c, err
	}
	if c, err = examine(ctx, part.Name(), newSchema); err != nil {
		return c, fmt.Errorf("read the copy back: %w", err)
	}
	if err := c.between(before, after); err != nil {
		return c, err
	}
	return c, publish(part.Name(), to, force)
}

// partOf follows a backup's name in that of the file it is written to first.
const partOf = ".part-"

// abandoned is the age of a part that nobody writes any more.
const abandoned = 24 * time.Hour

// removeParts removes the parts of backups to the file to that were killed, or cut
// off, a day before this one began: they hold names. How old they are the file
// system says, whose clock it is for all of them.
func removeParts(this *os.File, to string) error {
	fresh, err := this.Stat()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Dir(to))
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), filepath.Base(to)+partOf) {
			continue
		}
		old, gone := e.Info()
		if gone == nil && old.Mode().IsRegular() && fresh.ModTime().Sub(old.ModTime()) > abandoned {
			err = errors.Join(err, os.Remove(filepath.Join(filepath.Dir(to), e.Name())))
		}
	}
	return err
}

// moment is what a database held at one moment. While data_version stays as it
// is, nobody else has committed anything.
type moment struct {
	Contents
	version int64
}

func momentOf(ctx context.Context, db *sql.DB) (m moment, err error) {
	if err := db.QueryRowContext(ctx, "PRAGMA data_version").Scan(&m.version); err != nil {
		return m, err
	}
	m.Contents, err = contents(ctx, db)
	return m, err
}

// between checks that c is a copy of what was there between two moments: the
// very rows where nothing was committed, and else no fewer than were there
// before of what only grows.
func (c Contents) between(before, after moment) error {
	copied, there := c, before.Contents
	copied.Schema, copied.Bytes = 0, 0
	if before.version == after.version {
		if copied != there {
			return fmt.Errorf("%w: the copy holds %+v, the database %+v", ErrDamaged, copied, there)
		}
		return nil
	}
	if after.Audit >= before.Audit && c.Audit < before.Audit || after.Attempts >= before.Attempts && c.Attempts < before.Attempts {
		return fmt.Errorf("%w: the copy lacks rows that were there before it was begun", ErrDamaged)
	}
	return nil
}

// publish gives a finished file its name. A link fails where a rename would
// replace what another program has put there meanwhile.
func publish(part, to string, force bool) error {
	err := os.Link(part, to)
	switch {
	case err == nil:
		err = os.Remove(part)
	case errors.Is(err, fs.ErrExist) && !force:
		return fmt.Errorf("%s: %w", to, fs.ErrExist)
	default: // to be replaced, or on a file system without links
		err = os.Rename(part, to)
	}
	return errors.Join(err, syncFolder(filepath.Dir(to)))
}

// noteBackup lets the marker of the database at path know the last backup, so
// that a refusal can name it. Where there is no marker there is nothing to note.
func noteBackup(path, to string, now time.Time) error {
	path, err := absolute(path)
	if err != nil {
		return err
	}
	if to, err = absolute(to); err != nil {
		return err
	}
	err = alone(filepath.Dir(path), func() error {
		m, err := readMarker(path)
		switch {
		case errors.Is(err, ErrMarker): // a backup is made of what is there; the doubt is told elsewhere
			return nil
		case err != nil || m == nil:
			return err
		}
		m.Backup, m.BackedUp = to, now.UTC().Truncate(time.Second)
		return m.write(path)
	})
	if err != nil {
		return fmt.Errorf("note backup in the marker: %w", err)
	}
	return nil
}
