package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"deskd/scheduler"
)

type observationRow struct {
	Device      string `gorm:"primaryKey"`
	Person      string
	Present     bool
	Known       bool
	Doubt       string
	Ours        bool
	Reservation string
	SinceAt     milli
	SeenAt      milli
}

func (observationRow) TableName() string { return "observations" }

// See implements [deskd/scheduler.Journal]. Of several observations of one
// device the last in the slice counts.
func (s *Store) See(ctx context.Context, seen []scheduler.Have) error {
	if len(seen) == 0 {
		return nil
	}
	err := s.change(ctx, func(tx *gorm.DB) error { return see(tx, seen) })
	if err != nil {
		return fmt.Errorf("record observations: %w", err)
	}
	return nil
}

func see(tx *gorm.DB, seen []scheduler.Have) error {
	if len(seen) == 0 {
		return nil
	}
	rows := make([]observationRow, len(seen))
	for i, h := range seen {
		rows[i] = observationRow{
			Device: h.Device, Person: h.Person, Present: h.Exists, Known: h.Known, Doubt: h.Doubt, Ours: h.Ours,
			Reservation: h.Reservation, SinceAt: milli{h.Since}, SeenAt: milli{h.At},
		}
	}
	return replace(tx, &rows)
}

// Seen implements [deskd/scheduler.Journal].
func (s *Store) Seen(ctx context.Context) ([]scheduler.Have, error) {
	var rows []observationRow
	if err := s.read.WithContext(ctx).Order("device").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read observations: %w", explain(err))
	}
	seen := make([]scheduler.Have, len(rows))
	for i, r := range rows {
		seen[i] = r.noun()
	}
	return seen, nil
}

func (r observationRow) noun() scheduler.Have {
	return scheduler.Have{
		Device: r.Device, Person: r.Person, Exists: r.Present, Known: r.Known, Doubt: r.Doubt, Ours: r.Ours,
		Reservation: r.Reservation, Since: r.SinceAt.Time, At: r.SeenAt.Time,
	}
}
