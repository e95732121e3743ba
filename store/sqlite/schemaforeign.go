package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"deskd/store/dialect"
)

// foreign says what of a schema that is not deskd's may stay beside it:
//
//	tables and views                     may stay, under a name of their own
//	tables with a foreign key to deskd's are faults: what refers to a row keeps it
//	indexes of their own tables          may stay
//	indexes of deskd's tables            may stay if they are of columns alone. One that is
//	                                     unique, partial or of an expression is a fault:
//	                                     it refuses what deskd writes
//	triggers, and all else               are faults, whatever they are called
type foreign struct {
	db     *sql.DB
	own    map[string]bool // deskd's tables
	tables map[string]bool // tables of others that may stay
}

// statements are how SQLite begins the statements that it keeps, by kind.
var statements = map[string][]string{
	"table": {"CREATE TABLE ", "CREATE VIRTUAL TABLE "},
	"view":  {"CREATE VIEW "},
	"index": {"CREATE INDEX ", "CREATE UNIQUE INDEX "},
}

// fault is what there is against r, the zero fault when it may stay.
func (f foreign) fault(ctx context.Context, r schemaRow) (dialect.SchemaFault, error) {
	made := slices.ContainsFunc(statements[r.kind], func(begins string) bool { return strings.HasPrefix(r.by, begins) })
	if !made || strings.HasPrefix(folded(r.name), "sqlite_") {
		return dialect.SchemaFault{What: r.what("is not deskd's"), Fix: r.drop()}, nil
	}
	switch r.kind {
	case "table":
		to, err := f.refers(ctx, r)
		if err == nil && to != "" {
			return dialect.SchemaFault{What: r.what(fmt.Sprintf("refers to %s, which deskd can no longer remove rows from", to)), Fix: r.copied()}, nil
		}
		f.tables[folded(r.name)] = true
		return dialect.SchemaFault{}, err
	case "index":
		if f.tables[folded(r.of)] {
			return dialect.SchemaFault{}, nil
		}
		plain, err := f.plain(ctx, r)
		if err != nil || plain {
			return dialect.SchemaFault{}, err
		}
		return dialect.SchemaFault{What: r.what("is not deskd's, and may refuse what deskd writes"), Fix: r.drop()}, nil
	}
	return dialect.SchemaFault{}, nil
}

// what says what is wrong with r.
func (r schemaRow) what(is string) string {
	kind := r.kind
	if _, known := statements[kind]; !known && kind != "trigger" {
		kind = fmt.Sprintf("row of kind %q", kind)
	}
	if r.kind == "table" || r.kind == "view" {
		return fmt.Sprintf("%s %s %s", kind, r.name, is)
	}
	return fmt.Sprintf("%s %s on %s %s", kind, r.name, r.of, is)
}

// drop is the statement that removes r, empty when SQLite has none: for tables of its
// own, and rows that it has not written.
func (r schemaRow) drop() string {
	begins := "CREATE " + strings.ToUpper(r.kind) + " "
	switch {
	case r.kind == "trigger" && strings.HasPrefix(r.by, begins), r.kind == "index" && r.stated:
		return "DROP " + strings.ToUpper(r.kind) + " " + quoted(r.name)
	}
	return ""
}

// copied is the statements that make of the table r one without references.
func (r schemaRow) copied() string {
	return fmt.Sprintf("CREATE TABLE %s AS SELECT * FROM %s; DROP TABLE %s", quoted(r.name+" without references"), quoted(r.name), quoted(r.name))
}

// refers is the table of deskd's that the table r refers to, empty when to none.
func (f foreign) refers(ctx context.Context, r schemaRow) (to string, err error) {
	// Not by its function: a table may have that one's name.
	rows, err := f.db.QueryContext(ctx, "PRAGMA main.foreign_key_list("+quoted(r.name)+")")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var table string
		var rest [7]any
		if err := rows.Scan(&rest[0], &rest[1], &table, &rest[2], &rest[3], &rest[4], &rest[5], &rest[6]); err != nil {
			return "", err
		}
		if f.own[folded(table)] {
			to = table
		}
	}
	return to, rows.Err()
}

// plain reports whether the index r is one of a table of deskd's, of columns alone,
// and of all rows: SQLite keeps it, and it refuses none.
func (f foreign) plain(ctx context.Context, r schemaRow) (plain bool, err error) {
	if !f.own[folded(r.of)] || strings.HasPrefix(folded(r.of), "sqlite_") {
		return false, nil
	}
	rows, err := f.db.QueryContext(ctx, "PRAGMA main.index_list("+quoted(r.of)+")")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var seq, unique, partial int
		var name, origin string
		if err := rows.Scan(&seq, &name, &unique, &origin, &partial); err != nil {
			return false, err
		}
		if name == r.name {
			plain = unique == 0 && partial == 0
		}
	}
	if err := rows.Err(); err != nil || !plain {
		return false, err
	}
	return f.ofColumns(ctx, r)
}

// ofColumns reports whether the index r is of columns alone, in orders that every
// SQLite knows.
func (f foreign) ofColumns(ctx context.Context, r schemaRow) (plain bool, err error) {
	rows, err := f.db.QueryContext(ctx, "PRAGMA main.index_xinfo("+quoted(r.name)+")")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	plain = true
	for rows.Next() {
		var seq, column, desc, key int
		var name, order sql.NullString
		if err := rows.Scan(&seq, &column, &name, &desc, &order, &key); err != nil {
			return false, err
		}
		const expression = -2
		known := slices.Contains([]string{"BINARY", "NOCASE", "RTRIM"}, strings.ToUpper(order.String))
		plain = plain && column != expression && known
	}
	return plain, rows.Err()
}

// folded is a name as SQLite compares names.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}
