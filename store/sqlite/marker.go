package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"deskd/store/dialect"
	"deskd/store/files"
)

// marker is what the file path.marker beside a database says: the database that
// was there, and how far it had come at least. SQLite opens an empty file, or a
// copy of last week, as a database in good order; only something outside the
// file can tell.
//
// It is written after the commits it knows of, and those are on disk before
// anybody sees them. So at every moment, also after a crash between the two, a
// database is at least as far as its marker; one that is not is not the one that
// was there. What the marker does not know yet are the last minute's changes.
type marker struct {
	Database string    `json:"database"` // id of the table self
	Schema   int64     `json:"schema"`
	Attempts int64     `json:"attempts"`           // highest number given
	Audit    int64     `json:"audit"`              // newest row in the chain
	Hash     string    `json:"hash"`               // of that row
	Backup   string    `json:"backup,omitempty"`   // file of the last backup
	BackedUp time.Time `json:"backed_up,omitzero"` // when it was made
	Key      string    `json:"key"`                // with which deskd proves what it has written, see signer
	written  time.Time // of the file
}

func markerPath(path string) string { return path + ".marker" }

// readMarker returns the marker of the database at path, nil when there is none.
func readMarker(path string) (*marker, error) {
	text, err := files.ReadOwn(markerPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, files.Denied(markerPath(path), path)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", dialect.ErrMarker, err)
	}
	var m marker
	if err := json.Unmarshal(text, &m); err != nil || m.Database == "" {
		return nil, fmt.Errorf("%w: %s is damaged; if the database is the right one, deskd restore --accept-current writes it again", dialect.ErrMarker, markerPath(path))
	}
	if file, err := os.Stat(markerPath(path)); err == nil {
		m.written = file.ModTime()
	}
	return &m, nil
}

// write puts m in the place of the marker of the database at path, in one step.
func (m marker) write(path string) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	fresh := markerPath(path) + ".new"
	if err := files.WriteSynced(fresh, append(text, '\n')); err != nil {
		return err
	}
	if err := os.Rename(fresh, markerPath(path)); err != nil {
		return err
	}
	return files.SyncFolder(filepath.Dir(path))
}

// progress reads how far a database with the schema at has come.
func progress(ctx context.Context, db *sql.DB, at int64) (marker, error) {
	m := marker{Schema: at}
	err := db.QueryRowContext(ctx, `SELECT s.id,
		coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'attempts'), 0),
		coalesce(a.id, s.audit_pruned), coalesce(a.hash, s.audit_hash)
		FROM self s LEFT JOIN audit a ON a.id = (SELECT max(id) FROM audit WHERE hash <> '')`).
		Scan(&m.Database, &m.Attempts, &m.Audit, &m.Hash)
	return m, err
}

// differs says how the database in db, which has come as far as now, is not the
// one m is the marker of; it is empty when it is. m must have been read before
// now was.
func (m marker) differs(ctx context.Context, db *sql.DB, now marker) (string, error) {
	switch {
	case now.Schema == 0:
		return "the file is empty", nil
	case now.Database != m.Database:
		return "it is another database", nil
	case now.Schema < m.Schema, now.Attempts < m.Attempts, now.Audit < m.Audit:
		return fmt.Sprintf("it is an older copy: it ends with attempt %d and audit row %d, and had come to %d and %d",
			now.Attempts, now.Audit, m.Attempts, m.Audit), nil
	}
	hash, err := hashAt(ctx, db, m.Audit)
	if err == nil && hash != "" && hash != m.Hash {
		return fmt.Sprintf("it is a copy that went another way: its audit row %d is not the one that was there", m.Audit), nil
	}
	return "", err
}

// sameAs reports whether the marker says of the database what now is.
func (m marker) sameAs(now marker) bool {
	m.Backup, m.BackedUp, m.Key, m.written = "", time.Time{}, "", time.Time{}
	return m == now
}

// refusal is the error of a database that is not the one m is the marker of.
func (m marker) refusal(how string) error {
	backup := "no backup is known"
	if m.Backup != "" {
		backup = fmt.Sprintf("the last backup is %s of %s", m.Backup, m.BackedUp.UTC().Format(time.RFC3339))
	}
	return fmt.Errorf("%w: %s (the marker is of %s); put the database back, or deskd restore FILE (%s), or act on it as it is with deskd restore --accept-current",
		dialect.ErrMarker, how, m.written.UTC().Format(time.RFC3339), backup)
}

// Mark brings the marker beside the file up to what is in the database now. The
// daemon does so every minute and [DB.Close] at the end, so that a copy that
// is put in the database's place is recognised as old.
func (s *DB) Mark(ctx context.Context) error {
	if s.write == nil {
		return dialect.ErrReadOnly
	}
	if err := s.Replaced(); err != nil {
		return err
	}
	now, err := s.progress(ctx)
	if err != nil || now == s.marked() {
		return err
	}
	return files.Alone(filepath.Dir(s.path), func() error { return s.mark(ctx) })
}

func (s *DB) progress(ctx context.Context) (marker, error) {
	db, err := s.read.DB()
	if err != nil {
		return marker{}, err
	}
	return progress(ctx, db, s.newest)
}

// marked is what this Store last wrote into the marker.
func (s *DB) marked() marker {
	s.watch.Lock()
	defer s.watch.Unlock()
	return s.lastMark
}

// mark writes the marker. The caller holds the folder, so that none is replaced
// by an older one.
func (s *DB) mark(ctx context.Context) error {
	now, err := s.progress(ctx)
	if err != nil {
		return err
	}
	file := now
	file.Key = s.sign.Key
	if old, err := readMarker(s.path); err == nil && old != nil {
		file.Backup, file.BackedUp = old.Backup, old.BackedUp
	}
	if err := file.write(s.path); err != nil {
		return fmt.Errorf("write marker: %w", err)
	}
	s.watch.Lock()
	defer s.watch.Unlock()
	s.lastMark = now
	return nil
}

// Marked is how far the audit had come when the marker was written; nil where there
// is none, or a damaged one, which was told when the file was opened.
func (s *DB) Marked() (*dialect.Head, error) {
	m, err := readMarker(s.path)
	if errors.Is(err, dialect.ErrMarker) {
		return nil, nil
	}
	if err != nil || m == nil {
		return nil, err
	}
	return &dialect.Head{Database: m.Database, Row: m.Audit, Hash: m.Hash}, nil
}

// Head is how far the audit has come.
func (s *DB) Head(ctx context.Context) (dialect.Head, error) {
	m, err := s.progress(ctx)
	return dialect.Head{Database: m.Database, Row: m.Audit, Hash: m.Hash}, explain(err)
}

// hashAt is the hash of a row of the audit by its number, empty when it was pruned.
func hashAt(ctx context.Context, db *sql.DB, id int64) (hash string, err error) {
	err = db.QueryRowContext(ctx, `SELECT coalesce((SELECT hash FROM audit WHERE id = ?1),
		(SELECT audit_hash FROM self WHERE audit_pruned = ?1), '')`, id).Scan(&hash)
	return hash, err
}
