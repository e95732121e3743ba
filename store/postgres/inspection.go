package postgres

import (
	"context"
	"fmt"

	"deskd/store/dialect"
)

// grown are the tables that grow with every booking.
var grown = []string{"reservations", "reservation_keys", "attempts", "audit", "requests"}

// Check reads all rows that grow: what the server cannot read it says, as it does where its
// checksums are on.
func (s *DB) Check(ctx context.Context) error {
	for _, table := range grown {
		var n int64
		if err := s.Read(ctx).Raw("SELECT count(*) FROM (SELECT row_to_json(t) FROM " + table + " AS t OFFSET 0) AS every").Row().Scan(&n); err != nil {
			return fmt.Errorf("check table %s: %w", table, explain(err))
		}
	}
	return nil
}

// Glance asks whether the server answers.
func (s *DB) Glance(ctx context.Context) error {
	var one int
	return explain(s.Read(ctx).Raw("SELECT one FROM self").Row().Scan(&one))
}

// Contents counts in one statement, and so in one state of the database.
func (s *DB) Contents(ctx context.Context) (c dialect.Contents, err error) {
	var last dialect.Lenient
	err = s.Read(ctx).Raw(`SELECT (SELECT count(*) FROM desks), (SELECT count(*) FROM people), (SELECT count(*) FROM reservations),
		(SELECT count(*) FROM attempts), (SELECT count(*) FROM audit), pg_database_size(current_database()),
		coalesce(greatest((SELECT max(at) FROM audit), (SELECT max(began_at) FROM attempts), (SELECT max(seen_at) FROM observations),
			(SELECT max(seen_at) FROM seen_together)), '-infinity')`).
		Row().Scan(&c.Desks, &c.People, &c.Reservations, &c.Attempts, &c.Audit, &c.Bytes, &last)
	if err == nil {
		c.Schema, err = s.schema.Version(ctx)
	}
	c.Newest = last.Time
	return c, explain(err)
}

// Orphans are none: the server holds every program to the references.
func (s *DB) Orphans(context.Context) (int, error) { return 0, nil }

// Doubt is none: see [DB.Mark].
func (s *DB) Doubt() error { return nil }
