package transfer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// serverOnly are the tables of a server's schema that have no counterpart in a file, with
// what becomes of them.
var serverOnly = map[string]string{
	"goose_db_version": "each schema counts its own migrations",
	"signing":          "the key, which stands in a file's marker",
	"audit_numbered":   "the number that sqlite_sequence has in a file",
}

// table is one that both databases have.
type table struct {
	name    string
	columns []column
	key     []string        // of its rows, in the order of the primary key
	refers  map[string]bool // to other tables
}

// cataloguedColumns tells each column of the tables of a server's schema: its place in the
// primary key, and the table that it refers to.
const cataloguedColumns = `SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod),
    coalesce((SELECT array_position(k.conkey, a.attnum) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p'), 0),
    coalesce((SELECT f.relname::text FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
        WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey) LIMIT 1), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    AND pg_has_role(c.relowner, 'USAGE') -- others may keep tables of their own here
ORDER BY c.relname, a.attnum`

// serverTables are the tables of a server's schema.
func serverTables(db *gorm.DB) ([]table, error) {
	rows, err := db.Raw(cataloguedColumns).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	var all []table
	for rows.Next() {
		var name, to string
		var c column
		if err := rows.Scan(&name, &c.name, &c.kind, &c.key, &to); err != nil {
			return nil, err
		}
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, table{name: name, refers: make(map[string]bool)})
		}
		t := &all[len(all)-1]
		t.columns = append(t.columns, c)
		if to != "" && to != name {
			t.refers[to] = true
		}
	}
	for i := range all {
		all[i].key = keyOf(all[i].columns)
	}
	return all, rows.Err()
}

// keyOf are the names of a primary key in its order.
func keyOf(columns []column) []string {
	key := make([]string, 0, len(columns))
	for n := 1; n <= len(columns); n++ {
		for _, c := range columns {
			if c.key == n {
				key = append(key, c.name)
			}
		}
	}
	return key
}

// fileTables are the names of a file's tables, each with those of its columns.
func fileTables(db *gorm.DB) (map[string][]string, error) {
	rows, err := db.Raw(`SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY t.name, c.cid`).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	all := make(map[string][]string)
	for rows.Next() {
		var name, column string
		if err := rows.Scan(&name, &column); err != nil {
			return nil, err
		}
		all[name] = append(all[name], column)
	}
	return all, rows.Err()
}

// common are the tables that both databases have, each behind those that it refers to, and
// the names of the tables that one of them alone has: of another program, which may keep some
// beside deskd's.
func common(ctx context.Context, server, file *gorm.DB) (both []table, left []string, err error) {
	there, err := serverTables(server.WithContext(ctx))
	if err != nil {
		return nil, nil, fmt.Errorf("list the tables of the server: %w", err)
	}
	here, err := fileTables(file.WithContext(ctx))
	if err != nil {
		return nil, nil, fmt.Errorf("list the tables of the file: %w", err)
	}
	for _, t := range there {
		columns, ok := here[t.name]
		delete(here, t.name)
		switch {
		case serverOnly[t.name] != "":
		case !ok:
			left = append(left, t.name)
		case len(t.key) == 0:
			return nil, nil, fmt.Errorf("table %s has no primary key, by which rows could be compared", t.name)
		default:
			if err := sameColumns(t, columns); err != nil {
				return nil, nil, err
			}
			both = append(both, t)
		}
	}
	for name := range here {
		left = append(left, name)
	}
	slices.Sort(left)
	return inOrder(both), left, nil
}

// sameColumns refuses tables that differ: a value would have no place.
func sameColumns(t table, columns []string) error {
	want := make([]string, len(t.columns))
	for i, c := range t.columns {
		want[i] = c.name
	}
	slices.Sort(want)
	is := slices.Sorted(slices.Values(columns))
	if !slices.Equal(want, is) {
		return fmt.Errorf("table %s has the columns %s on the server, and %s in the file", t.name, strings.Join(want, ", "), strings.Join(is, ", "))
	}
	return nil
}

// inOrder has each table behind those that it refers to. References in a circle, of which
// the schema has none, would end it as it is.
func inOrder(tables []table) []table {
	var ordered []table
	placed := make(map[string]bool)
	for range tables {
		for _, t := range tables {
			ready := !placed[t.name]
			for to := range t.refers {
				ready = ready && placed[to]
			}
			if ready {
				ordered, placed[t.name] = append(ordered, t), true
			}
		}
	}
	for _, t := range tables {
		if !placed[t.name] {
			ordered = append(ordered, t)
		}
	}
	return ordered
}

// names are the table's columns as they are written in a statement.
func (t table) names() string {
	quoted := make([]string, len(t.columns))
	for i, c := range t.columns {
		quoted[i] = `"` + c.name + `"`
	}
	return strings.Join(quoted, ", ")
}
