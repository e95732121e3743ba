package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"deskd/scheduler/guard"
	"deskd/store/tables"
)

// ClusterState implements [deskd/scheduler.States].
func (s *Store) ClusterState(ctx context.Context, cluster string) (guard.ClusterState, error) {
	var row tables.ClusterState
	err := s.db.Read(ctx).Where("cluster = ?", cluster).Take(&row).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return guard.ClusterState{Cluster: cluster}, nil
	case err != nil:
		return guard.ClusterState{}, fmt.Errorf("read state of cluster %q: %w", cluster, err)
	}
	return row.Decode(), nil
}

// SaveClusterState implements [deskd/scheduler.States]. A state that says
// nothing leaves no row behind.
func (s *Store) SaveClusterState(ctx context.Context, state guard.ClusterState) error {
	err := s.audit.Change(ctx, "record", func(tx *gorm.DB) error {
		if state.Blank() {
			return tx.Where("cluster = ?", state.Cluster).Delete(&tables.ClusterState{}).Error
		}
		row := tables.ClusterStateOf(state)
		return tables.Replace(tx, &row)
	})
	if err != nil {
		return fmt.Errorf("record state of cluster %q: %w", state.Cluster, err)
	}
	return nil
}
