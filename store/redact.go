package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// sqlBatch bounds the parameters of one statement.
const sqlBatch = 1000

// redact blanks item and what of chained rows of the audit, and returns how many
// there were. Those that are blank already do not count.
func redact(tx *gorm.DB, ids []int64) (int, error) {
	n := 0
	for part := range slices.Chunk(ids, sqlBatch) {
		done := tx.Exec("UPDATE audit SET item = '', what = '', salt = '' WHERE salt <> '' AND hash <> '' AND id IN ?", part)
		if done.Error != nil {
			return n, done.Error
		}
		n += int(done.RowsAffected)
	}
	return n, nil
}

// Verbs of the deeds that redact. Their rows say how many rows they redacted, and
// name nobody.
const (
	verbAnonymise = "anonymise"
	verbErase     = "erase"
)

// redactions is how many rows the deed that r tells of has redacted.
func (r auditRow) redactions() int {
	if r.Verb != verbAnonymise && r.Verb != verbErase {
		return 0
	}
	var what struct {
		Is struct{ Redacted int }
	}
	if json.Unmarshal([]byte(r.What), &what) != nil {
		return 0
	}
	return what.Is.Redacted
}

// emptyWAL brings the WAL into the database and cuts it to nothing: it holds the
// pages as they were before names were removed from them. The error is
// [ErrLingers] when readers did not let it.
func (s *Store) emptyWAL(ctx context.Context) error {
	var busy, pages, done int
	err := s.write.WithContext(ctx).Raw("PRAGMA wal_checkpoint(TRUNCATE)").Row().Scan(&busy, &pages, &done)
	switch {
	case err != nil:
		return fmt.Errorf("empty the WAL: %w", explain(err))
	case busy != 0:
		return ErrLingers
	}
	return nil
}
