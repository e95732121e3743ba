package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"gorm.io/gorm"
)

// Replaced looks whether the files of the database are those that this Store has
// open. The error is a [files.ReplacedError] when they are not. Nothing is written
// then: every change looks first. A file that cannot be looked at for another
// reason than that it is gone says nothing.
func (s *DB) Replaced() error {
	if s.write == nil {
		return nil
	}
	if err := s.files.Same(s.path, false); err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(s.path) // SQLite does so, for what it keeps beside the file
	if err != nil {
		return nil //nolint:nilerr // it was there a moment ago: the next look tells more
	}
	return errors.Join(s.files.Same(real+"-wal", true), s.files.Same(real+"-shm", true))
}

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
