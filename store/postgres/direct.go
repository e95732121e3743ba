package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// errPooler is advised: a lock of a session is that of the next user of its connection.
var errPooler = advised{errors.New("what answers is not the server, but a pooler"), advice["08P01"], "08P01"}

// direct refuses a connection whose other end is not the server. A pooler that speaks for
// one tells another process as the connection's than the server does.
func direct(ctx context.Context, conn *pgconn.PgConn) error {
	all, err := conn.Exec(ctx, "SELECT pg_backend_pid()").ReadAll()
	if err != nil {
		return err
	}
	if len(all) != 1 || len(all[0].Rows) != 1 || string(all[0].Rows[0][0]) != strconv.FormatUint(uint64(conn.PID()), 10) {
		return errPooler
	}
	return nil
}

// asked refuses a connection whose settings are not those that deskd has asked for.
func asked(ctx context.Context, conn *pgx.Conn, settings map[string]string) error {
	for name, want := range settings {
		var got string
		if err := conn.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return advised{fmt.Errorf("%s is %q, and deskd has asked for %q", name, got, want), advice["08P01"], "08P01"}
		}
	}
	return nil
}
