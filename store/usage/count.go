package usage

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
)

// Counts are what was booked, by days of sites and by months of desks.
type Counts struct{ Days, Months []reservations.Usage }

// past is a reservation that is over, as it is counted.
type past struct {
	ID       string
	Desk     string
	Site     string
	Zone     string
	StartsAt dialect.Second
	EndsAt   dialect.Second
	Status   reservations.Status
}

// columns are those of past, for a FROM of reservations r.
const columns = `SELECT r.id, r.desk, coalesce(s.name, '') AS site, coalesce(s.zone, '') AS zone, r.starts_at, r.ends_at, r.status
FROM reservations r LEFT JOIN desks d ON d.id = r.desk LEFT JOIN sites s ON s.name = d.site `

// tally adds up.
type tally map[reservations.Usage]reservations.Usage // by the period, site and desk alone

// add counts a reservation.
func (t tally) add(p past) {
	zone, err := time.LoadLocation(p.Zone) // "" is UTC, as is one that is not known any more
	if err != nil {
		zone = time.UTC
	}
	began := p.StartsAt.In(zone)
	t.count(reservations.Usage{Period: began.Format(time.DateOnly), Site: p.Site}, p)
	// What had no desk of deskd's got a name of its own when its names were removed.
	if !strings.HasPrefix(p.Desk, "unknown-") {
		t.count(reservations.Usage{Period: began.Format("2006-01"), Site: p.Site, Desk: p.Desk}, p)
	}
}

func (t tally) count(one reservations.Usage, p past) {
	if p.Status == reservations.Confirmed {
		one.Bookings, one.Minutes = 1, int(p.EndsAt.Sub(p.StartsAt.Time).Minutes())
	} else {
		one.Cancelled = 1
	}
	t.sum(one)
}

// sum adds c to what there is of its period, site and desk.
func (t tally) sum(c reservations.Usage) {
	key := reservations.Usage{Period: c.Period, Site: c.Site, Desk: c.Desk}
	was := t[key]
	c.Bookings, c.Minutes, c.Cancelled = c.Bookings+was.Bookings, c.Minutes+was.Minutes, c.Cancelled+was.Cancelled
	t[key] = c
}

// all are the counts in the order of their periods, sites and desks.
func (t tally) all() []reservations.Usage {
	return slices.SortedFunc(maps.Values(t), func(a, b reservations.Usage) int {
		return cmp.Or(strings.Compare(a.Period, b.Period), strings.Compare(a.Site, b.Site), strings.Compare(a.Desk, b.Desk))
	})
}

// Counts are those of all that is over at now, whether it was removed or not.
func (k Keeper) Counts(ctx context.Context, now time.Time) (c Counts, err error) {
	sums := make(tally)
	err = k.db.Snapshot(ctx, func(tx *gorm.DB) error {
		var kept []reservations.Usage
		if err := tx.Raw("SELECT period, site, desk, bookings, minutes, cancelled FROM desk_usage").Scan(&kept).Error; err != nil {
			return err
		}
		for _, c := range kept {
			sums.sum(c)
		}
		return sums.addAll(tx.Raw(columns+"WHERE r.ends_at <= ?", dialect.Second{Time: now}))
	})
	if err != nil {
		return Counts{}, fmt.Errorf("count bookings: %w", err)
	}
	for _, one := range sums.all() {
		if one.Desk == "" {
			c.Days = append(c.Days, one)
		} else {
			c.Months = append(c.Months, one)
		}
	}
	return c, nil
}

// addAll counts the reservations that q asks for, one after the other: they may be many.
func (t tally) addAll(q *gorm.DB) error {
	rows, err := q.Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err says it
	for rows.Next() {
		var p past
		if err := rows.Scan(&p.ID, &p.Desk, &p.Site, &p.Zone, &p.StartsAt, &p.EndsAt, &p.Status); err != nil {
			return err
		}
		t.add(p)
	}
	return rows.Err()
}
