package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // the driver "sqlite", which needs no C compiler

	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/files"
)

// open looks at the file before anything may write to it, so that one that
// turns out not to be the right one is left as it was.
func (s *DB) open(ctx context.Context, o Options) error {
	if err := permitted(s.path, !o.ReadOnly); err != nil {
		return err
	}
	// The marker is read first: what is committed meanwhile can only put the
	// database further ahead of it.
	known, err := readMarker(s.path)
	if err = s.doubt(err, o); err != nil {
		return err
	}
	if err := s.place(known, o); err != nil {
		return err
	}
	s.sign = o.sign
	if known != nil {
		s.sign = audit.Signer{Key: known.Key}
	}
	at, err := s.inspect(ctx, known, o)
	switch {
	case err != nil:
		return err
	case o.ReadOnly && at == 0 && known != nil:
		return known.refusal("the file is empty")
	case o.ReadOnly && at < s.newest:
		return fmt.Errorf("%w: it has version %d, this deskd needs %d; run deskd migrate", dialect.ErrOldSchema, at, s.newest)
	case o.ReadOnly:
		return s.openReaders(ctx)
	case at == s.newest && known != nil && known.Key != "" && !o.Accept:
		return s.openBoth(ctx, o)
	}
	return files.Alone(filepath.Dir(s.path), func() error { return s.takeOver(ctx, at, known, o) })
}

// doubt is the place where a [dialect.ErrMarker] stops a program that may write, and is
// only told to one that reads or has accepted.
func (s *DB) doubt(err error, o Options) error {
	if !errors.Is(err, dialect.ErrMarker) || !o.ReadOnly && !o.Accept {
		return err
	}
	s.log.Warn("database", "path", s.path, "err", err)
	s.doubts = err
	return nil
}

// Doubt is the [dialect.ErrMarker] for which a program that may write would not get this
// database, with the ways out; nil when there is none. It was looked for when the
// store was opened.
func (s *DB) Doubt() error { return s.doubts }

// takeOver opens a database that is new, has an older schema, or is not known
// by a marker. The caller holds the folder.
func (s *DB) takeOver(ctx context.Context, at int64, known *marker, o Options) error {
	if err := s.openBoth(ctx, o); err != nil {
		return err
	}
	if known == nil { // another program may have been here first
		known, _ = readMarker(s.path) // a damaged one has been met before
	}
	if known != nil && known.Key != "" {
		s.sign = audit.Signer{Key: known.Key}
	} else if s.sign.Key == "" {
		s.sign = audit.NewSigner()
	}
	var err error
	switch {
	case o.Accept:
		err = s.adopt(ctx, "accept", "")
	case at > 0 && known == nil && o.taken != "":
		err = s.adopt(ctx, o.taken, o.from)
	case at > 0 && known == nil:
		s.log.Warn("the database has no marker: everyone on a phone now counts as a walk-up", "path", s.path)
		err = s.adopt(ctx, "adopt", "")
	}
	if err != nil {
		return err
	}
	return s.mark(ctx)
}

// inspect returns the version of the schema, having compared the database with
// its marker. It uses a connection of its own: one that saw the file before it
// became a WAL database would go on telling so.
func (s *DB) inspect(ctx context.Context, known *marker, o Options) (at int64, err error) {
	db, err := sql.Open("sqlite", dsn(s.path, readerPragmas))
	if err != nil {
		return 0, err
	}
	defer db.Close() //nolint:errcheck // it was only read
	if err := checkVersion(ctx, db); err != nil {
		return 0, err
	}
	if at, s.newest, err = recognise(ctx, db, s.schema); err != nil || known == nil {
		return at, err
	}
	var now marker
	if at > 0 {
		if now, err = progress(ctx, db, at); err != nil {
			return at, err
		}
	}
	how, err := known.differs(ctx, db, now)
	if err == nil && how != "" {
		err = s.doubt(known.refusal(how), o)
	}
	if how == "" && known.sameAs(now) {
		s.lastMark = now
	}
	return at, err
}

// openBoth opens the connection for writing, which migrates, and those for
// reading.
func (s *DB) openBoth(ctx context.Context, o Options) error {
	if err := s.openWriter(ctx, o); err != nil {
		return err
	}
	return s.openReaders(ctx)
}

func (s *DB) openReaders(ctx context.Context) error {
	db, err := s.pool(readerPragmas, readers)
	if err != nil {
		return err
	}
	want := readerPragmas
	if s.write == nil { // a backup that nobody has written to yet has no WAL
		want = slices.DeleteFunc(slices.Clone(want), func(p pragma) bool { return p.name == "journal_mode" })
	}
	if err := readBack(ctx, db, want); err != nil {
		return err
	}
	s.read, err = Wrap(db)
	return err
}

func (s *DB) openWriter(ctx context.Context, o Options) error {
	pragmas := writerPragmas
	if is, err := os.Stat(s.path); err == nil && is.Size() == 0 {
		pragmas = newPragmas()
	}
	db, err := s.pool(pragmas, 1)
	if err != nil {
		return err
	}
	if err := readBack(ctx, db, pragmas); err != nil {
		return err
	}
	if err := s.migrate(ctx, db, o.taken == ""); err != nil {
		return err
	}
	if s.write, err = Wrap(db); err != nil {
		return err
	}
	if _, err = s.Changed(ctx); err != nil { // the first answer is the one later ones are compared with
		return err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&s.cookie); err != nil {
		return err
	}
	return s.Replaced() // likewise; it was seen just now
}

func (s *DB) migrate(ctx context.Context, db *sql.DB, backUp bool) error {
	schema, err := s.schema.read(db)
	if err != nil {
		return err
	}
	from, err := schema.Version(ctx)
	if err == nil && from > 0 {
		err = s.intact(ctx, db, from) // before what is planted there acts
	}
	if err != nil || from == schema.Newest() {
		return err
	}
	if from > 0 && backUp {
		if err := s.keep(ctx, db, from); err != nil {
			return fmt.Errorf("back up before the migration: %w", err)
		}
	}
	if err := schema.Up(ctx); err != nil {
		return err
	}
	s.log.Info("database migrated", "path", s.path, "from", from, "to", schema.Newest())
	return nil
}

// kept is how many backups of older schemas stay beside the file.
const kept = 3

// keep backs the database up under the version of its schema, path.v1.bak, and
// removes those of the oldest versions beyond [kept].
func (s *DB) keep(ctx context.Context, db *sql.DB, version int64) error {
	to := fmt.Sprintf("%s.v%d.bak", s.path, version)
	if _, err := snapshot(ctx, db, copying{to: to, force: true, schema: s.schema}); err != nil {
		return err
	}
	s.log.Info("database backed up before its migration", "path", s.path, "backup", to)
	for old := version - kept; old > 0; old-- {
		err := os.Remove(fmt.Sprintf("%s.v%d.bak", s.path, old))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (s *DB) pool(p []pragma, size int) (*sql.DB, error) {
	db, err := openKeeping(dsn(s.path, p))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	s.pools = append(s.pools, db)
	return db, nil
}

// Wrap gives a pool gorm's query builder. Transactions are begun where they are
// meant, not around every statement.
func Wrap(db *sql.DB) (*gorm.DB, error) {
	return gorm.Open(dialector{sqlite.Dialector{DriverName: "sqlite", Conn: db}}, &gorm.Config{
		TranslateError:         true,
		SkipDefaultTransaction: true,
		Logger:                 logger.Discard,
	})
}
