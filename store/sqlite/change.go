package sqlite

import (
	"context"
	"fmt"

	"deskd/store/dialect"
)

// Changed reports whether anybody but this Store has committed a change since
// the last call, or since [Open]. It asks the writer's connection, whose
// data_version moves for the commits of all other connections, of this process
// or another, and not for its own.
func (s *DB) Changed(ctx context.Context) (bool, error) {
	if s.write == nil {
		return false, dialect.ErrReadOnly
	}
	s.watch.Lock()
	defer s.watch.Unlock()
	db, err := s.write.DB()
	if err != nil {
		return false, fmt.Errorf("watch for changes: %w", err)
	}
	// Asked every two seconds for as long as deskd runs, and by nobody else:
	// not worth building a statement for.
	var version int64
	if err := db.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version); err != nil {
		return false, fmt.Errorf("watch for changes: %w", explain(err))
	}
	changed := version != s.version
	s.version = version
	return changed, nil
}

// Listen is nil: a file tells nobody.
func (s *DB) Listen(context.Context) <-chan struct{} { return nil }

// Version asks a reader's connection for its data_version, which moves for the commits of
// all others, and tells how often this process has committed. That is counted before and
// after each commit: who sees one in the first number sees it in the second.
func (s *DB) Version(ctx context.Context) (all, own int64, err error) {
	if err := s.read.WithContext(ctx).Raw("PRAGMA data_version").Scan(&all).Error; err != nil {
		return 0, 0, fmt.Errorf("look for changes: %w", explain(err))
	}
	return all, s.commits.Load(), nil
}
