package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// base is one of the two databases, in the transaction in which it is read or filled.
type base struct {
	tx     *gorm.DB
	server bool
	key    string // with which deskd signs
	// told gets each text that was made legible, which a server alone needs; nil where
	// texts stay as they are.
	told func(of Place)
}

// Place is where a value stands.
type Place struct {
	Table  string `json:"table"`
	Row    string `json:"row"` // its primary key
	Column string `json:"column"`
}

// String is the Place for people.
func (p Place) String() string {
	return fmt.Sprintf("table %s, row %s, column %s", p.Table, p.Row, p.Column)
}

// query reads all rows of a table, in the order of its primary key: by bytes, and without
// the collation of the column, which may be another in either database.
func (b base) query(t table) string {
	order := make([]string, len(t.key))
	for i, name := range t.key {
		order[i] = b.byBytes(t, name)
	}
	return "SELECT " + t.names() + " FROM " + t.name + " ORDER BY " + strings.Join(order, ", ")
}

func (b base) byBytes(t table, name string) string {
	kind := ""
	for _, c := range t.columns {
		if c.name == name {
			kind = c.kind
		}
	}
	switch {
	case kind != kindText && kind != kindFoldable:
		return `"` + name + `"`
	case b.server:
		return `("` + name + `"::text) COLLATE "C"`
	}
	return `"` + name + `" COLLATE BINARY`
}

// count is how many rows a table has.
func (b base) count(ctx context.Context, t table) (n int64, err error) {
	err = b.tx.WithContext(ctx).Raw("SELECT count(*) FROM " + t.name).Row().Scan(&n)
	return n, err
}

// cursor reads the rows of a table one by one.
type cursor struct {
	base
	table
	rows *sql.Rows
	raw  []any
	into []any // pointers to raw
}

// open begins to read a table. The caller closes the cursor.
func (b base) open(ctx context.Context, t table) (*cursor, error) {
	rows, err := b.tx.WithContext(ctx).Raw(b.query(t)).Rows()
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", t.name, err)
	}
	c := &cursor{base: b, table: t, rows: rows, raw: make([]any, len(t.columns))}
	for i := range c.raw {
		c.into = append(c.into, &c.raw[i])
	}
	return c, nil
}

// close ends the reading. What it would say, [cursor.next] has said.
func (c *cursor) close() { _ = c.rows.Close() }

// next is the next row in the canonical form, nil behind the last.
func (c *cursor) next() ([]any, error) {
	if !c.rows.Next() {
		return nil, c.failed(c.rows.Err())
	}
	if err := c.rows.Scan(c.into...); err != nil {
		return nil, c.failed(err)
	}
	row := make([]any, len(c.raw))
	for i, column := range c.columns {
		v, err := column.canonical(c.raw[i])
		if err != nil {
			return nil, fmt.Errorf("%v: %w; correct it first", Place{c.name, rowName(c.table, c.raw), column.name}, err)
		}
		row[i] = v
		if text, ok := v.(string); ok && c.told != nil {
			row[i] = c.legible(text, column)
		}
	}
	return row, nil
}

func (c *cursor) legible(text string, of column) string {
	is := legible(text)
	if is != text {
		c.told(Place{c.name, rowName(c.table, c.raw), of.name})
	}
	return is
}

func (c *cursor) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read table %s: %w", c.name, err)
}

// rowName is what a row is called by its primary key.
func rowName(t table, row []any) string {
	var parts []string
	for _, name := range t.key {
		for i, c := range t.columns {
			if c.name == name {
				parts = append(parts, spelled(row[i]))
			}
		}
	}
	return strings.Join(parts, ", ")
}

// each does something with every row of a table.
func (b base) each(ctx context.Context, t table, do func(row []any) error) (err error) {
	c, err := b.open(ctx, t)
	if err != nil {
		return err
	}
	defer c.close()
	for {
		row, err := c.next()
		if row == nil || err != nil {
			return err
		}
		if err := errors.Join(do(row), ctx.Err()); err != nil {
			return err
		}
	}
}
