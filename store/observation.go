package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// See implements [deskd/scheduler.Journal]. Of several observations of one
// device the last in the slice counts.
func (s *Store) See(ctx context.Context, seen []plan.Have) error {
	if len(seen) == 0 {
		return nil
	}
	err := s.db.Change(ctx, func(tx *gorm.DB) error { return see(tx, seen) })
	if err != nil {
		return fmt.Errorf("record observations: %w", err)
	}
	return nil
}

func see(tx *gorm.DB, seen []plan.Have) error {
	if len(seen) == 0 {
		return nil
	}
	rows := make([]tables.Observation, len(seen))
	for i, h := range seen {
		rows[i] = tables.Observation{
			Device: h.Device, Person: h.Person, Present: h.Exists, Known: h.Known, Doubt: h.Doubt, Ours: h.Ours, Visitor: h.Visitor,
			Reservation: h.Reservation, SinceAt: dialect.Lenient{Time: h.Since}, FirstAt: dialect.Lenient{Time: h.First}, SeenAt: dialect.Lenient{Time: h.At}, Spared: h.Spared,
		}
	}
	return tables.Replace(tx, &rows)
}

// Seen implements [deskd/scheduler.Journal].
func (s *Store) Seen(ctx context.Context) ([]plan.Have, error) {
	var rows []tables.Observation
	if err := s.db.Read(ctx).Order("device").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read observations: %w", err)
	}
	seen := make([]plan.Have, len(rows))
	for i, r := range rows {
		seen[i] = r.Noun()
	}
	return seen, nil
}

// newestAt asks for the last instant at which a phone or a feed was asked, and the
// newest attempt, however many were pruned.
const newestAt = `
SELECT max(coalesce((SELECT max(seen_at) FROM observations WHERE seen_at GLOB ` + dialect.LikeInstant + `), ''),
    coalesce((SELECT max(checked) FROM feeds WHERE checked GLOB ` + dialect.LikeInstant + `), '')) AS at,
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'attempts'), 0) AS attempt`

// Newest implements [deskd/scheduler.Journal].
func (s *Store) Newest(ctx context.Context) (scheduler.Newest, error) {
	var row struct {
		At      dialect.Lenient
		Attempt int64
	}
	if err := s.db.Read(ctx).Raw(newestAt).Scan(&row).Error; err != nil {
		return scheduler.Newest{}, fmt.Errorf("read newest instants: %w", err)
	}
	return scheduler.Newest{At: row.At.Time, Attempt: row.Attempt}, nil
}
