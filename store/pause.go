package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/scheduler"
	"deskd/store/audit"
	"deskd/store/dialect"
)

type pauseRow struct {
	Cluster string `gorm:"primaryKey"`
	Since   dialect.Milli
	By      string
	Why     string
	Proof   string
}

func (pauseRow) TableName() string { return "pauses" }

// Pause implements [deskd/scheduler.Standings].
func (s *Store) Pause(ctx context.Context, cluster string) (scheduler.Pause, error) {
	p, err := pauseOf(s.sign, s.db.Read(ctx), cluster)
	if err != nil {
		return p, fmt.Errorf("read pause of cluster %q: %w", cluster, err)
	}
	return p, nil
}

// pauseOf reads the pause of a cluster. Who paused it is taken from deskd alone:
// what another program has written is sql's.
func pauseOf(s audit.Signer, tx *gorm.DB, cluster string) (scheduler.Pause, error) {
	var row pauseRow
	err := tx.Where("cluster = ?", cluster).Limit(1).Find(&row).Error
	return scheduler.Pause{Since: row.Since.Time, By: s.By(row.By, row.Proof, provesPause, row.signed()...), Why: row.Why}, err
}

const provesPause = "pause"

// signed is what the proof of a pause says, besides by whom.
func (r pauseRow) signed() []string { return []string{r.Cluster, r.Since.Text(), r.Why} }

// signPause completes a row that deskd writes.
func signPause(s audit.Signer, r pauseRow) pauseRow {
	r.Proof = s.Sign(provesPause, append(r.signed(), r.By)...)
	return r
}

// PauseClusters stops clusters: once it has returned, no intent to log in or out
// there is recorded by any process, and nothing is sent without one. A request
// that was under way is not called back. A cluster that is paused already keeps
// who paused it first. It returns the clusters that were not, in their order.
func (s *Store) PauseClusters(ctx context.Context, clusters []string, why string, now time.Time) (paused []string, err error) {
	err = s.audit.Change(ctx, "pause", func(tx *gorm.DB) error {
		paused = nil
		for _, c := range clusters {
			if p, err := pauseOf(s.sign, tx, c); err != nil || p.On() {
				if err != nil {
					return err
				}
				continue
			}
			row := signPause(s.sign, pauseRow{Cluster: c, Since: dialect.Milli{Time: now}, By: audit.ActorOf(ctx), Why: why})
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
			p, err := pauseOf(s.sign, tx, c)
			if err != nil {
				return err
			}
			if !p.On() {
				continue
			}
			if err := tx.Where("cluster = ?", c).Delete(&pauseRow{}).Error; err != nil {
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
