package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"deskd/store/dialect"
)

// SQLite's own wait for a lock asks for it less and less often, every tenth of a
// second in the end. A program that writes in a tight loop frees the lock for
// moments only, and a program that asks so rarely meets none of them: it waits for
// seconds, and gives up after five. Asked for every millisecond, the lock is had
// within tenths of a second, beside the same loop.
const (
	busyFor   = 5 * time.Second // as long as busy_timeout of the other statements
	busyEvery = time.Millisecond
)

// beginWriting begins a transaction that writes on a connection, as soon as nobody else
// writes.
func beginWriting(ctx context.Context, conn *gorm.DB) (*gorm.DB, error) {
	if err := busyTimeout(conn, 0); err != nil {
		return nil, err
	}
	tx := conn.Begin()
	if isBusy(tx.Error) {
		tx = beginPatiently(ctx, conn)
	}
	// Other statements wait as SQLite does, also on this connection.
	err := errors.Join(tx.Error, busyTimeout(conn.WithContext(context.WithoutCancel(ctx)), busyFor))
	if err != nil && tx.Error == nil {
		tx.Rollback()
	}
	return tx, err
}

func beginPatiently(ctx context.Context, conn *gorm.DB) *gorm.DB {
	patience := time.NewTimer(busyFor)
	defer patience.Stop()
	again := time.NewTicker(busyEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done(): // Begin says it
			return conn.Begin()
		case <-patience.C:
			return conn.Begin()
		case <-again.C:
		}
		if tx := conn.Begin(); !isBusy(tx.Error) {
			return tx
		}
	}
}

// busyTimeout goes past gorm: it is set twice for each transaction.
func busyTimeout(conn *gorm.DB, d time.Duration) error {
	_, err := conn.Statement.ConnPool.ExecContext(conn.Statement.Context, fmt.Sprintf("PRAGMA busy_timeout = %d", d.Milliseconds()))
	return dialect.Translate(conn, err)
}

// isBusy reports whether err says that another connection has the lock.
func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}
