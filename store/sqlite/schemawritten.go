package sqlite

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// SchemaWritten reports whether the schema was written since the last call, or since
// [Open]. If so, it has every connection read the schema again: what was planted, read
// and taken away again would act in those that are open until they end.
func (s *DB) SchemaWritten(ctx context.Context) (bool, error) {
	const ask = "PRAGMA schema_version"
	s.watch.Lock()
	defer s.watch.Unlock()
	var now int64
	err := s.read.WithContext(ctx).Raw(ask).Scan(&now).Error
	if err == nil && now != s.cookie {
		err = s.Change(ctx, func(tx *gorm.DB) error {
			if err := tx.Raw(ask).Scan(&now).Error; err != nil {
				return err
			}
			return tx.Exec(fmt.Sprintf("%s = %d", ask, now+1)).Error
		})
	}
	if err != nil {
		return false, fmt.Errorf("look whether the schema was written: %w", explain(err))
	}
	if now == s.cookie {
		return false, nil
	}
	s.cookie = now + 1
	return true, nil
}
