package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"deskd/store/dialect"
)

// Reach is how the server of a DSN is reached by those who ask it beside [DB]. Of several
// servers, that is the primary.
func Reach(dsn string) (*pgx.ConnConfig, error) { return parse(dsn) }

// several reports whether a DSN names more than one server.
func several(c *pgx.ConnConfig) bool {
	return slices.ContainsFunc(c.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.Host != c.Host || f.Port != c.Port })
}

// servers are those that a DSN names, in its order.
func servers(c *pgx.ConnConfig) string {
	all := []string{fmt.Sprintf("%s:%d", c.Host, c.Port)}
	for _, f := range c.Fallbacks { // the same one again, without TLS, too
		if name := fmt.Sprintf("%s:%d", f.Host, f.Port); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, ",")
}

// primary refuses a connection to a replica, and has the next server tried that the DSN names. A
// name, a proxy or a list of servers may lead to another one with each connection: what one of
// them reads would be older than what another writes, and its locks are no one else's.
func primary(ctx context.Context, conn *pgconn.PgConn) error {
	all, err := conn.Exec(ctx, "SELECT pg_is_in_recovery()").ReadAll()
	if err != nil {
		return err
	}
	if len(all) != 1 || len(all[0].Rows) != 1 || string(all[0].Rows[0][0]) != "f" {
		return errReplica
	}
	return nil
}

var errReplica = fmt.Errorf("%w: the server is a replica; name the primary in database.dsn", dialect.ErrReadOnly)

// settled gives a connection the settings of every one, and then these. The server looks whether
// the other end is still there: a machine that lost its power says nothing, and would keep its locks
// for hours. A socket of the same machine has no network to lose.
func settled(config *pgx.ConnConfig, settings map[string]string) {
	if !strings.HasPrefix(config.Host, "/") {
		maps.Copy(config.RuntimeParams, map[string]string{
			"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3", "tcp_user_timeout": "25000",
		})
	}
	maps.Copy(config.RuntimeParams, always)
	maps.Copy(config.RuntimeParams, settings)
}
