package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A program that may write the file may also write its schema: a trigger that is planted
// there acts in every program that writes, deskd included, and without those of
// the audit changes go unseen. So the schema is compared with the one that the
// migrations make. Indexes and views of others do nothing by themselves and may
// stay; so may tables.

// SchemaFault is where a database's schema is not the one that deskd gave it.
type SchemaFault struct {
	What string `json:"what"`           // "trigger x on reservations is not deskd's"
	Mend string `json:"mend,omitempty"` // the statements that undo it, empty when none do
}

// SchemaError says that a database has another schema than deskd gave it. Nothing
// was changed.
type SchemaError struct {
	Path   string
	Faults []SchemaFault
}

// Error implements error: all faults, and what to do.
func (e *SchemaError) Error() string {
	var says []string
	for _, f := range e.Faults {
		if f.Mend == "" {
			says = append(says, f.What)
			continue
		}
		says = append(says, fmt.Sprintf("%s (%s)", f.What, strings.Join(strings.Fields(f.Mend), " ")))
	}
	return fmt.Sprintf("%v: %s; find out who did it, then run the statements in brackets with sqlite3 %s, or put a backup in its place with deskd restore FILE",
		ErrSchema, strings.Join(says, "; "), e.Path)
}

// Unwrap makes it an [ErrSchema].
func (e *SchemaError) Unwrap() error { return ErrSchema }

// part is a table, index, view or trigger.
type part struct{ kind, name string }

// made is how a part was made.
type made struct{ of, by string }

// SchemaFaults compares the schema with the one that the migrations make. A
// database without faults returns none.
func (s *Store) SchemaFaults(ctx context.Context) ([]SchemaFault, error) {
	db, err := s.read.DB()
	if err != nil {
		return nil, err
	}
	want, err := s.made()
	if err != nil {
		return nil, err
	}
	faults, err := schemaFaults(ctx, db, want)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", explain(err))
	}
	return faults, nil
}

// intact refuses a database whose schema is another than its version's.
func (s *Store) intact(ctx context.Context, db *sql.DB, version int64) error {
	want, err := migrated(ctx, s.schema, version)
	if err != nil {
		return err
	}
	faults, err := schemaFaults(ctx, db, want)
	if err == nil && len(faults) > 0 {
		err = &SchemaError{s.path, faults}
	}
	return err
}

// schemaFaults compares the schema in db with the one that is wanted.
func schemaFaults(ctx context.Context, db *sql.DB, want map[part]made) ([]SchemaFault, error) {
	have, err := partsOf(ctx, db)
	if err != nil {
		return nil, err
	}
	var faults []SchemaFault
	for _, p := range slices.SortedFunc(maps.Keys(want), part.compare) {
		switch is, there := have[p]; {
		case !there:
			faults = append(faults, SchemaFault{fmt.Sprintf("%s %s is missing", p.kind, p.name), p.create(want[p])})
		case is != want[p]:
			faults = append(faults, SchemaFault{fmt.Sprintf("%s %s is not as deskd made it", p.kind, p.name), p.recreate(want[p])})
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(have), part.compare) {
		if _, known := want[p]; !known && p.kind == "trigger" {
			faults = append(faults, SchemaFault{
				fmt.Sprintf("trigger %s on %s is not deskd's", p.name, have[p].of), "DROP TRIGGER " + quoted(p.name),
			})
		}
	}
	return faults, nil
}

func (p part) compare(q part) int {
	return strings.Compare(p.kind+" "+p.name, q.kind+" "+q.name)
}

// create is the statement that makes p, if it holds no rows.
func (p part) create(m made) string {
	if p.kind == "table" {
		return ""
	}
	return m.by
}

// recreate is the statements that make p once more.
func (p part) recreate(m made) string {
	if p.kind == "table" {
		return ""
	}
	return "DROP " + strings.ToUpper(p.kind) + " " + quoted(p.name) + "; " + m.by
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// migrated is the schema that the migrations up to version make of an empty database.
func migrated(ctx context.Context, newSchema schemas, version int64) (parts map[part]made, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("make the schema to compare with: %w", err)
		}
	}()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // each would have a database of its own
	schema, err := newSchema(db)
	if err != nil {
		return nil, err
	}
	if err := schema.UpTo(ctx, version); err != nil {
		return nil, err
	}
	return partsOf(ctx, db)
}

// partsOf reads the schema in db. SQLite makes the parts without a statement by
// itself.
func partsOf(ctx context.Context, db *sql.DB) (parts map[part]made, err error) {
	rows, err := db.QueryContext(ctx, "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	parts = make(map[part]made)
	for rows.Next() {
		var p part
		var m made
		if err := rows.Scan(&p.kind, &p.name, &m.of, &m.by); err != nil {
			return nil, err
		}
		parts[p] = m
	}
	return parts, rows.Err()
}
