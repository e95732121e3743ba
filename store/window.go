package store

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Reservations implements [deskd/scheduler.Book]. Rows that name an unknown
// desk are left out; one that names an unknown person keeps its desk taken.
func (s *Store) Reservations(ctx context.Context, span reservations.Span) ([]reservations.Reservation, error) {
	if span.Empty() {
		return nil, nil
	}
	var rows []tables.Reservation
	if err := tables.Booked(s.db.Read(ctx), span).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read reservations: %w", err)
	}
	return tables.Reservations(rows), nil
}

// EachBooking tells who has which desk when: see [tables.EachBooking].
func (s *Store) EachBooking(ctx context.Context, span reservations.Span, take func(desk, person string, when reservations.Span)) error {
	if err := tables.EachBooking(s.db.Read(ctx), span, take); err != nil {
		return fmt.Errorf("read bookings: %w", err)
	}
	return nil
}

// NextStart implements [deskd/scheduler.Book]. It may answer with a row that
// [Store.InvalidRows] reports, at the cost of one idle round.
func (s *Store) NextStart(ctx context.Context, t time.Time) (time.Time, error) {
	return s.edge(ctx, "starts_at", t)
}

// NextEnd implements [deskd/scheduler.Book], like [Store.NextStart].
func (s *Store) NextEnd(ctx context.Context, t time.Time) (time.Time, error) {
	return s.edge(ctx, "ends_at", t)
}

// edge spells the status out, because a parameter would hide from SQLite that
// the partial index applies.
func (s *Store) edge(ctx context.Context, column string, t time.Time) (time.Time, error) {
	var first []dialect.Second
	err := s.db.Read(ctx).Model(&tables.Reservation{}).
		Where("status = 'confirmed' AND "+column+" > ?", dialect.Second{Time: t}).
		Order(column).Limit(1).Pluck(column, &first).Error
	if err != nil || len(first) == 0 {
		return time.Time{}, err
	}
	return first[0].Time, nil
}
