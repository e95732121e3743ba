package store

import (
	"gorm.io/gorm"

	"deskd/store/dialect"
)

// disown makes everybody who is on a phone a walk-up. A database of unknown age
// may lack the bookings for which they were logged in, and nobody is logged out
// because rows are gone. For the same reason the attempts that were under way
// are closed: what a question would find out now is not their outcome. No phone
// and no feed has been asked: who is found on a phone at first is spared (see
// [plan.Observation]), and nobody loses one before every calendar was read.
func disown(tx *gorm.DB) error {
	never := dialect.Milli{}
	if err := tx.Exec("UPDATE observations SET ours = FALSE, reservation = '', spared = FALSE, seen_at = ?, together = 0", never).Error; err != nil {
		return err
	}
	if err := tx.Exec("UPDATE feeds SET good = ?, etag = '', last_modified = '', inputs = ''", never).Error; err != nil {
		return err
	}
	return tx.Exec(`UPDATE attempts SET outcome = 'abandoned', error = 'the database was restored before the outcome was known',
		ended_at = began_at WHERE outcome IN ('open', 'unknown')`).Error
}
