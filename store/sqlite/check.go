package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"deskd/store/dialect"
)

// growing are the tables whose rows are as many as there were bookings. [DB.Glance] leaves
// them out: reading all of them takes 10 s for a million of each.
var growing = []string{"reservations", "reservation_keys", "attempts", "audit"}

// Check looks for damage in the file (PRAGMA quick_check), of which it reads
// all, by a connection of its own: nobody waits for that, and it ends at once with
// ctx. The error is [dialect.ErrDamaged] when there is some.
func (s *DB) Check(ctx context.Context) error { return s.look(ctx, everything) }

// Glance looks for damage where that takes no time however large the file is: whether
// it has the length that it says, and in all tables but those that are [growing]. The
// error is [dialect.ErrDamaged] when there is some.
func (s *DB) Glance(ctx context.Context) error {
	parts, err := s.schema.parts(ctx, s.newest)
	if err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	var small []string
	for _, p := range slices.SortedFunc(maps.Keys(parts), part.compare) {
		if p.kind == "table" && !slices.Contains(growing, p.name) {
			small = append(small, quoted(p.name))
		}
	}
	return s.look(ctx, small...)
}

func (s *DB) look(ctx context.Context, in ...string) error {
	db, err := sql.Open("sqlite", dsn(s.path, readerPragmas))
	if err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	db.SetMaxOpenConns(1)
	for _, what := range in {
		if err = quickCheck(ctx, db, what); err != nil {
			break
		}
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("check database: %w", explain(err))
	}
	return nil
}

// everything is what [quickCheck] is asked for the whole file: five findings of it do.
const everything = "5"

// quickCheck looks for damage in a table and its indexes, or in [everything].
func quickCheck(ctx context.Context, db *sql.DB, in string) error {
	rows, err := db.QueryContext(ctx, "PRAGMA quick_check("+in+")")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	var found []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err
		}
		found = append(found, line)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("%w: %s", dialect.ErrDamaged, strings.Join(found, "; "))
	}
	return nil
}
