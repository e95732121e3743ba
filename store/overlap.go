package store

import (
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"deskd/reservations"
)

// put inserts row, or overwrites the reservation with its id. When it is
// confirmed and the desk is taken, the database refuses: put then returns
// [reservations.ErrOverlap] and leaves the transaction usable: SQLite takes back
// the refused statement alone, so that no savepoint is needed. (Those of gorm's
// nested transactions are never released and pile up.)
func put(tx *gorm.DB, row reservationRow) error {
	err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error
	if !isOverlap(err) {
		return err
	}
	return collision(tx, row)
}

// collision names the reservation that stands in row's way.
func collision(tx *gorm.DB, row reservationRow) error {
	var other reservationRow
	err := tx.Where("desk = ? AND status = 'confirmed' AND id <> ?", row.Desk, row.ID).
		Where("starts_at < ? AND ends_at > ?", row.EndsAt, row.StartsAt).
		Order("starts_at").Take(&other).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return reservations.ErrOverlap
	}
	if err != nil {
		return err
	}
	who := "it is taken"
	if other.Person != "" {
		who = fmt.Sprintf("%q has it", other.Person)
	}
	return fmt.Errorf("%w: %s from %s to %s (reservation %s)", reservations.ErrOverlap, who,
		other.StartsAt.Format(time.RFC3339), other.EndsAt.Format(time.RFC3339), other.ID)
}

// settle confirms the conflicts of current and future reservations whose desk
// has become free, earliest first.
func settle(tx *gorm.DB, now time.Time) error {
	var waiting []reservationRow
	err := tx.Where("status = 'conflict' AND ends_at > ?", second{now}).Order(calendarOrder).Find(&waiting).Error
	if err != nil {
		return err
	}
	for _, row := range waiting {
		row.Status, row.Updated = reservations.Confirmed, milli{now}
		if err := put(tx, row); err != nil && !errors.Is(err, reservations.ErrOverlap) {
			return err
		}
	}
	return nil
}
