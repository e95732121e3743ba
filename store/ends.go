package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"deskd/scheduler"
)

type endRow struct {
	Session     int64 `gorm:"primaryKey"`
	Cluster     string
	Reservation string
	UntilAt     lenient
	Since       lenient
	AcceptedAt  lenient
	By          string
	Device      string
	// Who is there: as the attempt says that began the session, or for a walk-up
	// the last observation.
	Desk, Person string `gorm:"->"`
	// Begun is the end that the session's booking had when it began.
	Begun lenient `gorm:"->"`
}

func (endRow) TableName() string { return "ends_held" }

// noun never fails. A hold that another program has spoilt goes on, with the end
// that the journal has of its booking, and an answer that cannot be read is none.
func (r endRow) noun() scheduler.HeldEnd {
	bad := unreadable(named{"until_at", &r.UntilAt}, named{"since", &r.Since}, named{"accepted_at", &r.AcceptedAt})
	if r.UntilAt.bad != "" {
		r.UntilAt.Time = r.Begun.Time
		if r.Session < 0 { // a walk-up's, which no booking ends
			r.UntilAt.Time = r.Since.AddDate(0, 0, 1)
		}
	}
	return scheduler.HeldEnd{
		Unreadable: bad,
		EarlyEnd: scheduler.EarlyEnd{
			Session: r.Session, Desk: r.Desk, Device: r.Device, Person: r.Person, Reservation: r.Reservation, Until: r.UntilAt.Time,
		},
		Since: r.Since.Time, Accepted: r.AcceptedAt.Time, By: r.By,
	}
}

// HeldEnds implements [deskd/scheduler.Standings].
func (s *Store) HeldEnds(ctx context.Context, cluster string) (scheduler.HeldEnds, error) {
	ends, err := heldEndsOf(s.read.WithContext(ctx), cluster)
	if err != nil {
		return nil, fmt.Errorf("read held ends of cluster %q: %w", cluster, explain(err))
	}
	return ends, nil
}

func heldEndsOf(tx *gorm.DB, cluster string) (scheduler.HeldEnds, error) {
	var rows []endRow
	err := tx.Raw(`SELECT e.*, coalesce(a.desk, d.id, '') AS desk, coalesce(a.person, o.person, '') AS person, coalesce(a.until_at, '') AS begun
		FROM ends_held e LEFT JOIN attempts a ON a.id = e.session
		LEFT JOIN desks d ON d.device = e.device LEFT JOIN observations o ON o.device = e.device
		WHERE e.cluster = ? AND (e.session < 0 OR a.id IS NOT NULL) ORDER BY e.session`, cluster).Scan(&rows).Error
	var ends scheduler.HeldEnds
	for _, r := range rows {
		ends = append(ends, r.noun())
	}
	return ends, err
}

// KeepEnds implements [deskd/scheduler.Standings].
func (s *Store) KeepEnds(ctx context.Context, cluster string, held scheduler.HeldEnds, over []int64) error {
	rows := make([]endRow, len(held))
	for i, h := range held {
		rows[i] = endRow{Session: h.Session, Cluster: cluster, Device: h.Device, Reservation: h.Reservation, UntilAt: lenient{Time: h.Until}, Since: lenient{Time: h.Since}}
	}
	err := s.change(ctx, func(tx *gorm.DB) error {
		if len(rows) > 0 {
			if err := tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, 500).Error; err != nil {
				return err
			}
		}
		for part := range slices.Chunk(over, 500) {
			if err := tx.Where("session IN ?", part).Delete(&endRow{}).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record held ends of cluster %q: %w", cluster, err)
	}
	return nil
}

// AcceptEnds records that the early ends of a cluster that wait for a person may
// be carried out, and returns them. Those that are held later are not among
// them. With an id the answer is to those of that [scheduler.HeldEnds.ID] alone.
// The error is [ErrNotHeld] when none waits, or others than those.
func (s *Store) AcceptEnds(ctx context.Context, cluster, id string, now time.Time) (ends scheduler.HeldEnds, err error) {
	err = s.audited(ctx, "accept", func(tx *gorm.DB) error {
		all, err := heldEndsOf(tx, cluster)
		if err != nil {
			return err
		}
		ends = all.Waiting(now)
		if len(ends) == 0 || id != "" && id != ends.ID() {
			return ErrNotHeld
		}
		sessions := make([]int64, len(ends))
		for i := range ends {
			ends[i].Accepted, ends[i].By = now, actorOf(ctx)
			sessions[i] = ends[i].Session
		}
		for part := range slices.Chunk(sessions, 500) {
			err := tx.Model(&endRow{}).Where("session IN ?", part).Updates(map[string]any{"accepted_at": milli{now}, "by": actorOf(ctx)}).Error
			if err != nil {
				return err
			}
		}
		return note(tx, "accept", "cluster", cluster, map[string]any{"is": map[string]any{"change": ends.ID(), "logouts": len(ends)}})
	})
	if err != nil {
		return nil, fmt.Errorf("accept logouts of cluster %q: %w", cluster, err)
	}
	return ends, nil
}
