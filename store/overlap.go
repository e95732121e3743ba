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
	return takenBy(other)
}

func takenBy(other reservationRow) *taken {
	who := "it is taken"
	if other.Person != "" {
		who = fmt.Sprintf("%q has it", other.Person)
	}
	return &taken{fmt.Sprintf("%s from %s to %s (reservation %s), since %s", who,
		other.StartsAt.Format(time.RFC3339), other.EndsAt.Format(time.RFC3339), other.ID, other.Seen.UTC().Format(time.RFC3339))}
}

// taken is an [reservations.ErrOverlap] that says whose the desk is.
type taken struct{ text string }

func (t *taken) Error() string { return fmt.Sprintf("%v: %s", reservations.ErrOverlap, t.text) }

func (t *taken) Unwrap() error { return reservations.ErrOverlap }

// whyTaken says why a booking waits that err was about.
func whyTaken(err error) string {
	var t *taken
	if errors.As(err, &t) {
		return t.text
	}
	return "the desk is taken"
}

// settle confirms the conflicts of current and future reservations whose desk
// has become free: the one that was seen first before the others, whichever feed or
// program it is of.
func settle(tx *gorm.DB, now time.Time) error {
	var waiting []reservationRow
	err := tx.Where("status = 'conflict' AND ends_at > ?", second{now}).Order("seen_at, " + calendarOrder).Find(&waiting).Error
	if err != nil {
		return err
	}
	for _, row := range waiting {
		row.Status, row.Why, row.Updated = reservations.Confirmed, "", milli{now}
		err := put(tx, row)
		if errors.Is(err, reservations.ErrOverlap) { // perhaps of another one than before
			why := whyTaken(err)
			err = tx.Model(&reservationRow{}).Where("id = ? AND why <> ?", row.ID, why).Update("why", why).Error
		}
		if err != nil {
			return err
		}
	}
	return nil
}
