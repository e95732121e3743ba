package phones

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/store/dialect"
	"deskd/store/tables"
)

// Resting returns the phones that told since an instant whether they are touched, by cluster
// and device.
func (k Keeper) Resting(ctx context.Context, since time.Time) ([]Phone, error) {
	return many(k.db.Read(ctx).Where("idle_at >= ?", dialect.Milli{Time: since}))
}

// Idled says what a phone of a cluster has told of being touched: what follows for Idle and
// IdleAt from what they were.
type Idled struct {
	Cluster, Device string
	Next            func(was Phone) (since, at time.Time)
}

// NoteIdle writes down what phones have told of being touched. Nothing else of them changes,
// and of one that nobody has told of before nothing else is known.
func (k Keeper) NoteIdle(ctx context.Context, all []Idled) error {
	if len(all) == 0 {
		return nil
	}
	news := make([]News, len(all))
	for i, one := range all {
		news[i] = News{Cluster: one.Cluster, Device: one.Device}
	}
	err := k.log.Change(ctx, "phones", func(tx *gorm.DB) error {
		was, err := known(tx, news)
		for _, one := range all {
			if err != nil {
				return err
			}
			err = one.note(tx, was)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("write down which phones rest: %w", err)
	}
	return nil
}

func (i Idled) note(tx *gorm.DB, was map[key]Phone) error {
	p, there := was[key{i.Cluster, i.Device}]
	p.Cluster, p.Device = i.Cluster, i.Device
	p.Idle, p.IdleAt = i.Next(p)
	r := rowOf(p)
	if !there {
		return tables.Replace(tx, &r)
	}
	return tx.Model(&row{Cluster: i.Cluster, Device: i.Device}).Select("idle_since", "idle_at").Updates(r).Error
}
