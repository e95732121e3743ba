package store

import (
	"context"
	"fmt"
	"slices"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Touched returns what the audit says was changed behind one of its rows, by any program;
// from is the row it said last. Behind a negative one, and of very many, it says only how
// far the audit goes.
func (s *Store) Touched(ctx context.Context, from int64) (reservations.Touched, error) {
	t, err := tables.Touched(s.db.Read(ctx), from)
	if err != nil {
		return t, fmt.Errorf("read what was changed: %w", err)
	}
	return t, nil
}

// ReservationsByID returns the reservations with those ids, whatever their status, in any
// order. Those that there are not are left out.
func (s *Store) ReservationsByID(ctx context.Context, ids []string) ([]reservations.Reservation, error) {
	var all []reservations.Reservation
	for part := range slices.Chunk(ids, dialect.MostParameters) {
		var rows []tables.Reservation
		if err := s.db.Read(ctx).Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("read reservations: %w", err)
		}
		all = append(all, tables.Reservations(rows)...)
	}
	return all, nil
}
