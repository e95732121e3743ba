package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"deskd/store/dialect"
)

// What the server refuses is told with what to do, once.
func TestExplain(t *testing.T) {
	for code, want := range map[string]string{
		"55P03": "another program has been writing for 5 seconds", "53100": "disk is full", "53300": "max_connections", "25006": "name the primary",
		"28P01": "check the user and password", "08P01": "leads to a pooler", "08006": "check that the server runs", "58P01": "postgresql-contrib", "XX001": "restore a backup",
	} {
		err := explain(explain(fmt.Errorf("ask: %w", &pgconn.PgError{Code: code, Message: "no"})))
		if strings.Count(err.Error(), want) != 1 || !strings.HasPrefix(err.Error(), "ask: ") {
			t.Errorf("%s: %v", code, err)
		}
		if errors.Is(err, dialect.ErrDamaged) != (code == "XX001") {
			t.Errorf("%s: damage: %v", code, err)
		}
	}
	for code, overlap := range map[string]bool{"23P01": true, "23505": false, "23514": false, "22007": false} {
		err := explain(&pgconn.PgError{Code: code})
		if !errors.Is(err, dialect.ErrConstraint) || errors.Is(err, dialect.ErrOverlap) != overlap {
			t.Errorf("%s: %v", code, err)
		}
	}
	_, conn := opened(t)
	if _, err := conn.Exec(ctx, "CREATE EXTENSION nothing_like_that"); !strings.Contains(explain(err).Error(), "postgresql-contrib") {
		t.Errorf("a missing extension: %v", explain(err))
	}
}
