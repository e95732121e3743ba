package store

import (
	"context"
	"fmt"

	"deskd/reservations"
	"deskd/store/tables"
)

// Desks implements [deskd/scheduler.Book]. Addresses and aliases are in
// alphabetical order.
func (s *Store) Desks(ctx context.Context) ([]reservations.Desk, error) {
	desks, err := tables.Desks(s.db.Read(ctx))
	if err != nil {
		return nil, fmt.Errorf("read desks: %w", err)
	}
	return desks, nil
}

// Desk returns the desk called id. The error is [reservations.ErrUnknownDesk]
// and names the nearest id there is.
func (s *Store) Desk(ctx context.Context, id string) (reservations.Desk, error) {
	d, err := tables.FindDesk(s.db.Read(ctx), id)
	return d, err
}
