package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// mostTouched is how many changes are told one by one.
const mostTouched = dialect.MostParameters

// Touched returns what the audit says was changed behind one of its rows, by any program;
// from is the row it said last. Behind a negative one, and of very many, it says only how
// far the audit goes.
func (s *Store) Touched(ctx context.Context, from int64) (reservations.Touched, error) {
	var rows []struct {
		ID         int64
		Kind, Item string
	}
	if from >= 0 {
		err := s.db.Read(ctx).Table("audit").Select("id, kind, item").Where("id > ?", from).Order("id").Limit(mostTouched + 1).Find(&rows).Error
		if err != nil {
			return reservations.Touched{}, fmt.Errorf("read what was changed: %w", err)
		}
	}
	t := reservations.Touched{Upto: from, More: from < 0 || len(rows) > mostTouched}
	if t.More {
		var newest sql.NullInt64
		err := s.db.Read(ctx).Raw("SELECT max(id) FROM audit").Scan(&newest).Error
		t.Upto = newest.Int64
		return t, err
	}
	for _, r := range rows {
		t.Upto, t.Any = r.ID, true
		switch {
		case r.Kind == "reservation" && r.Item != "":
			t.Reservations = append(t.Reservations, r.Item)
		case !slices.Contains(decisions, r.Kind):
			t.More = true
		}
	}
	return t, nil
}

// decisions are the kinds of the audit's rows that are about neither reservations nor
// desks nor people.
var decisions = []string{"cluster", "feed", "request"}

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
