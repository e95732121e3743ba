package imports

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// writeBookings writes one batch and returns the rows that no longer fit.
func writeBookings(tx *gorm.DB, part []booking, ids *tables.Serial, now time.Time) (left []Refused, err error) {
	known, err := stillKnown(tx, part)
	if err != nil {
		return nil, err
	}
	for _, b := range part {
		switch {
		case !known[reservations.PersonKey(b.is.Person)]:
			err = fmt.Errorf("%w: %q", reservations.ErrUnknownPerson, b.is.Person)
		case b.old == nil:
			err = insertBooking(tx, b, ids.Next(), now)
		default:
			err = overwriteBooking(tx, b, now)
		}
		switch {
		case err == nil:
		case errors.Is(err, dialect.ErrConstraint), errors.Is(err, reservations.ErrOverlap), errors.Is(err, ErrChanged), errors.Is(err, reservations.ErrUnknownPerson):
			left = append(left, Refused{b.row, fmt.Errorf("reservation of desk %q at %s: %w", b.is.Desk, b.is.Start.Format(time.RFC3339), err), -1})
		default:
			return nil, err
		}
	}
	return left, nil
}

// stillKnown are the keys of those people of a batch who are still there: who was
// erased since the check must not come back by a booking.
func stillKnown(tx *gorm.DB, part []booking) (map[string]bool, error) {
	known := map[string]bool{"": true}
	var ids, found []string
	for _, b := range part {
		ids = append(ids, b.is.Person)
	}
	err := tx.Model(&tables.Person{}).Where("id IN ?", ids).Pluck("id", &found).Error
	for _, id := range found {
		known[reservations.PersonKey(id)] = true
	}
	return known, err
}

// insertBooking makes the reservation that b is.
func insertBooking(tx *gorm.DB, b booking, id string, now time.Time) error {
	is := b.is.reservation()
	is.ID = id
	r := tables.ReservationOf(is, now)
	err := dialect.Of(tx).Try(tx, func(tx *gorm.DB) error {
		return dialect.ExecEach(tx, `INSERT INTO reservations (id, desk, person, starts_at, ends_at, source, note, updated_at, seen_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, r.ID, r.Desk, r.Person, r.StartsAt, r.EndsAt, r.Source, r.Note, r.Updated, r.Seen)
	})
	if errors.Is(err, dialect.ErrOverlap) {
		return tables.Collision(tx, r)
	}
	return err
}

// overwriteBooking writes b over the reservation that is there, if that is still
// as the check has found it.
func overwriteBooking(tx *gorm.DB, b booking, now time.Time) error {
	err := dialect.Of(tx).Try(tx, func(tx *gorm.DB) error {
		done := tx.Model(&tables.Reservation{}).
			Where("id = ? AND starts_at = ? AND ends_at = ? AND person = ? AND note = ? AND status = ?", b.old.ID, b.old.StartsAt, b.old.EndsAt, b.old.Person, b.old.Note, b.old.Status).
			Updates(map[string]any{"person": b.is.Person, "ends_at": dialect.Second{Time: b.is.End}, "note": b.is.Note,
				"status": reservations.Confirmed, "anonymised": false, "updated_at": dialect.Milli{Time: now}})
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrChanged
		}
		return done.Error
	})
	if errors.Is(err, dialect.ErrOverlap) {
		return tables.Collision(tx, tables.ReservationOf(b.is.reservation(), now))
	}
	return err
}

// settleInParts is [settle] in transactions that keep nobody waiting.
func (s Importer) settleInParts(ctx context.Context, now time.Time) error {
	var waiting []string
	err := s.db.Read(ctx).Model(&tables.Reservation{}).
		Where("status = 'conflict' AND ends_at > ?", dialect.Second{Time: now}).Order("seen_at, "+tables.CalendarOrder).Pluck("id", &waiting).Error
	if err != nil {
		return err
	}
	for part := range slices.Chunk(waiting, importBatch) {
		err := s.audit.Change(ctx, "import", func(tx *gorm.DB) error {
			for _, id := range part {
				err := dialect.Of(tx).Try(tx, func(tx *gorm.DB) error {
					return tx.Exec("UPDATE reservations SET status = 'confirmed', why = '', updated_at = ? WHERE id = ? AND status = 'conflict'", dialect.Milli{Time: now}, id).Error
				})
				if err != nil && !errors.Is(err, dialect.ErrOverlap) {
					return err
				}
			}
			return nil
		})
		if err == nil {
			err = dialect.Pause(ctx, dialect.Breath)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
