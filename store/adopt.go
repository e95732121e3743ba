package store

import (
	"context"
	"path/filepath"

	"gorm.io/gorm"
)

// adopt takes over a database that is not known to be the one last used here:
// one without a marker, one that is accepted although the marker speaks against
// it, or a backup. why is the verb in the audit.
func (s *Store) adopt(ctx context.Context, why, from string) error {
	return s.audited(ctx, why, func(tx *gorm.DB) error {
		if err := disown(tx); err != nil {
			return err
		}
		return note(tx, "database", filepath.Base(s.path), map[string]any{"is": map[string]string{"from": from}})
	})
}

// disown makes everybody who is on a phone a walk-up. A database of unknown age
// may lack the bookings for which they were logged in, and nobody is logged out
// because rows are gone. For the same reason the attempts that were under way
// are closed: what a question would find out now is not their outcome. No phone
// and no feed has been asked: who is found on a phone at first is spared (see
// [scheduler.Have]), and nobody loses one before every calendar was read.
func disown(tx *gorm.DB) error {
	if err := tx.Exec("UPDATE observations SET ours = 0, reservation = '', spared = 0, seen_at = ''").Error; err != nil {
		return err
	}
	if err := tx.Exec("UPDATE feeds SET good = '', etag = '', last_modified = '', inputs = ''").Error; err != nil {
		return err
	}
	return tx.Exec(`UPDATE attempts SET outcome = 'abandoned', error = 'the database was restored before the outcome was known',
		ended_at = began_at WHERE outcome IN ('open', 'unknown')`).Error
}
