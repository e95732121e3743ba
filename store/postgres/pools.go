package postgres

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// How many queries run at once: those of the caller, and those of [DB.Aside].
const (
	readers      = 4
	asideReaders = 1
)

// always are the settings of every connection, whatever those of the server or role are. Who
// waits for a lock for longer is told, as with SQLite; a large import, or a connection that
// waits for the next morning, is not ended.
var always = map[string]string{
	"application_name":      "deskd",
	"timezone":              "UTC",
	"lock_timeout":          "5s",
	"statement_timeout":     "0",
	"idle_session_timeout":  "0",
	"quote_all_identifiers": "off", // or the schema is told in other words
	// A node that hangs in the middle of a booking would keep everyone else from booking.
	"idle_in_transaction_session_timeout": "1min",
	"default_transaction_isolation":       "read committed",
}

var (
	forReading = map[string]string{"default_transaction_read_only": "on"}
	forWriting = map[string]string{"default_transaction_read_only": "off"}
)

// pool opens connections with these settings; they are made as they are needed.
func (s *DB) pool(of *pgx.ConnConfig, settings map[string]string, size int) *sql.DB {
	of = of.Copy()
	of.DialFunc = s.lines.dial(of.DialFunc, 0)
	settled(of, settings)
	db := sql.OpenDB(textual{stdlib.GetConnector(*of, stdlib.OptionAfterConnect(prepared(withInstants, durable, func(ctx context.Context, conn *pgx.Conn) error {
		return errors.Join(asked(ctx, conn, settings), asked(ctx, conn, always))
	})))})
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	s.pools = append(s.pools, db)
	return db
}

// prepared does all that makes a new connection ready. One that cannot be made ready is closed:
// nobody else would.
func prepared(all ...func(ctx context.Context, conn *pgx.Conn) error) func(ctx context.Context, conn *pgx.Conn) error {
	return func(ctx context.Context, conn *pgx.Conn) error {
		for _, do := range all {
			if err := do(ctx, conn); err != nil {
				return errors.Join(err, conn.Close(ctx))
			}
		}
		return nil
	}
}

// durable has commits wait for the disk, also where the server's are not told to: what
// deskd has acknowledged must survive. Where it waits for replicas too, it goes on to.
func durable(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', FALSE) WHERE current_setting('synchronous_commit') IN ('off', 'local')")
	return err
}

// Wrap is a pool of connections, or one of them, as gorm uses it.
func Wrap(db gorm.ConnPool) (*gorm.DB, error) {
	return gorm.Open(dialector{postgres.New(postgres.Config{Conn: db}).(*postgres.Dialector)}, &gorm.Config{ //nolint:forcetypeassert // New makes one
		TranslateError:         true,
		SkipDefaultTransaction: true,
		Logger:                 logger.Discard,
	})
}
