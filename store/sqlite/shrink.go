package sqlite

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"deskd/store/dialect"
)

const (
	// shrinkStep is how many pages one transaction gives back: each is a page at the end of
	// the file that is moved to a free place, and what points to it with it.
	shrinkStep = 100
	// spare is the share of the file that stays free, a twentieth, for the rows of the next
	// days; of a small file, as many pages.
	spare, spareLeast = 20, 256
)

// Shrink implements [dialect.Upkeep]. The file itself is shorter after a checkpoint, as
// [DB.Scrub] makes one. It needs auto_vacuum=incremental, which a file has from its
// beginning; of one that has not, nothing is given back but by VACUUM.
func (s *DB) Shrink(ctx context.Context) (freed int64, err error) {
	for {
		var pages int64
		err := s.Change(ctx, func(tx *gorm.DB) (err error) {
			pages, err = shrinkSome(tx)
			return err
		})
		if err != nil {
			return freed, fmt.Errorf("give space back: %w", err)
		}
		freed += pages * pageSize
		if pages == 0 {
			return freed, nil
		}
		if err := dialect.Pause(ctx, dialect.Breath); err != nil {
			return freed, err
		}
	}
}

// pageSize is SQLite's own, which a file of deskd's has.
const pageSize = 4096

// shrinkSome gives back [shrinkStep] pages at most, and returns how many.
func shrinkSome(tx *gorm.DB) (int64, error) {
	var free, all, mode, after int64
	for name, n := range map[string]*int64{"freelist_count": &free, "page_count": &all, "auto_vacuum": &mode} {
		if err := tx.Raw("PRAGMA " + name).Scan(n).Error; err != nil {
			return 0, err
		}
	}
	const incremental = 2
	least := max(all/spare, spareLeast)
	if mode != incremental || free <= least {
		return 0, nil
	}
	if err := tx.Exec(fmt.Sprintf("PRAGMA incremental_vacuum(%d)", min(free-least, shrinkStep))).Error; err != nil {
		return 0, err
	}
	err := tx.Raw("PRAGMA page_count").Scan(&after).Error
	return all - after, err
}
