package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/store/dialect"
)

// The locks of a transaction, in the order in which they are taken. All are given back by
// the commit.
//
//	deskd, what the audit records   audit, writer
//	deskd, all else                        writer
//	another program (by a trigger)  audit
//
// So one of deskd's nodes writes at a time, and what one of its transactions has read stays
// as it was: an intent cannot be recorded beside the pause that forbids it. A program that
// does not commit keeps bookings waiting, and no login. The numbers are those of the
// migrations: "desk" in ASCII, and which.
const (
	lockWriter  = "SELECT pg_advisory_xact_lock(1684366187, 2)"
	lockAudited = "SELECT pg_advisory_xact_lock(1684366187, 1), pg_advisory_xact_lock(1684366187, 2)"
)

// Change runs do in one transaction, which is on disk when Change returns nil and leaves no
// trace when do fails.
func (s *DB) Change(ctx context.Context, do func(tx *gorm.DB) error) error {
	audited := dialect.IsAudited(ctx)
	conn, lock := s.writes.journal, lockWriter
	if audited {
		conn, lock = s.writes.audited, lockAudited
	}
	switch {
	case conn == nil:
		return dialect.ErrReadOnly
	case s.hasFailed():
		return fmt.Errorf("%w: an earlier commit failed, and nothing is written until deskd is restarted", dialect.ErrStopped)
	case ctx.Err() != nil:
		return ctx.Err()
	}
	// A context that ends while the commit is under way would leave nobody knowing its outcome.
	tx := conn.WithContext(context.WithoutCancel(ctx)).Begin()
	if tx.Error != nil {
		return explain(tx.Error)
	}
	defer tx.Rollback() // does nothing after the commit
	of := tx.WithContext(ctx)
	if err := of.Exec(lock).Error; err != nil {
		return explain(err)
	}
	own, err := s.numbers.follow(of, audited)
	if err == nil {
		err = do(dialect.WithSpelled(of, &s.spelled))
	}
	if err == nil {
		err = own.reach(of)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return explain(err)
	}
	return s.commit(tx, own)
}

// commit ends a transaction. Whose outcome the connection has not told, the server is asked for.
func (s *DB) commit(tx *gorm.DB, own *given) error {
	own.await()
	s.commits.Add(1)
	err := tx.Commit().Error
	s.commits.Add(1)
	if err == nil {
		return nil
	}
	if !answered(err) {
		switch committed, asked := s.outcome(own.transaction); {
		case asked != nil:
			s.fail.Do(func() { close(s.failed) })
			return fmt.Errorf("%w: %w", dialect.ErrCommit, errors.Join(explain(err), asked))
		case committed:
			return nil
		}
	}
	own.undo()
	return explain(err)
}

// How long, and how often, the server is asked what became of a transaction: as long as a
// crash takes to recover from, or another server to take over, on a good day.
const (
	outcomeFor   = 10 * time.Second
	outcomeEvery = 100 * time.Millisecond
)

// outcome asks the server whether a transaction was committed, by its number.
func (s *DB) outcome(transaction string) (committed bool, err error) {
	if transaction == "" { // it has written nothing
		return false, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.asks)
	defer cancel()
	for {
		var is string
		err := s.read.WithContext(ctx).Raw("SELECT coalesce(pg_xact_status(?::xid8), 'forgotten')", transaction).Row().Scan(&is)
		switch {
		case err == nil && is != "in progress" && is != "forgotten":
			return is == "committed", nil
		case err == nil && is == "forgotten", answered(err):
			return false, fmt.Errorf("ask what became of transaction %s: %w", transaction, errors.Join(err, errors.New(is)))
		}
		if paused := dialect.Pause(ctx, outcomeEvery); paused != nil {
			return false, errors.Join(explain(err), paused)
		}
	}
}
