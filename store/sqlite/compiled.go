package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"modernc.org/sqlite"
)

// A connection keeps the statements that it has compiled, so that the next one of the
// same text does not compile it again: with the triggers of a table that takes longer
// than most statements run. It is done beneath database/sql, and not by gorm
// (PrepareStmt) or with sql.Stmt, for three reasons:
//
//   - A PRAGMA may act while it is compiled: kept, it would act once. So PRAGMAs are
//     compiled each time, and gorm would keep them.
//   - Two answers of one text may be read at once within a transaction, and the driver
//     has one cursor in each compiled statement. Here the second is compiled by itself.
//   - What belongs to a connection ends with it: a file that was replaced, or a
//     connection that was lost, leaves nothing behind.
//
// SQLite compiles a kept statement again by itself when the schema has changed since, also
// when another program has changed it. A statement that was reset holds no lock, keeps
// no snapshot, and has forgotten its parameters.

// mostCompiled is how many statements a connection keeps, some 10 KB each: the daemon has
// fewer that it makes again and again. The one that was not used for longest goes.
const mostCompiled = 100

// openKeeping is a pool of connections that keep what they compile.
func openKeeping(dsn string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{c}), nil
}

type connector struct{ driver.Connector }

// Connect implements [driver.Connector].
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	able, ok := conn.(ableConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver has changed: its connections cannot keep statements"), conn.Close())
	}
	return &keeping{ableConn: able, idle: make(map[string]*compiled)}, nil
}

// ableConn is what database/sql and this package use of the driver's connection. What is
// not named here would be lost behind [keeping].
type ableConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	pooledConn
}

type pooledConn interface {
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	sqlite.HookRegisterer
}

// ableRows are the driver's rows, likewise.
type ableRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

type ableStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keeping is a connection. Like any driver's it is used by one goroutine at a time.
type keeping struct {
	ableConn
	idle map[string]*compiled // by text; what is in use is not in here
	uses int64
}

// compiled is a statement of a connection.
type compiled struct {
	ableStmt
	text string
	last int64 // which of the connection's uses was its last
}

// aboutRows reports whether a statement reads or writes rows: those are kept.
func aboutRows(text string) bool {
	text = strings.TrimLeft(text, " \t\n")
	word := text[:max(0, strings.IndexAny(text, " \t\n"))]
	switch strings.ToUpper(word) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return true
	}
	return false
}

// ExecContext implements [driver.ExecerContext].
func (k *keeping) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if !aboutRows(text) {
		return k.ableConn.ExecContext(ctx, text, args)
	}
	c, err := k.take(ctx, text)
	if err != nil {
		return nil, err
	}
	result, err := c.ExecContext(ctx, args)
	k.give(c, err)
	return result, err
}

// QueryContext implements [driver.QueryerContext].
func (k *keeping) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if !aboutRows(text) {
		return k.ableConn.QueryContext(ctx, text, args)
	}
	c, err := k.take(ctx, text)
	if err != nil {
		return nil, err
	}
	found, err := c.QueryContext(ctx, args)
	able, ok := found.(ableRows)
	if err == nil && !ok {
		err = errors.Join(errors.New("the SQLite driver has changed: its rows do not tell their types"), found.Close())
	}
	if err != nil {
		k.give(c, err)
		return nil, err
	}
	return &rowsOf{able, k, c}, nil
}

// rowsOf gives its statement back at the end.
type rowsOf struct {
	ableRows
	conn *keeping
	of   *compiled
}

// Close implements [driver.Rows]. database/sql calls it once.
func (r *rowsOf) Close() error {
	err := r.ableRows.Close()
	r.conn.give(r.of, err)
	return err
}

// Close implements [driver.Conn]. Rows and transactions have ended by then.
func (k *keeping) Close() error {
	var errs []error
	for _, c := range k.idle {
		errs = append(errs, c.Close())
	}
	k.idle = nil
	return errors.Join(append(errs, k.ableConn.Close())...)
}

// take is a statement that nobody else uses until it is given back.
func (k *keeping) take(ctx context.Context, text string) (*compiled, error) {
	if c, ok := k.idle[text]; ok {
		delete(k.idle, text)
		return c, nil
	}
	stmt, err := k.PrepareContext(ctx, text) //nolint:sqlclosecheck // give or the end of the connection closes it
	if err != nil {
		return nil, err
	}
	able, ok := stmt.(ableStmt)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver has changed: its statements take no context"), stmt.Close())
	}
	return &compiled{ableStmt: able, text: text}, nil
}

// give takes a statement back. One that ended with an error is not used again: what state
// it is in is not worth knowing.
func (k *keeping) give(c *compiled, err error) {
	if _, twice := k.idle[c.text]; err != nil || twice || k.idle == nil {
		_ = c.Close() // tells the same error once more
		return
	}
	k.uses++
	c.last = k.uses
	k.idle[c.text] = c
	if len(k.idle) <= mostCompiled {
		return
	}
	oldest := c
	for _, other := range k.idle {
		if other.last < oldest.last {
			oldest = other
		}
	}
	delete(k.idle, oldest.text)
	_ = oldest.Close() // it was reset without one
}
