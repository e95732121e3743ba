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

// A program that may write the file may also write its schema: a trigger that is planted
// there acts in every program that writes, deskd included, and without those of
// the audit changes go unseen. So the schema is compared with the one that the
// migrations make, row by row, and what is neither deskd's nor known to be harmless
// is a fault: names, kinds and statements are what their writer wants them to be
// (PRAGMA writable_schema). What others may add is in [foreign].

// SchemaError says that a database has another schema than deskd gave it. Nothing
// was changed.
type SchemaError struct {
	Path   string
	Faults []dialect.SchemaFault
}

// Error implements error: all faults, and what to do.
func (e *SchemaError) Error() string {
	var says []string
	for _, f := range e.Faults {
		if f.Fix == "" {
			says = append(says, f.What)
			continue
		}
		says = append(says, fmt.Sprintf("%s (%s)", f.What, strings.Join(strings.Fields(f.Fix), " ")))
	}
	return fmt.Sprintf("%v: %s; find out who did it, then run the statements in brackets with sqlite3 %s, or put a backup in its place with deskd restore FILE",
		dialect.ErrSchema, strings.Join(says, "; "), e.Path)
}

// Unwrap makes it an [dialect.ErrSchema].
func (e *SchemaError) Unwrap() error { return dialect.ErrSchema }

// part is a table, index, view or trigger.
type part struct{ kind, name string }

// made is how a part was made.
type made struct{ of, by string }

// SchemaFaults compares the schema with the one that the migrations make. A
// database without faults returns none. It asks by a connection of its own: one that
// is open goes by what it has read, which may not be what stands there now.
func (s *DB) SchemaFaults(ctx context.Context) (faults []dialect.SchemaFault, err error) {
	want, err := s.schema.parts(ctx, s.newest)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(s.path, readerPragmas))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if faults, err = schemaFaults(ctx, db, want); err != nil {
		return nil, fmt.Errorf("read schema: %w", explain(err))
	}
	return faults, nil
}

// intact refuses a database whose schema is another than its version's.
func (s *DB) intact(ctx context.Context, db *sql.DB, version int64) error {
	want, err := s.schema.parts(ctx, version)
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
func schemaFaults(ctx context.Context, db *sql.DB, want map[part]made) ([]dialect.SchemaFault, error) {
	rows, err := schemaRows(ctx, db)
	if err != nil {
		return nil, err
	}
	have := make(map[part]made)
	others := foreign{db: db, own: make(map[string]bool), tables: make(map[string]bool)}
	var theirs []schemaRow
	for p := range want {
		if p.kind == "table" {
			others.own[folded(p.name)] = true
		}
	}
	for _, r := range rows {
		_, ours := want[r.part]
		_, twice := have[r.part]
		switch {
		case r.automatic() || r.statistics():
		case ours && !twice:
			have[r.part] = r.made
		default:
			theirs = append(theirs, r)
		}
	}
	faults := differences(have, want)
	slices.SortStableFunc(theirs, func(a, b schemaRow) int { return -a.compare(b.part) }) // tables before their indexes
	for _, r := range theirs {
		fault, err := others.fault(ctx, r)
		if err != nil {
			return nil, err
		}
		if fault.What != "" {
			faults = append(faults, fault)
		}
	}
	return faults, nil
}

// differences are what is missing, or is not as deskd made it.
func differences(have, want map[part]made) []dialect.SchemaFault {
	var faults []dialect.SchemaFault
	for _, p := range slices.SortedFunc(maps.Keys(want), part.compare) {
		switch is, there := have[p]; {
		case !there:
			faults = append(faults, dialect.SchemaFault{What: fmt.Sprintf("%s %s is missing", p.kind, p.name), Fix: p.create(want[p])})
		case is != want[p]:
			faults = append(faults, dialect.SchemaFault{What: fmt.Sprintf("%s %s is not as deskd made it", p.kind, p.name), Fix: p.recreate(want[p])})
		}
	}
	return faults
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

// partsOf is the schema in db, by part.
func partsOf(ctx context.Context, db *sql.DB) (map[part]made, error) {
	rows, err := schemaRows(ctx, db)
	if err != nil {
		return nil, err
	}
	parts := make(map[part]made)
	for _, r := range rows {
		if !r.automatic() {
			parts[r.part] = r.made
		}
	}
	return parts, nil
}

// schemaRow is a row of the schema as it stands in the file.
type schemaRow struct {
	part
	made
	stated bool // it has a statement
}

// schemaRows reads the schema in db. It is called sqlite_master there: a table of the
// name sqlite_schema can be planted, and an index that lacks what is to be hidden.
func schemaRows(ctx context.Context, db *sql.DB) (all []schemaRow, err error) {
	rows, err := db.QueryContext(ctx, `SELECT ifnull(type, ''), ifnull(name, ''), ifnull(tbl_name, ''), ifnull(sql, ''), sql IS NOT NULL
		FROM main.sqlite_master NOT INDEXED ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r schemaRow
		if err := rows.Scan(&r.kind, &r.name, &r.of, &r.by, &r.stated); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// automatic reports whether SQLite made r by itself, for a constraint of a table.
func (r schemaRow) automatic() bool {
	return r.kind == "index" && !r.stated && strings.HasPrefix(r.name, "sqlite_autoindex_"+r.of+"_")
}

// statistics reports whether ANALYZE made r.
func (r schemaRow) statistics() bool {
	columns := map[string]string{"sqlite_stat1": "(tbl,idx,stat)", "sqlite_stat4": "(tbl,idx,neq,nlt,ndlt,sample)"}[r.name]
	return columns != "" && r.kind == "table" && r.of == r.name && r.by == "CREATE TABLE "+r.name+columns
}
