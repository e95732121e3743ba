package bookings

import (
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// putBatch is how many bookings one statement writes.
const putBatch = 200

// PutSeries implements [booking.Repeats].
func (b *book) PutSeries(s reservations.Series) (reservations.Series, error) {
	s.ID, s.By = tables.NewID(), audit.ActorOf(b.tx.Statement.Context)
	row := tables.SeriesRow(s)
	row.Created = dialect.Milli{Time: b.now.UTC().Truncate(time.Millisecond)}
	err := b.tx.Create(&row).Error
	return row.Decode(), err
}

// PutNew implements [booking.Repeats].
func (b *book) PutNew(all []reservations.Reservation) ([]reservations.Reservation, error) {
	rows := make([]tables.Reservation, len(all))
	var ids tables.Serial
	for i, r := range all {
		r.ID = ids.Next()
		rows[i] = tables.ReservationOf(r, b.now)
		rows[i].Updated.Time = rows[i].Updated.UTC().Truncate(time.Millisecond)
		rows[i].Seen = rows[i].Updated
	}
	err := dialect.Of(b.tx).Try(b.tx, func(tx *gorm.DB) error { return tx.CreateInBatches(&rows, putBatch).Error })
	if errors.Is(err, dialect.ErrOverlap) {
		err = firstTaken(b.tx, rows)
	}
	return tables.Reservations(rows), err
}

// firstTaken names the booking in the way of the first of rows that has one.
func firstTaken(tx *gorm.DB, rows []tables.Reservation) error {
	for _, row := range rows {
		err := tables.Collision(tx, row)
		if _, named := errors.AsType[*tables.Taken](err); named || !errors.Is(err, reservations.ErrOverlap) {
			return err
		}
	}
	return reservations.ErrOverlap
}

// Series implements [booking.Plans].
func (b *book) Series(id string) (reservations.Series, error) {
	var row tables.Series
	err := b.tx.Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = fmt.Errorf("%w: series %q", reservations.ErrNotFound, id)
	}
	return row.Decode(), err
}

// Occurrences implements [booking.Plans].
func (b *book) Occurrences(series string) ([]reservations.Reservation, error) {
	var rows []tables.Reservation
	err := b.tx.Where("series = ? AND series <> ''", series).Order("occurrence, id").Find(&rows).Error
	return tables.Reservations(rows), err
}
