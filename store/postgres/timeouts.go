package postgres

import (
	"context"
	"deskd/store/dialect"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// timeoutsOf are the settings by which the server lets go of a silent node, in milliseconds
// but for the keepalives, which are in seconds. A socket of the same machine has no network
// to lose.
func timeoutsOf(config *pgx.ConnConfig) map[string]string {
	ms := fmt.Sprint(sessionTimeout.Milliseconds())
	timeouts := map[string]string{"idle_session_timeout": ms, "idle_in_transaction_session_timeout": ms, "statement_timeout": ms}
	if !strings.HasPrefix(config.Host, "/") {
		timeouts["tcp_user_timeout"] = ms
		timeouts["tcp_keepalives_idle"], timeouts["tcp_keepalives_interval"], timeouts["tcp_keepalives_count"] = "1", "1", "3"
	}
	return timeouts
}

// inForce is an error when the server has not taken a setting.
func inForce(ctx context.Context, conn *pgx.Conn, settings map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		var got string
		want := settings[name]
		if err := conn.QueryRow(ctx, "SELECT setting FROM pg_settings WHERE name = $1", name).Scan(&got); err != nil {
			return fmt.Errorf("%w: the server does not tell its %s: %w", dialect.ErrUnfit, name, err)
		}
		if got != want {
			return fmt.Errorf("%w: the server has %s = %s, and deskd needs %s, or the phones of a node that hangs would wait for long; "+
				"name the server itself in database.driving_dsn, not a pooler", dialect.ErrUnfit, name, got, want)
		}
	}
	return nil
}
