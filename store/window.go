package store

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// inSpan asks for the confirmed reservations of known desks that overlap a span
// in two parts that need no look-back, however long a reservation may be: for
// each desk the one that has the desk at the span's start, which can only be the
// last that began by then; and those that begin inside the span. CROSS JOIN keeps SQLite to going through the desks.
const inSpan = `
SELECT r.* FROM desks d CROSS JOIN reservations r
WHERE r.desk = d.id AND r.status = 'confirmed' AND r.starts_at = (
        SELECT max(o.starts_at) FROM reservations o
        WHERE o.desk = d.id AND o.status = 'confirmed' AND o.starts_at <= @start)
    AND r.ends_at > @start
UNION ALL
SELECT r.* FROM reservations r
WHERE r.status = 'confirmed' AND r.starts_at > @start AND r.starts_at < @end
    AND EXISTS (SELECT 1 FROM desks d WHERE d.id = r.desk)
ORDER BY starts_at, desk, id`

func bounds(span reservations.Span) map[string]any {
	return map[string]any{"start": dialect.Second{Time: span.Start}, "end": dialect.Second{Time: dialect.Ceil(span.End)}}
}

// Reservations implements [deskd/scheduler.Book]. Rows that name an unknown
// desk are left out; one that names an unknown person keeps its desk taken.
func (s *Store) Reservations(ctx context.Context, span reservations.Span) ([]reservations.Reservation, error) {
	if span.Empty() {
		return nil, nil
	}
	var rows []tables.Reservation
	if err := s.db.Read(ctx).Raw(inSpan, bounds(span)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read reservations: %w", err)
	}
	return tables.Reservations(rows), nil
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
