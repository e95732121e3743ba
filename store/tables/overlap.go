package tables

import (
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"deskd/reservations"
	"deskd/store/dialect"
)

// Put inserts row, or overwrites the reservation with its id. When it is
// confirmed and the desk is taken, the database refuses: Put then returns
// [reservations.ErrOverlap] and leaves the transaction usable.
func Put(tx *gorm.DB, row Reservation) error {
	err := dialect.Of(tx).Try(tx, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error
	})
	if !errors.Is(err, dialect.ErrOverlap) {
		return err
	}
	return Collision(tx, row)
}

// Collision names the reservation that stands in row's way.
func Collision(tx *gorm.DB, row Reservation) error {
	// No two confirmed ones overlap: it is the last to begin by then, or the next.
	at := tx.Where("desk = ? AND status = 'confirmed' AND id <> ?", row.Desk, row.ID).Session(&gorm.Session{})
	for _, q := range []*gorm.DB{
		at.Where("starts_at <= ?", row.StartsAt).Order("starts_at DESC"),
		at.Where("starts_at > ?", row.StartsAt).Order("starts_at"),
	} {
		var other []Reservation
		if err := q.Limit(1).Find(&other).Error; err != nil {
			return err
		}
		if len(other) > 0 && other[0].StartsAt.Before(row.EndsAt.Time) && other[0].EndsAt.After(row.StartsAt.Time) {
			return TakenBy(other[0])
		}
	}
	return reservations.ErrOverlap
}

// TakenBy is the error of a desk that other has.
func TakenBy(other Reservation) *Taken {
	who := "it is taken"
	if other.Person != "" {
		who = fmt.Sprintf("%q has it", other.Person)
	}
	return &Taken{fmt.Sprintf("%s from %s to %s (reservation %s), since %s", who,
		other.StartsAt.Format(time.RFC3339), other.EndsAt.Format(time.RFC3339), other.ID, other.Seen.UTC().Format(time.RFC3339))}
}

// Taken is an [reservations.ErrOverlap] that says whose the desk is.
type Taken struct{ Text string }

func (t *Taken) Error() string { return fmt.Sprintf("%v: %s", reservations.ErrOverlap, t.Text) }

func (t *Taken) Unwrap() error { return reservations.ErrOverlap }

// WhyTaken says why a booking waits that err was about.
func WhyTaken(err error) string {
	var t *Taken
	if errors.As(err, &t) {
		return t.Text
	}
	return "the desk is taken"
}
