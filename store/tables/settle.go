package tables

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
)

// settlePart is how many bookings that wait one transaction looks at.
const settlePart = 50

// confirm confirms those of rows, which are conflicts, whose desk is free, in their
// order. Of the others it keeps who has it.
func confirm(tx *gorm.DB, rows []Reservation, now time.Time) error {
	for _, row := range rows {
		row.Status, row.Why, row.Updated = reservations.Confirmed, "", dialect.Milli{Time: now}
		err := Put(tx, row)
		if errors.Is(err, reservations.ErrOverlap) { // perhaps of another one than before
			why := WhyTaken(err)
			err = tx.Model(&Reservation{}).Where("id = ? AND why <> ?", row.ID, why).Update("why", why).Error
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// seenOrder is the order in which bookings that wait get a desk: the one that was
// seen first before the others, whichever feed or program it is of.
const seenOrder = "seen_at, " + CalendarOrder

// isFree asks whether the desk is free that a conflict c asks for: no two confirmed
// bookings overlap, so that one seek tells.
const isFree = `coalesce((SELECT o.ends_at FROM reservations o
	WHERE o.desk = c.desk AND o.status = 'confirmed' AND o.starts_at < c.ends_at ORDER BY o.starts_at DESC LIMIT 1) <= c.starts_at, TRUE)`

// Fill gives places that the transaction has freed to those who waited for them, so
// that nobody sees an empty desk in between. It takes [settlePart] at most: the rest,
// and whom the others wait for now, is for [Settle], which follows.
func Fill(tx *gorm.DB, freed []Place, now time.Time) error {
	left := settlePart
	for _, p := range freed {
		if left == 0 {
			return nil
		}
		var rows []Reservation
		err := tx.Raw(`SELECT c.* FROM reservations c WHERE c.desk = @desk AND c.status = 'conflict'
			AND c.starts_at < @end AND c.ends_at > @start AND c.ends_at > @now AND `+isFree+`
			ORDER BY `+seenOrder+` LIMIT @left`,
			map[string]any{"desk": p.Desk, "start": dialect.Second{Time: p.Start}, "end": dialect.Second{Time: p.End}, "now": dialect.Second{Time: now}, "left": left}).Scan(&rows).Error
		if err != nil {
			return err
		}
		if err := confirm(tx, rows, now); err != nil {
			return err
		}
		left -= len(rows)
	}
	return nil
}

// Settle confirms the conflicts of current and future reservations whose desk has become
// free by what verb has changed. Which there are is looked for without holding the writer.
func Settle(ctx context.Context, log audit.Log, verb string, now time.Time) error {
	ids, err := unsettled(log.Read(ctx), now)
	if err != nil {
		return err
	}
	return dialect.InParts(ctx, ids, settlePart, func(part []string, _ bool) error {
		return log.Change(ctx, verb, func(tx *gorm.DB) error {
			var rows []Reservation
			err := tx.Where("id IN ? AND status = 'conflict'", part).Order(seenOrder).Find(&rows).Error
			if err != nil {
				return err
			}
			return confirm(tx, rows, now)
		})
	})
}

// unsettled are the ids of the conflicts whose desk is free, first seen first, and
// behind them of those who wait for another booking than they say.
func unsettled(tx *gorm.DB, now time.Time) (ids []string, err error) {
	args := map[string]any{"now": dialect.Second{Time: now}}
	err = tx.Raw(`SELECT c.id FROM reservations c WHERE c.status = 'conflict' AND c.ends_at > @now AND `+isFree+`
		ORDER BY `+seenOrder, args).Scan(&ids).Error
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Waits, Told string
		Reservation `gorm:"embedded"`
	}
	err = tx.Raw(`SELECT c.id AS waits, c.why AS told, b.* FROM reservations c JOIN reservations b ON b.id = coalesce(
			(SELECT CASE WHEN o.ends_at > c.starts_at THEN o.id END FROM reservations o
				WHERE o.desk = c.desk AND o.status = 'confirmed' AND o.starts_at <= c.starts_at ORDER BY o.starts_at DESC LIMIT 1),
			(SELECT o.id FROM reservations o
				WHERE o.desk = c.desk AND o.status = 'confirmed' AND o.starts_at > c.starts_at AND o.starts_at < c.ends_at ORDER BY o.starts_at LIMIT 1))
		WHERE c.status = 'conflict' AND c.ends_at > @now ORDER BY c.seen_at`, args).Scan(&rows).Error
	for _, r := range rows {
		if TakenBy(r.Reservation).Text != r.Told {
			ids = append(ids, r.Waits)
		}
	}
	return ids, err
}

// Place is a time at a desk that a booking has or gets.
type Place struct {
	Desk string
	reservations.Span
	Of int // index of the booking
}
