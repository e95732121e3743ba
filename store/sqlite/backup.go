package sqlite

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

	"deskd/store/dialect"
	"deskd/store/files"
)

// BackupOptions say what a backup may do. The zero ones make a new file of a
// database that is the one that was here.
type BackupOptions struct {
	// Force replaces a file that is there, if it is a backup that holds no more.
	Force bool
	// EvenSo copies a database that its marker does not know, and replaces what
	// Force does not.
	EvenSo bool
}

// Backed is a backup that was made.
type Backed struct {
	Contents
	// Doubts are the reasons for which it would not have been made without
	// EvenSo, and what it lacks of the last one.
	Doubts []string `json:"doubts,omitempty"`
}

// Copy names the file that is read, and the one that gets what it holds.
type Copy struct{ From, To string }

// Backup writes a copy of the database file c.From into the file c.To, which
// only its owner may read, and says what the copy holds. It may run beside a
// daemon, and holds nobody up: the copy is the database as it was at one moment
// (VACUUM INTO). A copy of the file itself would lack what is in its WAL.
//
// A line of a nightly job runs whatever has become of the database. So a database
// that [Open] would refuse is not copied ([dialect.ErrMarker]), and a file is replaced only
// with Force ([fs.ErrExist] without), and if it is a backup of this database that
// holds no more than the new one ([dialect.ErrKept]): see [BackupOptions].
//
// The copy gets its name once it has been read back from end to end, found
// sound and compared with the original, and is on disk. Until then what it
// replaces stays as it is.
func Backup(ctx context.Context, c Copy, o BackupOptions, now time.Time) (Backed, error) {
	made, known, err := backupFor(ctx, c.From, c.To, o)
	if err != nil {
		return made, fmt.Errorf("back up %s: %w", c.From, explain(err))
	}
	if !known { // the last good one stays the one to go back to
		return made, nil
	}
	return made, noteBackup(c.From, c.To, now)
}

// backupFor is [Backup] but for the marker, and reports whether the marker knows
// the database.
func backupFor(ctx context.Context, path, to string, o BackupOptions) (made Backed, known bool, err error) {
	if path, err = absolute(path); err != nil {
		return made, false, err
	}
	if to, err = target(path, to); err != nil {
		return made, false, err
	}
	doubt, err := doubted(ctx, path)
	switch {
	case err != nil:
		return made, false, err
	case doubt != nil && !o.EvenSo:
		return made, false, fmt.Errorf("%w; nothing was copied and no file replaced: --even-so copies it as it is", doubt)
	case doubt != nil:
		made.Doubts = append(made.Doubts, doubt.Error())
	}
	if !o.Force && files.Exists(to) {
		return made, false, fmt.Errorf("%s: %w", to, fs.ErrExist)
	}
	made.Contents, err = backup(ctx, path, copying{to, o.Force, released, func(part string) error {
		return made.compare(ctx, path, copied{part, to}, o)
	}})
	return made, doubt == nil, err
}

// target is the file that a backup is written to, which must not be a part of the
// database.
func target(path, to string) (string, error) {
	to, err := absolute(to)
	if err != nil {
		return "", err
	}
	if resolved, err := filepath.EvalSymlinks(to); err == nil {
		to = resolved // a rename would replace the link
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	for _, ending := range []string{"", "-wal", "-shm", "-journal", ".marker", ".marker.new", ".lock", ".restoring"} {
		if to == path+ending || files.SameFile(to, path+ending) {
			return "", fmt.Errorf("%w: %s is part of the database itself; name another file", dialect.ErrKept, to)
		}
	}
	there, err := os.Stat(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return to, nil
	case err != nil:
		return "", err
	case there.IsDir():
		return "", fmt.Errorf("%s is a folder: name a file in it", to)
	case !there.Mode().IsRegular():
		return "", fmt.Errorf("%w: %s is no regular file; name another", dialect.ErrKept, to)
	}
	return to, nil
}

// doubted is the [dialect.ErrMarker] or [dialect.ErrSchema] with which [Open] would refuse the database at path,
// nil when it would not.
func doubted(ctx context.Context, path string) (doubt, err error) {
	known, err := readMarker(path)
	switch {
	case errors.Is(err, dialect.ErrMarker):
		return err, nil
	case err != nil:
		return nil, err
	case !files.Exists(path) && known != nil:
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, known.refusal("the file is missing"))
	case !files.Exists(path):
		return nil, nil // which the backup itself will say
	}
	db, err := sql.Open("sqlite", dsn(path, barePragmas))
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // it was only read
	at, _, err := recognise(ctx, db, released)
	if err != nil {
		return nil, err
	}
	if doubt, err := known.doubts(ctx, db, at); doubt != nil || err != nil || at == 0 {
		return doubt, err
	}
	err = (&DB{path: path, schema: released}).intact(ctx, db, at)
	if errors.Is(err, dialect.ErrSchema) {
		return err, nil
	}
	return nil, err
}

