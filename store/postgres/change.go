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
	lockWriter  = "SELECT concat(pg_advisory_xact_lock(1684366187, 2)), (" + schemaVersion + ")"
	lockAudited = "SELECT concat(pg_advisory_xact_lock(1684366187, 1), pg_advisory_xact_lock(1684366187, 2)), (" + schemaVersion + ")"
	// schemaVersion is that of goose's table.
	schemaVersion = "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied"
)

// Change runs do in one transaction, which is on disk when Change returns nil and leaves no
// trace when do fails.
func (s *DB) Change(ctx context.Context, do func(tx *gorm.DB) error) error {
	conn := s.writes.journal
	if dialect.IsAudited(ctx) {
		conn = s.writes.audited
	}
	switch {
	case conn == nil:
		return dialect.ErrReadOnly
	case s.hasFailed():
		return fmt.Errorf("%w: an earlier commit failed, and nothing is written until deskd is restarted", dialect.ErrStopped)
	}
	return s.transact(ctx, conn, s.commit, do)
}

// transact runs do in one transaction of a connection, and ends it by commit.
func (s *DB) transact(ctx context.Context, conn *gorm.DB, commit func(tx *gorm.DB, own *given) error, do func(tx *gorm.DB) error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// A context that ends while the commit is under way would leave nobody knowing its outcome.
	tx := conn.WithContext(context.WithoutCancel(ctx)).Begin()
	if tx.Error != nil {
		return explain(tx.Error)
	}
	defer tx.Rollback() // does nothing after the commit
	of := tx.WithContext(ctx)
	if err := s.enter(of); err != nil {
		return err
	}
	own, err := s.numbers.follow(of, dialect.IsAudited(ctx))
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
	own.await()
	s.commits.Add(1)
	defer s.commits.Add(1)
	return commit(tx, own)
}

// enter takes the locks of a transaction, and sees to it that nothing is written any more
// by a deskd that is older than the schema: a newer one has migrated it meanwhile.
func (s *DB) enter(tx *gorm.DB) error {
	lock := lockWriter
	if dialect.IsAudited(tx.Statement.Context) {
		lock = lockAudited
	}
	var nothing string
	var at int64
	if err := tx.Raw(lock).Row().Scan(&nothing, &at); err != nil {
		return explain(err)
	}
	return s.outgrown(at)
}

// outgrown is a [dialect.ErrNewerSchema] when the schema's version is one that this deskd
// does not know.
func (s *DB) outgrown(at int64) error {
	if at <= s.schema.Newest() {
		return nil
	}
	return fmt.Errorf("%w: it has version %d by now, this deskd knows versions up to %d; run the newer deskd", dialect.ErrNewerSchema, at, s.schema.Newest())
}

// commit ends a transaction. Whose outcome the connection has not told, the server is asked for.
func (s *DB) commit(tx *gorm.DB, own *given) error {
	err := tx.Commit().Error
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
