package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/scheduler"
)

type pauseRow struct {
	Cluster string `gorm:"primaryKey"`
	Since   milli
	By      string
	Why     string
}

func (pauseRow) TableName() string { return "pauses" }

// Pause implements [deskd/scheduler.Standings].
func (s *Store) Pause(ctx context.Context, cluster string) (scheduler.Pause, error) {
	p, err := pauseOf(s.read.WithContext(ctx), cluster)
	if err != nil {
		return p, fmt.Errorf("read pause of cluster %q: %w", cluster, explain(err))
	}
	return p, nil
}

func pauseOf(tx *gorm.DB, cluster string) (scheduler.Pause, error) {
	var row pauseRow
	err := tx.Where("cluster = ?", cluster).Limit(1).Find(&row).Error
	return scheduler.Pause{Since: row.Since.Time, By: row.By, Why: row.Why}, err
}

// PauseClusters stops clusters: once it has returned, no intent to log in or out
// there is recorded by any process, and nothing is sent without one. A request
// that was under way is not called back. A cluster that is paused already keeps
// who paused it first. It returns the clusters that were not, in their order.
func (s *Store) PauseClusters(ctx context.Context, clusters []string, why string, now time.Time) (paused []string, err error) {
	err = s.audited(ctx, "pause", func(tx *gorm.DB) error {
		paused = nil
		for _, c := range clusters {
			if p, err := pauseOf(tx, c); err != nil || p.On() {
				if err != nil {
					return err
				}
				continue
			}
			row := pauseRow{c, milli{now}, actorOf(ctx), why}
			if err := errors.Join(tx.Create(&row).Error, noteBrake(tx, "pause", "cluster", c, "is", why)); err != nil {
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
	err = s.audited(ctx, "resume", func(tx *gorm.DB) error {
		resumed = nil
		for _, c := range clusters {
			p, err := pauseOf(tx, c)
			if err != nil {
				return err
			}
			if !p.On() {
				continue
			}
			if err := errors.Join(tx.Where("cluster = ?", c).Delete(&pauseRow{}).Error, noteBrake(tx, "resume", "cluster", c, "was", p.Why)); err != nil {
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

// noteBrake puts what somebody did to a brake into the audit, in their words.
func noteBrake(tx *gorm.DB, verb, kind, item, when, why string) error {
	return note(tx, verb, kind, item, map[string]any{when: map[string]string{"why": why}})
}
