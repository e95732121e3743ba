package bookings

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// KeepHolidays makes the closures of a calendar of holidays those that it lists: what is over
// when its window begins stays. It reports whether that has changed anything.
func (k Keeper) KeepHolidays(ctx context.Context, h reservations.Holidays, now time.Time) (changed bool, err error) {
	err = k.log.Change(ctx, "feed", func(tx *gorm.DB) error {
		var rows []closureRow
		if err := tx.Where("feed = ?", h.Feed).Order("starts_at, id").Find(&rows).Error; err != nil {
			return err
		}
		gone, added := differ(rows, h)
		changed = len(gone)+len(added) > 0
		for _, id := range gone {
			if err := tx.Where("id = ?", id).Delete(&closureRow{}).Error; err != nil {
				return err
			}
		}
		for _, d := range added {
			row := closureRow{
				ID: tables.NewID(), Site: h.Site, StartsAt: dialect.Second{Time: d.Start}, EndsAt: dialect.Second{Time: d.End}, Why: d.Name,
				MadeAt: dialect.Milli{Time: now}, Feed: h.Feed,
			}
			if err := tx.Create(&row).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("keep holidays of feed %q: %w", h.Feed, err)
	}
	return changed, nil
}

// differ are the ids of rows that a calendar does not list, and the days that are no rows yet.
func differ(rows []closureRow, h reservations.Holidays) (gone []string, added []reservations.Holiday) {
	added = slices.Clone(h.Days)
	for _, r := range rows {
		at := slices.IndexFunc(added, func(d reservations.Holiday) bool { return r.Site == h.Site && r.is(d) })
		switch {
		case at >= 0:
			added = slices.Delete(added, at, at+1)
		case r.Site != h.Site || r.EndsAt.After(h.Window.Start):
			gone = append(gone, r.ID)
		}
	}
	return gone, added
}

// is reports whether r is a day of its calendar.
func (r closureRow) is(d reservations.Holiday) bool {
	return r.Why == d.Name && r.StartsAt.Equal(d.Start) && r.EndsAt.Equal(d.End)
}
