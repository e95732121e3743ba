package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// distinct asks for the distinct values of a column that leads an index, one seek each:
// from one value to the next, over all the rows that share it. SQL's own DISTINCT would go
// through every row.
//
//	index  ada ada ada  jane jane  max max max
//	seeks  |----------->|--------->|--------->
func distinct(column string) string {
	return fmt.Sprintf(`WITH RECURSIVE named(name) AS (
    SELECT min(%[1]s) FROM reservations
    UNION ALL
    SELECT (SELECT min(%[1]s) FROM reservations WHERE %[1]s > named.name) FROM named WHERE named.name IS NOT NULL)
`, column)
}

var (
	// unknownDesks asks for the desks that there are not, and unknownPeople for the people,
	// of reservations that are not over at an instant: rows that are over name many who
	// have left.
	unknownDesks = distinct("desk") + `SELECT name FROM named
WHERE name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM desks d WHERE d.id = named.name)
    AND EXISTS (SELECT 1 FROM reservations r WHERE r.desk = named.name AND r.status = 'confirmed' AND r.ends_at > @start)`
	unknownPeople = distinct("person") + `SELECT name FROM named
WHERE name <> '' AND NOT EXISTS (SELECT 1 FROM people p WHERE p.id = named.name)
    AND EXISTS (SELECT 1 FROM reservations r WHERE r.person = named.name AND r.ends_at > @start)`
)

// Unknown returns the desks and people that there are not, and that reservations name
// which are not over at now. It takes a seek for each desk and person that any
// reservation names, however many these are.
func (s *Store) Unknown(ctx context.Context, now time.Time) (reservations.Unknown, error) {
	var desks, people []string
	db := s.db.Read(ctx)
	start := map[string]any{"start": dialect.Second{Time: now}}
	if err := db.Raw(unknownDesks, start).Scan(&desks).Error; err != nil {
		return reservations.Unknown{}, fmt.Errorf("find unknown desks: %w", err)
	}
	if err := db.Raw(unknownPeople, start).Scan(&people).Error; err != nil {
		return reservations.Unknown{}, fmt.Errorf("find unknown people: %w", err)
	}
	return s.ExplainUnknown(ctx, desks, people)
}

// ExplainUnknown says of desks and people that there are not which may have been meant.
func (s *Store) ExplainUnknown(ctx context.Context, desks, people []string) (reservations.Unknown, error) {
	var u reservations.Unknown
	if len(desks)+len(people) == 0 {
		return u, nil
	}
	known, err := tables.ReadDirectory(s.db.Read(ctx))
	if err != nil {
		return u, fmt.Errorf("read desks and people: %w", err)
	}
	for _, id := range desks {
		u.AddDesk(id, known.UnknownDesk(id).Error())
	}
	for _, id := range people {
		u.AddPerson(id, known.UnknownPerson(id).Error())
	}
	return u, nil
}

// InvalidRows returns the confirmed reservations overlapping span that name an
// unknown desk or person, in calendar order. Another program wrote them, or a
// feed before its people were known.
func (s *Store) InvalidRows(ctx context.Context, span reservations.Span) ([]reservations.Invalid, error) {
	u, err := s.Unknown(ctx, span.Start)
	if err != nil {
		return nil, err
	}
	return s.InvalidRowsOf(ctx, u, span)
}

// InvalidRowsOf is [Store.InvalidRows] where it is known which names are unknown.
func (s *Store) InvalidRowsOf(ctx context.Context, u reservations.Unknown, span reservations.Span) ([]reservations.Invalid, error) {
	var rows []tables.Reservation
	for column, names := range map[string][]string{"desk": u.Desks(), "person": u.People()} {
		for part := range slices.Chunk(names, dialect.MostParameters) {
			var found []tables.Reservation
			q := tables.Overlapping(s.db.Read(ctx), span).Where("status = 'confirmed' AND "+column+" IN ?", part)
			if err := q.Find(&found).Error; err != nil {
				return nil, fmt.Errorf("read invalid reservations: %w", err)
			}
			rows = append(rows, found...)
		}
	}
	return invalid(u, tables.Reservations(rows)), nil
}

// invalid are rows with what makes them invalid, each once, in calendar order. Where
// both names are unknown, the desk's is told.
func invalid(u reservations.Unknown, rows []reservations.Reservation) []reservations.Invalid {
	slices.SortFunc(rows, reservations.InCalendarOrder)
	rows = slices.CompactFunc(rows, func(a, b reservations.Reservation) bool { return a.ID == b.ID })
	all := make([]reservations.Invalid, 0, len(rows))
	for _, r := range rows {
		all = append(all, reservations.Invalid{Reservation: r, Why: u.Why(r)})
	}
	return all
}

// Conflicts returns the reservations overlapping span that wait for a desk which
// another one has, in calendar order.
func (s *Store) Conflicts(ctx context.Context, span reservations.Span) ([]reservations.Reservation, error) {
	var rows []tables.Reservation
	// The status is spelled out, because a parameter would hide from the database that the
	// index of the waiting ones applies.
	q := tables.Overlapping(s.db.Read(ctx), span).Where("status = 'conflict'").Order(tables.CalendarOrder)
	if err := q.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read conflicts: %w", err)
	}
	return tables.Reservations(rows), nil
}
