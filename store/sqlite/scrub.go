package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/store/dialect"
)

// While the WAL is emptied no one writes, so that a reader is waited for only
// briefly at a time, and others get their turn in between.
const (
	emptyTries = 20
	emptyWait  = 100 // milliseconds
	emptyAgain = 150 * time.Millisecond
)

// Scrub brings the WAL into the database and cuts it to nothing: it holds the
// pages as they were before names were removed from them. The error is
// [dialect.ErrLingers] when readers did not let it for some five seconds.
func (s *DB) Scrub(ctx context.Context) error {
	for try := range emptyTries {
		if try > 0 {
			if err := dialect.Pause(ctx, emptyAgain); err != nil {
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
	return dialect.ErrLingers
}

// tryEmptyWAL reports whether a reader was in the way.
func (s *DB) tryEmptyWAL(ctx context.Context) (bool, error) {
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
