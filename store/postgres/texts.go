package postgres

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
)

// textual makes connections that write what the server's texts can hold: UTF-8, without
// NUL. SQLite takes anything, and a calendar may send anything: one such letter must not
// keep a whole feed from being written.
type textual struct{ driver.Connector }

// Connect implements [driver.Connector].
func (t textual) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := t.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return textualConn{conn.(*stdlib.Conn)}, nil //nolint:forcetypeassert // its connector makes no other
}

type textualConn struct{ *stdlib.Conn }

// CheckNamedValue implements [driver.NamedValueChecker]. All but texts is pgx's affair.
func (c textualConn) CheckNamedValue(v *driver.NamedValue) error {
	if text, ok := v.Value.(string); ok {
		v.Value = legible(text)
	}
	return c.Conn.CheckNamedValue(v)
}

// legible is text with U+FFFD for what is no letter.
func legible(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
}
