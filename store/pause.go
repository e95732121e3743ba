package store

import (
	"context"
	"deskd/scheduler/guard"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Pause implements [deskd/scheduler.States].
func (s *Store) Pause(ctx context.Context, cluster string) (guard.Pause, error) {
	p, err := tables.PauseOf(s.sign, s.db.Read(ctx), cluster)
	if err != nil {
		return p, fmt.Errorf("read pause of cluster %q: %w", cluster, err)
	}
	return p, nil
}

// PauseClusters stops clusters: once it has returned, no intent to log in or out
// there is recorded by any process, and nothing is sent without one. A request
// that was under way is not called back. A cluster that is paused already keeps
// who paused it first. It returns the clusters that were not, in their order.
func (s *Store) PauseClusters(ctx context.Context, clusters []string, why string, now time.Time) (paused []string, err error) {
	err = s.audit.Change(ctx, "pause", func(tx *gorm.DB) error {
		paused = nil
		for _, c := range clusters {
			if p, err := tables.PauseOf(s.sign, tx, c); err != nil || p.On() {
				if err != nil {
					return err
				}
				continue
			}
			row := tables.SignPause(s.sign, tables.Pause{Cluster: c, Since: dialect.Milli{Time: now}, By: audit.ActorOf(ctx), Why: why})
			if err := tx.Create(&row).Error; err != nil { // a trigger puts it into the audit
				return err
			}
			paused = append(paused, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("pause: %w", err)
	}
	return paused, nil
}

// ResumeClusters lets clusters go on. It returns those that were paused, in
// their order.
func (s *Store) ResumeClusters(ctx context.Context, clusters []string) (resumed []string, err error) {
	err = s.audit.Change(ctx, "resume", func(tx *gorm.DB) error {
		resumed = nil
		for _, c := range clusters {
			p, err := tables.PauseOf(s.sign, tx, c)
			if err != nil {
				return err
			}
			if !p.On() {
				continue
			}
			if err := tx.Where("cluster = ?", c).Delete(&tables.Pause{}).Error; err != nil {
				return err
			}
			resumed = append(resumed, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	return resumed, nil
}
