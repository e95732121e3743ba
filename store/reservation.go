package store

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/tables"
)

// ListReservations returns reservations in calendar order as they are stored,
// also those in conflict and those that [Store.InvalidRows] reports.
func (s *Store) ListReservations(ctx context.Context, f reservations.Filter) ([]reservations.Reservation, error) {
	q := s.db.Read(ctx).Order(tables.CalendarOrder)
	if !f.Span.Empty() {
		q = tables.Overlapping(q, f.Span)
	}
	if f.Desk != "" {
		q = q.Where("desk = ?", f.Desk)
	}
	if f.Person != "" {
		ids, err := tables.BookedSpellings(s.db.Read(ctx), f.Person)
		if err != nil {
			return nil, fmt.Errorf("list reservations: %w", err)
		}
		q = q.Where("person IN ?", ids)
	}
	if f.Source != "" {
		q = q.Where("source = ?", f.Source)
	}
	if f.IncludeCancelled {
		return found(q)
	}
	if f.Span.Empty() || f.Desk+f.Person+f.Source != "" {
		return found(q.Where("status IN ('confirmed', 'conflict')"))
	}
	// One after the other, and spelled out: only so do the indexes of each status apply.
	q = q.Session(&gorm.Session{})
	confirmed, err := found(q.Where("status = 'confirmed'"))
	if err != nil {
		return nil, err
	}
	waiting, err := found(q.Where("status = 'conflict'"))
	all := append(confirmed, waiting...)
	slices.SortFunc(all, reservations.InCalendarOrder)
	return all, err
}

func found(q *gorm.DB) ([]reservations.Reservation, error) {
	var rows []tables.Reservation
	if err := q.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list reservations: %w", err)
	}
	return tables.Reservations(rows), nil
}

// Reservation returns the reservation with that id, whatever its status. The
// error is [reservations.ErrNotFound] when there is none.
func (s *Store) Reservation(ctx context.Context, id string) (reservations.Reservation, error) {
	row, err := tables.FindReservation(s.db.Read(ctx), id)
	return row.Decode(), err
}

// ReservationsCalled returns the reservation with that id or, if there is none,
// those whose id begins so, the first few of them in the order of their ids.
func (s *Store) ReservationsCalled(ctx context.Context, prefix string) ([]reservations.Reservation, error) {
	const few = 10
	var rows []tables.Reservation
	err := s.db.Read(ctx).Where("id >= ? AND id < ?", prefix, prefix+string(unicode.MaxRune)).Order("id").Limit(few).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("find reservation %q: %w", prefix, err)
	}
	if len(rows) > 0 && rows[0].ID == prefix {
		rows = rows[:1]
	}
	return tables.Reservations(rows), nil
}

// Settle confirms the conflicts of current and future reservations whose desk has
// become free: by another program, say. It works in short transactions, and writes
// nothing where there is none.
func (s *Store) Settle(ctx context.Context, now time.Time) error {
	if err := tables.Settle(ctx, s.audit, "settle", now); err != nil {
		return fmt.Errorf("confirm what waits for desks: %w", err)
	}
	return nil
}
