package store

import (
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"deskd/reservations"
	"deskd/store/dialect"
)

// put inserts row, or overwrites the reservation with its id. When it is
// confirmed and the desk is taken, the database refuses: put then returns
// [reservations.ErrOverlap] and leaves the transaction usable: SQLite takes back
// the refused statement alone, so that no savepoint is needed. (Those of gorm's
// nested transactions are never released and pile up.)
func put(tx *gorm.DB, row reservationRow) error {
	err := dialect.RunPrepared(tx, func(tx *gorm.DB) *gorm.DB { return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row) })
	if !errors.Is(err, dialect.ErrOverlap) {
		return err
	}
	return collision(tx, row)
}

// collision names the reservation that stands in row's way.
func collision(tx *gorm.DB, row reservationRow) error {
	// No two confirmed ones overlap: it is the last to begin by then, or the next.
	at := tx.Where("desk = ? AND status = 'confirmed' AND id <> ?", row.Desk, row.ID).Session(&gorm.Session{})
	for _, q := range []*gorm.DB{
		at.Where("starts_at <= ?", row.StartsAt).Order("starts_at DESC"),
		at.Where("starts_at > ?", row.StartsAt).Order("starts_at"),
	} {
		var other []reservationRow
		if err := q.Limit(1).Find(&other).Error; err != nil {
			return err
		}
		if len(other) > 0 && other[0].StartsAt.Before(row.EndsAt.Time) && other[0].EndsAt.After(row.StartsAt.Time) {
			return takenBy(other[0])
		}
	}
	return reservations.ErrOverlap
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
