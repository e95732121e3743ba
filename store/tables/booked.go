package tables

import (
	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
)

// InSpan asks for the confirmed reservations of known desks that overlap a span
// in two parts that need no look-back, however long a reservation may be: for
// each desk the one that has the desk at the span's start, which can only be the
// last that began by then; and those that begin inside the span. CROSS JOIN keeps SQLite to going through the desks.
const InSpan = `
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

// Booked asks for the rows of [InSpan].
func Booked(q *gorm.DB, span reservations.Span) *gorm.DB { return q.Raw(InSpan, bounds(span)) }

// EachBooking tells take who has which desk when, of the reservations of [Booked] and in no
// order: one after the other, so that they need not all be in memory.
func EachBooking(q *gorm.DB, span reservations.Span, take func(desk, person string, when reservations.Span)) error {
	if span.Empty() {
		return nil
	}
	rows, err := q.Raw("SELECT desk, person, starts_at, ends_at FROM ("+InSpan+") AS booked", bounds(span)).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err says it
	for rows.Next() {
		var desk, person string
		var from, to dialect.Second
		if err := rows.Scan(&desk, &person, &from, &to); err != nil {
			return err
		}
		take(desk, person, reservations.Span{Start: from.Time, End: to.Time})
	}
	return rows.Err()
}
