package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gorm.io/gorm"

	"deskd/store/files"
	"deskd/store/postgres"
	"deskd/store/sqlite"
)

// ToFile moves the database of a server that dsn names into a new file at path. The errors
// are those of [postgres.Open], and [ErrNotEmpty] when there is a file.
func ToFile(ctx context.Context, dsn, path string, o Options) (Report, error) {
	var r Report
	path, err := filepath.Abs(path)
	if err == nil {
		err = vacant(path)
	}
	if err == nil {
		err = withServer(ctx, dsn, o, func(from source) error { return makeFile(ctx, from, path, task{o, &r}) })
	}
	if err != nil {
		return r, fmt.Errorf("move into %s: %w", path, err)
	}
	return r, nil
}

// vacant refuses a path where something stands. An empty log is what readers leave.
func vacant(path string) error {
	for _, name := range []string{path, path + "-wal", path + ".marker"} {
		if is, err := os.Lstat(name); err == nil && (is.Size() > 0 || name != path+"-wal") {
			return fmt.Errorf("%w: %s is there; name a new file", ErrNotEmpty, name)
		}
	}
	return nil
}

// withServer does something with one state of a server's database, to which nobody writes
// meanwhile.
func withServer(ctx context.Context, dsn string, o Options, do func(source) error) (err error) {
	s, err := postgres.Open(ctx, dsn, postgres.Options{ReadOnly: true, Logger: o.Logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	guard, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, guard.close()) }()
	tables, err := serverTables(guard.tx)
	if err != nil {
		return err
	}
	if err := guard.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	for _, t := range tables {
		if err := guard.exec(ctx, "LOCK TABLE "+t.name+" IN SHARE MODE"); err != nil {
			return postgres.Explain(err)
		}
	}
	return s.Snapshot(ctx, func(tx *gorm.DB) error {
		return do(source{tx: tx, key: s.Key(), unchanged: func(context.Context) error { return nil }})
	})
}

// makeFile makes the file under another name, and gives it its own when it is whole.
func makeFile(ctx context.Context, from source, path string, do task) (err error) {
	part := path + moving
	if err := remove(part); err != nil { // of a move that was killed
		return err
	}
	defer func() { err = errors.Join(err, remove(part)) }()
	s, err := sqlite.Open(ctx, part, sqlite.Options{Logger: do.Logger})
	if err != nil {
		return err
	}
	err = s.Change(ctx, func(tx *gorm.DB) error { return fillFile(ctx, tx, from, do) })
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	if err := sqlite.Vouch(ctx, part, from.key); err != nil {
		return err
	}
	return publish(part, path)
}

// publish gives a file that is whole its name, and its marker first: a file without one would
// count as one that nobody knows.
func publish(part, path string) error {
	if files.Exists(part + "-wal") {
		return fmt.Errorf("%s-wal is there: another program has opened the file", part)
	}
	if err := vacant(path); err != nil { // another program may have been here
		return err
	}
	if err := os.Rename(part+".marker", path+".marker"); err != nil {
		return err
	}
	err := os.Link(part, path)
	if errors.Is(err, fs.ErrExist) {
		return errors.Join(fmt.Errorf("%w: %s is there", ErrNotEmpty, path), os.Remove(path+".marker"))
	}
	if err != nil { // a file system without links
		err = os.Rename(part, path)
	}
	return errors.Join(err, files.SyncFolder(filepath.Dir(path)))
}

// fillFile moves everything within a transaction, and proves it. The key is that of the
// marker which the file is given when it is whole.
func fillFile(ctx context.Context, tx *gorm.DB, from source, do task) (err error) {
	both := pair{source: base{tx: from.tx, server: true, key: from.key}, copied: base{tx: tx, key: from.key}}
	if both.tables, do.report.Left, err = common(ctx, from.tx, tx); err != nil {
		return err
	}
	all, err := both.source.total(ctx, both.tables)
	if err != nil {
		return err
	}
	tell := do.telling(all)
	back, err := withoutTriggers(tx)
	if err != nil {
		return err
	}
	if err := tx.Exec("DELETE FROM self").Error; err != nil {
		return err
	}
	for _, t := range both.tables {
		if err := both.copied.insert(ctx, both.source, t, tell); err != nil {
			return err
		}
	}
	if both.numbered, err = countFile(tx, from); err != nil {
		return err
	}
	if err := back(); err != nil {
		return err
	}
	return both.prove(ctx, do.report)
}

// withoutTriggers removes the triggers. What it returns puts them back, letter by letter.
func withoutTriggers(tx *gorm.DB) (back func() error, err error) {
	var made []struct{ Name, SQL string }
	if err := tx.Raw("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid").Scan(&made).Error; err != nil {
		return nil, err
	}
	for _, t := range made {
		if err := tx.Exec("DROP TRIGGER " + t.Name).Error; err != nil {
			return nil, err
		}
	}
	return func() error {
		for _, t := range made {
			if _, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, t.SQL); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// insert writes the rows that a table of the source has.
func (b base) insert(ctx context.Context, from base, t table, tell func()) error {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ")
	insert, err := b.tx.Statement.ConnPool.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+t.names()+") VALUES ("+marks+")") //nolint:sqlclosecheck // it is, below
	if err != nil {
		return fmt.Errorf("write table %s: %w", t.name, err)
	}
	defer insert.Close() //nolint:errcheck // what counts is committed
	return from.each(ctx, t, func(row []any) error {
		tell()
		if _, err := insert.ExecContext(ctx, row...); err != nil {
			return fmt.Errorf("write table %s, row %s: %w", t.name, rowName(t, row), err)
		}
		return nil
	})
}

// countFile has the tables that count go on with the numbers that they have come to.
func countFile(tx *gorm.DB, from source) (numbered []string, err error) {
	if numbered, err = autoincrement(tx); err != nil {
		return nil, err
	}
	for _, name := range numbered {
		last, err := numberedIn(from.tx, name)
		if err != nil {
			return nil, err
		}
		if err := tx.Exec("DELETE FROM sqlite_sequence WHERE name = ?", name).Error; err != nil {
			return nil, err
		}
		if last == 0 {
			continue
		}
		if err := tx.Exec("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", name, last).Error; err != nil {
			return nil, err
		}
	}
	return numbered, nil
}
