package usage

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
)

// Range is what is counted: the desks of a site, or of a floor of it, on days from First to
// Last, both like 2026-03-02 and both counted.
type Range struct {
	Site, Floor string
	First, Last time.Time // midnights of those days, in UTC
}

// standing is a reservation of a desk, as it is counted.
type standing struct {
	Site, Floor, Zone string
	StartsAt, EndsAt  dialect.Second
	Status            reservations.Status
	Came, Released    bool
}

// between asks for the reservations of desks by the index of each desk: whatever else there
// is costs nothing. CROSS JOIN keeps SQLite, and a question for one row PostgreSQL, from going
// through all of reservations and of evidence.
const between = `SELECT d.site, d.floor, s.zone, r.starts_at, r.ends_at, r.status,
	(SELECT 1 FROM evidence e WHERE e.reservation = r.id LIMIT 1) IS NOT NULL AS came, r.why LIKE 'released at %' AS released
FROM desks d JOIN sites s ON s.name = d.site
	CROSS JOIN reservations r
WHERE r.desk = d.id AND r.status IN ('confirmed', 'cancelled', 'withdrawn', 'conflict') AND r.starts_at >= ? AND r.starts_at < ?
	AND (? = '' OR d.site = ?) AND (? = '' OR d.floor = ?)`

// Between counts what was and is booked from day to day, by the clocks of the sites: what is
// in the database by floors, and what retention has removed, of which only counts are left,
// for whole sites. It is sorted by day, site and floor.
func (k Keeper) Between(ctx context.Context, r Range) ([]reservations.Statistic, error) {
	sums := make(map[reservations.Statistic]*reservations.Statistic)
	err := k.db.Snapshot(ctx, func(tx *gorm.DB) error {
		if err := r.addKept(tx, sums); err != nil {
			return err
		}
		return r.addStanding(tx, sums)
	})
	if err != nil {
		return nil, fmt.Errorf("count bookings: %w", err)
	}
	return reservations.SortStatistics(sums), nil
}

// days are the first and the last.
func (r Range) days() (first, last string) {
	return r.First.Format(time.DateOnly), r.Last.Format(time.DateOnly)
}

// addKept adds the counts of what was removed. They know no floors.
func (r Range) addKept(tx *gorm.DB, sums map[reservations.Statistic]*reservations.Statistic) error {
	if r.Floor != "" {
		return nil
	}
	first, last := r.days()
	var kept []reservations.Statistic
	err := tx.Raw(`SELECT period AS day, site, bookings, minutes, cancelled FROM desk_usage
		WHERE desk = '' AND period BETWEEN ? AND ? AND (? = '' OR site = ?)`, first, last, r.Site, r.Site).Scan(&kept).Error
	for _, one := range kept {
		one.Kept = true
		sums[reservations.Statistic{Day: one.Day, Site: one.Site, Kept: true}] = &one
	}
	return err
}

// addStanding adds what is in the database, one reservation after the other.
func (r Range) addStanding(tx *gorm.DB, sums map[reservations.Statistic]*reservations.Statistic) error {
	first, last := r.days()
	// A day begins at another instant at each site.
	rows, err := tx.Raw(between, dialect.Second{Time: r.First.AddDate(0, 0, -1)}, dialect.Second{Time: r.Last.AddDate(0, 0, 2)}, r.Site, r.Site, r.Floor, r.Floor).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err says it
	for rows.Next() {
		var one standing
		if err := rows.Scan(&one.Site, &one.Floor, &one.Zone, &one.StartsAt, &one.EndsAt, &one.Status, &one.Came, &one.Released); err != nil {
			return err
		}
		if day := one.day(); day >= first && day <= last {
			one.count(sums, day)
		}
	}
	return rows.Err()
}

// day is the one on which it begins, by the clock of its site.
func (s standing) day() string {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		zone = time.UTC // it is not known any more
	}
	return s.StartsAt.In(zone).Format(time.DateOnly)
}

// count adds it to what there is of its day, site and floor.
func (s standing) count(sums map[reservations.Statistic]*reservations.Statistic, day string) {
	key := reservations.Statistic{Day: day, Site: s.Site, Floor: s.Floor}
	sum := sums[key]
	if sum == nil {
		sum = new(key)
		sums[key] = sum
	}
	if s.Released {
		sum.Released++
	}
	if s.Status != reservations.Confirmed {
		sum.Cancelled++
		return
	}
	sum.Bookings++
	sum.Minutes += int(s.EndsAt.Sub(s.StartsAt.Time).Minutes())
	if s.Came {
		sum.Used++
	}
}
