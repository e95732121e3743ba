package bookings

import (
	"fmt"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// closureRow is a row of the table of closures.
type closureRow struct {
	ID                      string `gorm:"primaryKey"`
	Site, Floor, Zone, Desk string
	StartsAt                dialect.Second
	EndsAt                  dialect.Second
	Why                     string
	MadeAt                  dialect.Milli
	Feed                    string
}

func (closureRow) TableName() string { return "closures" }

func (r closureRow) decode() booking.Closure {
	return booking.Closure{
		ID: r.ID, Place: booking.Place{Site: r.Site, Floor: r.Floor, Zone: r.Zone, Desk: r.Desk},
		Span: reservations.Span{Start: r.StartsAt.Time, End: r.EndsAt.Time}, Why: r.Why, Made: r.MadeAt.Time, Feed: r.Feed,
	}
}

// Closures implements [booking.Closed].
func (b *book) Closures(span reservations.Span) ([]booking.Closure, error) {
	var rows []closureRow
	err := b.tx.Where("ends_at > ? AND starts_at < ?", dialect.Second{Time: span.Start}, dialect.Second{Time: dialect.Ceil(span.End)}).
		Order("starts_at, id").Find(&rows).Error
	all := make([]booking.Closure, len(rows))
	for i, r := range rows {
		all[i] = r.decode()
	}
	return all, err
}

// Closure implements [booking.Closed].
func (b *book) Closure(id string) (booking.Closure, error) {
	var rows []closureRow
	if len(id) < leastDigits {
		return booking.Closure{}, fmt.Errorf("%w: an id is named by at least %d digits", booking.ErrNoClosure, leastDigits)
	}
	err := b.tx.Where("id >= ? AND id < ?", id, id+"~").Order("id").Limit(2).Find(&rows).Error
	switch {
	case err != nil:
		return booking.Closure{}, err
	case len(rows) == 0:
		return booking.Closure{}, booking.ErrNoClosure
	case len(rows) > 1 && rows[0].ID != id:
		return booking.Closure{}, fmt.Errorf("%w: several begin so", booking.ErrNoClosure)
	}
	return rows[0].decode(), nil
}

// leastDigits are how many digits of an id are enough to name a closure.
const leastDigits = 4

// Close implements [booking.Closer].
func (b *book) Close(c booking.Closure) (booking.Closure, error) {
	row := closureRow{
		ID: tables.NewID(), Site: c.Site, Floor: c.Floor, Zone: c.Zone, Desk: c.Desk,
		StartsAt: dialect.Second{Time: c.Start}, EndsAt: dialect.Second{Time: c.End}, Why: c.Why, MadeAt: dialect.Milli{Time: b.now},
	}
	if err := b.tx.Create(&row).Error; err != nil {
		return c, fmt.Errorf("keep closure: %w", err)
	}
	return row.decode(), nil
}

// Reopen implements [booking.Closer].
func (b *book) Reopen(id string) error {
	return b.tx.Where("id = ?", id).Delete(&closureRow{}).Error
}

// Within implements [booking.Closed]: by desk, as [tables.InSpan] asks.
func (b *book) Within(place booking.Place, span reservations.Span) ([]reservations.Reservation, error) {
	args := asked(place)
	args["start"], args["end"] = dialect.Second{Time: span.Start}, dialect.Second{Time: dialect.Ceil(span.End)}
	return tables.ReadReservations(b.tx.Raw(at(place, bookedWithin), args))
}

// bookedWithin asks for the bookings of a place in two parts that need no look-back: see
// [tables.InSpan].
const bookedWithin = `
SELECT ` + tables.ReservationColumns + ` FROM desks d CROSS JOIN reservations r
WHERE OF_PLACE AND r.desk = d.id AND r.status = 'confirmed' AND r.starts_at = (
        SELECT max(o.starts_at) FROM reservations o
        WHERE o.desk = d.id AND o.status = 'confirmed' AND o.starts_at <= @start)
    AND r.ends_at > @start
UNION ALL
SELECT ` + tables.ReservationColumns + ` FROM desks d CROSS JOIN reservations r
WHERE OF_PLACE AND r.desk = d.id AND r.status = 'confirmed' AND r.starts_at > @start AND r.starts_at < @end
ORDER BY starts_at, desk, id`
