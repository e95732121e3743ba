package postgres

import (
	"context"
	"fmt"
)

// dutyLocks are the advisory locks that have a name, in this database.
const dutyLocks = `SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

// Taken implements [dialect.Duties].
func (s *DB) Taken(ctx context.Context) (func(duty string) bool, error) {
	var keys []int64
	if err := s.Read(ctx).Raw(dutyLocks).Scan(&keys).Error; err != nil {
		return nil, fmt.Errorf("ask who has which duty: %w", explain(err))
	}
	held := make(map[int64]bool, len(keys))
	for _, key := range keys {
		held[key] = true
	}
	return func(duty string) bool { return held[keyOf(duty)] }, nil
}