// doubts is the refusal of the database in db, with the schema at, by m; nil when m
// has nothing against it, or is nil.
func (m *marker) doubts(ctx context.Context, db *sql.DB, at int64) (doubt, err error) {
	if m == nil {
		return nil, nil
	}
	now := marker{}
	if at > 0 {
		if now, err = progress(ctx, db, at); err != nil {
			return nil, err
		}
	}
	how, err := m.differs(ctx, db, now)
	if err != nil || how == "" {
		return nil, err
	}
	return m.refusal(how), nil
}

// copying says how a copy is written.
type copying struct {
	to     string
	force  bool // replaces what is there
	schema *Schema
	check  func(part string) error // may object to the finished copy; nil never does
}

// backup copies the database at path.
func backup(ctx context.Context, path string, c copying) (Contents, error) {
	path, err := absolute(path)
	if err != nil {
		return Contents{}, err
	}
	if _, err := os.Stat(path); err != nil {
		return Contents{}, err
	}
	if !c.force && files.Exists(c.to) {
		return Contents{}, fmt.Errorf("%s: %w", c.to, fs.ErrExist)
	}
	db, err := sql.Open("sqlite", dsn(path, barePragmas))
	if err != nil {
		return Contents{}, err
	}
	defer db.Close() //nolint:errcheck // it was only read
	db.SetMaxOpenConns(1)
	if at, _, err := recognise(ctx, db, c.schema); err != nil {
		return Contents{}, err
	} else if at == 0 {
		return Contents{}, errors.New("there is nothing in it yet")
	}
	return snapshot(ctx, db, c)
}

// snapshot writes a verified copy of the database in db, which has one
// connection, unless the check objects to it.
func snapshot(ctx context.Context, db *sql.DB, how copying) (c Contents, err error) {
	part, err := os.CreateTemp(filepath.Dir(how.to), filepath.Base(how.to)+partOf+"*") // for its owner only
	if err != nil {
		return c, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	defer part.Close() //nolint:errcheck // it is synced before
	if err := removeParts(part, how.to); err != nil {
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
	if c, err = examine(ctx, part.Name(), how.schema); err != nil {
		return c, fmt.Errorf("read the copy back: %w", err)
	}
	if err := between(c, before, after); err != nil {
		return c, err
	}
	if how.check != nil {
		if err := how.check(part.Name()); err != nil {
			return c, err
		}
	}
	return c, publish(part.Name(), how.to, how.force)
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
func between(c Contents, before, after moment) error {
	copied, there := c, before.Contents
	copied.Schema, copied.Bytes = 0, 0
	if before.version == after.version {
		if copied != there {
			return fmt.Errorf("%w: the copy holds %+v, the database %+v", dialect.ErrDamaged, copied, there)
		}
		return nil
	}
	if after.Audit >= before.Audit && c.Audit < before.Audit || after.Attempts >= before.Attempts && c.Attempts < before.Attempts {
		return fmt.Errorf("%w: the copy lacks rows that were there before it was begun", dialect.ErrDamaged)
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
	return errors.Join(err, files.SyncFolder(filepath.Dir(to)))
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
	err = files.Alone(filepath.Dir(path), func() error {
		m, err := readMarker(path)
		switch {
		case errors.Is(err, dialect.ErrMarker): // a backup is made of what is there; the doubt is told elsewhere
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
