package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

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

// redactions is how many rows the deed of deskd that r tells of has redacted.
func (r auditRow) redactions() int {
	if r.Verb != verbAnonymise && r.Verb != verbErase || r.Actor == sqlActor {
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

// While the WAL is emptied nobody can write, so that a reader is waited for only
// briefly at a time, and others get their turn in between.
const (
	emptyTries = 20
	emptyWait  = 100 // milliseconds
	emptyAgain = 150 * time.Millisecond
)

// emptyWAL brings the WAL into the database and cuts it to nothing: it holds the
// pages as they were before names were removed from them. The error is
// [ErrLingers] when readers did not let it for some five seconds.
func (s *Store) emptyWAL(ctx context.Context) error {
	for try := range emptyTries {
		if try > 0 {
			if err := pause(ctx, emptyAgain); err != nil {
				return err
			}
		}
		busy, err := s.tryEmptyWAL(ctx)
		if err != nil {
			return fmt.Errorf("empty the WAL: %w", explain(err))
		}
		if !busy {
			return nil
		}
	}
	return ErrLingers
}

// tryEmptyWAL reports whether somebody was in the way.
func (s *Store) tryEmptyWAL(ctx context.Context) (bool, error) {
	var busy, pages, done int
	err := s.write.WithContext(ctx).Connection(func(tx *gorm.DB) (err error) {
		if err := tx.Exec(fmt.Sprintf("PRAGMA busy_timeout = %d", emptyWait)).Error; err != nil {
			return err
		}
		defer func() {
			always := tx.WithContext(context.WithoutCancel(ctx))
			err = errors.Join(err, always.Exec("PRAGMA busy_timeout = "+writerPragmas[0].want).Error)
		}()
		return tx.Raw("PRAGMA wal_checkpoint(TRUNCATE)").Row().Scan(&busy, &pages, &done)
	})
	return busy != 0, err
}
