package store

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"testing"
	"time"

	"gorm.io/gorm"

	"deskd/store/audit"
	"deskd/store/dialect"
)

// rawName is the connection string of a program that waits as long for the lock.
func rawName(path string, busy string) string {
	q := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_pragma": {"busy_timeout(" + busy + ")"}}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

// within is a database as one transaction sees it.
type within struct{ tx *gorm.DB }

func (w within) Read(ctx context.Context) *gorm.DB { return w.tx.WithContext(ctx) }

func (w within) Snapshot(_ context.Context, do func(tx *gorm.DB) error) error { return do(w.tx) }

func (w within) Change(_ context.Context, do func(tx *gorm.DB) error) error { return do(w.tx) }

// verifyWithin verifies the audit as tx sees it.
func verifyWithin(tx *gorm.DB, sign audit.Signer, report *audit.Report) (err error) {
	*report, err = audit.New(within{tx}, sign).Verify(ctx, nil)
	return err
}

func markerName(path string) string { return path + ".marker" }

// marked is what tests read in a marker.
type marked struct {
	Backup   string
	BackedUp time.Time `json:"backed_up"`
	Key      string
}

func markerOf(path string) (m marked, err error) {
	text, err := os.ReadFile(markerName(path))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	return m, err
}

// signerOf has the key of the database at path.
func signerOf(t testing.TB, path string) audit.Signer {
	t.Helper()
	return audit.Signer{Key: must(markerOf(path))(t).Key}
}

// isThere reports whether there is anything at path.
func isThere(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// unlink removes a database and what stands beside it.
func unlink(path string) error {
	var all error
	for _, ending := range []string{"", "-wal", "-shm", ".marker"} {
		if err := os.Remove(path + ending); !errors.Is(err, fs.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}

// hasFailed reports whether a commit of s has ended with an unknown outcome.
func hasFailed(s *Store) bool {
	select {
	case <-s.Failed():
		return true
	default:
		return false
	}
}

// counting counts transactions, and looks at each when it is done.
type counting struct {
	dialect.Transactions
	changes *int
	look    func(tx *gorm.DB)
}

func (c counting) Change(ctx context.Context, do func(tx *gorm.DB) error) error {
	*c.changes++
	return c.Transactions.Change(ctx, func(tx *gorm.DB) error {
		err := do(tx)
		c.look(tx)
		return err
	})
}
