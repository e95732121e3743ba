package bookings

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// ErrMany says that a calendar would have more than [MostPublished] events.
var ErrMany = fmt.Errorf("more than %d bookings", MostPublished)

// MostPublished is how many events a calendar has at most.
const MostPublished = 20000

// Publication asks for what a calendar shows.
type Publication struct {
	Person string        // of someone, in any case; else
	Place  booking.Place // of desks
	Since  time.Time     // what was over by then is not shown
}

// Published are the bookings of a calendar, by start, those that were cancelled or withdrawn
// among them, but none that waits for a desk. The error may be [ErrMany].
func (k Keeper) Published(ctx context.Context, p Publication) ([]reservations.Reservation, error) {
	var rows []tables.Reservation
	err := k.db.Snapshot(ctx, func(tx *gorm.DB) error {
		since := dialect.Second{Time: p.Since}
		if p.Person != "" {
			return tx.Where("person = ? AND ends_at > ? AND status IN ('confirmed', 'cancelled', 'withdrawn')", p.Person, since).
				Order(tables.CalendarOrder).Limit(MostPublished + 1).Find(&rows).Error
		}
		args := asked(p.Place)
		args["since"], args["most"] = since, MostPublished+1
		return tx.Raw(at(p.Place, published), args).Scan(&rows).Error
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the bookings of a calendar: %w", err)
	case len(rows) > MostPublished:
		return nil, fmt.Errorf("read the bookings of a calendar: %w", ErrMany)
	}
	return tables.Reservations(rows), nil
}

// published asks for the bookings of the desks of a place, desk by desk: the one that had
// begun by an instant and goes on, and all that begin after it. What was cancelled before it
// began is of no interest.
const published = `
SELECT r.* FROM desks d CROSS JOIN reservations r
WHERE OF_PLACE AND r.ends_at > @since AND r.id = (
        SELECT o.id FROM reservations o
        WHERE o.desk = d.id AND o.status = 'confirmed' AND o.starts_at <= @since ORDER BY o.starts_at DESC LIMIT 1)
UNION ALL
SELECT r.* FROM desks d CROSS JOIN reservations r
WHERE OF_PLACE AND r.desk = d.id AND r.status IN ('confirmed', 'cancelled', 'withdrawn') AND r.starts_at > @since
ORDER BY starts_at, id LIMIT @most`
