package usage

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/reports"
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
	Desk, Site, Floor, Place string
	Zone                     string // of the clock
	StartsAt, EndsAt         dialect.Second
	Status                   reservations.Status
	Person, Source           string
	SeenAt, UpdatedAt        dialect.Milli
	Came                     int // 2 by walking up
	Released, Nameless       bool
}

// between asks for the reservations of desks by the index of each desk: whatever else there
// is costs nothing. CROSS JOIN keeps SQLite, and a question for one row PostgreSQL, from going
// through all of reservations and of evidence.
const between = `SELECT d.id, d.site, d.floor, d.zone, s.zone, r.starts_at, r.ends_at, r.status, r.person, r.source, r.seen_at, r.updated_at,
	coalesce((SELECT max(CASE e.source WHEN '` + booking.WalkedUp + `' THEN 2 ELSE 1 END) FROM evidence e WHERE e.reservation = r.id), 0) AS came,
	r.why LIKE 'released at %' AS released, r.anonymised
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
		return r.eachStanding(tx, nil, func(b reports.Booking) { count(b, sums) })
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

// removed are the counts of what was removed, by sites and days. They know no floors.
func (r Range) removed(tx *gorm.DB) (kept []reports.Kept, err error) {
	if r.Floor != "" {
		return nil, nil
	}
	first, last := r.days()
	err = tx.Raw(`SELECT period AS day, site, bookings, minutes, cancelled FROM desk_usage
		WHERE desk = '' AND period BETWEEN ? AND ? AND (? = '' OR site = ?)`, first, last, r.Site, r.Site).Scan(&kept).Error
	return kept, err
}

// addKept adds the counts of what was removed.
func (r Range) addKept(tx *gorm.DB, sums map[reservations.Statistic]*reservations.Statistic) error {
	kept, err := r.removed(tx)
	for _, one := range kept {
		sums[reservations.Statistic{Day: one.Day, Site: one.Site, Kept: true}] = &reservations.Statistic{
			Day: one.Day, Site: one.Site, Bookings: one.Bookings, Minutes: one.Minutes, Cancelled: one.Cancelled, Nameless: one.Bookings + one.Cancelled, Kept: true,
		}
	}
	return err
}

// around are the instants between which the days of all clocks are: one begins at another
// instant at each site.
func (r Range) around() (from, to time.Time) {
	return r.First.AddDate(0, 0, -1), r.Last.AddDate(0, 0, 2)
}

// eachStanding visits what is in the database, one reservation after the other. Where the rules
// of their desks are not given, nobody counts as asked to check in.
func (r Range) eachStanding(tx *gorm.DB, desks map[string]reports.Desk, visit func(reports.Booking)) error {
	first, last := r.days()
	from, to := r.around()
	rows, err := tx.Raw(between, dialect.Second{Time: from}, dialect.Second{Time: to}, r.Site, r.Site, r.Floor, r.Floor).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err says it
	known := make(clocks)
	for rows.Next() {
		var one standing
		err := rows.Scan(&one.Desk, &one.Site, &one.Floor, &one.Place, &one.Zone, &one.StartsAt, &one.EndsAt, &one.Status, &one.Person, &one.Source, &one.SeenAt, &one.UpdatedAt, &one.Came, &one.Released, &one.Nameless)
		if err != nil {
			return err
		}
		if b := one.booking(known, desks); b.Day >= first && b.Day <= last {
			visit(b)
		}
	}
	return rows.Err()
}

// clocks are wall clocks by their names: to look one up reads a file.
type clocks map[string]*time.Location

// day is the one that the clock of a site shows.
func (c clocks) day(t time.Time, zone string) string {
	at, known := c[zone]
	if !known {
		var err error
		if at, err = time.LoadLocation(zone); err != nil {
			at = time.UTC // it is not known any more
		}
		c[zone] = at
	}
	return t.In(at).Format(time.DateOnly)
}

func (s standing) booking(known clocks, desks map[string]reports.Desk) reports.Booking {
	span := reservations.Span{Start: s.StartsAt.Time, End: s.EndsAt.Time}
	asked := desks[s.Desk].Asks(reservations.Reservation{Span: span, Status: s.Status, Person: s.Person, Source: s.Source, Seen: s.SeenAt.Time, Updated: s.UpdatedAt.Time})
	return reports.Booking{
		Place: reports.Place{Site: s.Site, Floor: s.Floor, Zone: s.Place, Desk: s.Desk}, Day: known.day(s.StartsAt.Time, s.Zone),
		Span: span, Confirmed: s.Status == reservations.Confirmed,
		Came: s.Came > 0, Asked: asked, Walkup: s.Came == 2, Released: s.Released, Nameless: s.Nameless,
	}
}

// count adds a booking to what there is of its day, site and floor.
func count(b reports.Booking, sums map[reservations.Statistic]*reservations.Statistic) {
	key := reservations.Statistic{Day: b.Day, Site: b.Site, Floor: b.Floor}
	sum := sums[key]
	if sum == nil {
		sum = new(key)
		sums[key] = sum
	}
	if b.Released {
		sum.Released++
	}
	if b.Nameless {
		sum.Nameless++
	}
	if !b.Confirmed {
		sum.Cancelled++
		return
	}
	sum.Bookings++
	sum.Minutes += int(b.Duration().Minutes())
	if b.Came {
		sum.Used++
	}
}
