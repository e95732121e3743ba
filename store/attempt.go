package store

import (
	"cmp"
	"context"
	"database/sql"
	"deskd/scheduler/guard"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"deskd/scheduler/plan"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Begin implements [deskd/scheduler.Journal]. Instants are kept to the
// millisecond; the attempt is returned as it was given, but for its ID. Intents and outcomes
// of several senders share a commit when they wait for the disk at the same time.
func (s *Store) Begin(ctx context.Context, a plan.Attempt) (plan.Attempt, error) {
	row := tables.AttemptOf(a)
	err := s.small.change(ctx, func(tx *gorm.DB) error {
		// In the transaction of the intent: once a pause is committed nothing
		// more is sent.
		switch p, err := tables.PauseOf(s.sign, tx, a.Cluster); {
		case err != nil:
			return err
		case p.On() && a.Outcome == plan.Open:
			return refusal{guard.ErrPaused}
		}
		row.ID = 0
		return tx.Create(&row).Error
	})
	if err != nil {
		return a, fmt.Errorf("record %s %s: %w", a.Op, a.Device, err)
	}
	a.ID = row.ID
	return a, nil
}

// Finish implements [deskd/scheduler.Journal]. The error is [ErrNoAttempt] when a.ID was never begun, or pruned,
// unless a is a hold, which may outlast its row.
func (s *Store) Finish(ctx context.Context, a plan.Attempt, seen ...plan.Observation) error {
	s.written.Forget(seen)
	defer s.written.Forget(seen)
	err := s.small.change(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&tables.Attempt{}).Where("id = ?", a.ID).Updates(ending(a))
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 && a.Outcome != plan.Held { // of a hold nothing is lost
			return refusal{ErrNoAttempt}
		}
		return see(tx, seen)
	})
	if err != nil {
		return fmt.Errorf("record outcome of attempt %d: %w", a.ID, err)
	}
	return nil
}

// ending are the columns of how an attempt has ended.
func ending(a plan.Attempt) map[string]any {
	return map[string]any{
		"outcome": a.Outcome, "code": a.Code, "class": a.Class, "error": a.Error,
		"ended_at": dialect.Milli{Time: a.Ended}, "verified_at": dialect.Milli{Time: a.Verified},
	}
}

// NoteCallList records what became of the phone's list of calls after a logout, unless that is
// known.
func (s *Store) NoteCallList(ctx context.Context, attempt int64, outcome string) error {
	err := s.small.change(ctx, func(tx *gorm.DB) error {
		return tx.Model(&tables.Attempt{}).Where("id = ? AND call_list = ''", attempt).Update("call_list", outcome).Error
	})
	if err != nil {
		return fmt.Errorf("record the call list of attempt %d: %w", attempt, err)
	}
	return nil
}

// Attempts implements [deskd/scheduler.Journal].
func (s *Store) Attempts(ctx context.Context, since time.Time) ([]plan.Attempt, error) {
	return tables.ReadableAttempts(s.db.Read(ctx).Where("began_at >= ?", dialect.Milli{Time: since}).Order("began_at, id"))
}

// EachAttempt implements [deskd/scheduler.Journal].
func (s *Store) EachAttempt(ctx context.Context, since time.Time, take func(plan.Attempt)) error {
	// From the first of them on, by number: by the index of instants the rows would
	// have to be sorted. The first is found by that index all the same: the plus sign keeps
	// the database from walking the journal by number until it meets one.
	var first sql.NullInt64
	err := s.db.Read(ctx).Raw("SELECT min(+id) FROM attempts WHERE began_at >= ?", dialect.Milli{Time: since}).Scan(&first).Error
	if err != nil || !first.Valid {
		return err
	}
	q := s.db.Read(ctx).Where("id >= ?", first.Int64).Order("id")
	since = since.Truncate(time.Millisecond) // as the column is
	return tables.EachAttempt(q, func(a plan.Attempt, unreadable string) bool {
		if unreadable == "" && !a.Began.Before(since) {
			take(a)
		}
		return true
	})
}

// lastLogins asks for the newest done login at each phone that shows a session of
// deskd's: one seek per phone. MATERIALIZED keeps Postgres from comparing each attempt with
// each phone, CROSS JOIN keeps SQLite from going through the attempts.
const lastLogins = `
WITH shown(person, login) AS MATERIALIZED (
    SELECT o.person, (SELECT max(l.id) FROM attempts l WHERE l.device = o.device AND l.op = 'login' AND l.outcome = 'done')
    FROM observations o WHERE o.ours AND o.person <> '')
SELECT a.* FROM shown CROSS JOIN attempts a
WHERE a.id = shown.login AND a.person = shown.person
ORDER BY a.began_at, a.id`

// Begun implements [deskd/scheduler.Journal].
func (s *Store) Begun(ctx context.Context) ([]plan.Attempt, error) {
	logins, err := tables.ReadableAttempts(s.db.Read(ctx).Raw(lastLogins))
	if err != nil {
		return nil, err
	}
	// Spelled out, and sorted here: parameters would hide from the database that the index of
	// the lasting ones applies, and an order would have it go through the journal by that.
	db := s.db.Read(ctx)
	holds, err := tables.ReadableAttempts(db.Where("outcome = 'held' AND ended_at = " + dialect.Of(db).Never()))
	slices.SortFunc(holds, func(a, b plan.Attempt) int { return cmp.Or(a.Began.Compare(b.Began), cmp.Compare(a.ID, b.ID)) })
	return append(logins, holds...), err
}

// answeredWithin is how many of the newest attempts are looked through for answered ones:
// those of a cluster that was at rest meanwhile say little about it.
const answeredWithin = 5000

// Answered implements [deskd/scheduler.Sightings].
func (s *Store) Answered(ctx context.Context, cluster string, op plan.Op, most int) ([]plan.Attempt, error) {
	newest := "id > (SELECT max(id) FROM attempts) - ?"
	return tables.ReadableAttempts(s.db.Read(ctx).
		Where(newest+" AND cluster = ? AND outcome = 'done' AND op = ?", answeredWithin, cluster, string(op)).
		Order("id DESC").Limit(most))
}

// Sent implements [deskd/scheduler.Sightings].
func (s *Store) Sent(ctx context.Context, cluster string, most int) ([]plan.Attempt, error) {
	newest := "id > (SELECT max(id) FROM attempts) - ?"
	return tables.ReadableAttempts(s.db.Read(ctx).
		Where(newest+" AND cluster = ? AND op IN ?", answeredWithin, cluster, []string{string(plan.OpLogin), string(plan.OpLogout)}).
		Order("id DESC").Limit(most))
}

// Unresolved implements [deskd/scheduler.Journal].
func (s *Store) Unresolved(ctx context.Context) ([]plan.Attempt, error) {
	return tables.ReadableAttempts(s.db.Read(ctx).Where("outcome IN ('open', 'unknown')").Order("began_at, id"))
}

// ListAttempts returns attempts, newest first.
func (s *Store) ListAttempts(ctx context.Context, f plan.AttemptFilter) ([]plan.Attempt, error) {
	return tables.Attempts(s.filtered(ctx, f))
}

// WalkAttempts hands take what [Store.ListAttempts] returns one by one, for as long
// as it answers true: a list of a few costs no more than these, however long the
// journal is. A row that cannot be read says so as its error; take asks the store
// for nothing.
func (s *Store) WalkAttempts(ctx context.Context, f plan.AttemptFilter, take func(plan.Attempt) bool) error {
	return tables.EachAttempt(s.filtered(ctx, f), tables.ForDisplay(take))
}

func (s *Store) filtered(ctx context.Context, f plan.AttemptFilter) *gorm.DB {
	q := s.db.Read(ctx)
	if f.Oldest {
		q = q.Order("began_at, id")
	} else {
		q = q.Order("began_at DESC, id DESC")
	}
	if !f.Since.IsZero() {
		q = q.Where("began_at >= ?", dialect.Milli{Time: f.Since})
	}
	if !f.Until.IsZero() {
		q = q.Where("began_at < ?", dialect.Milli{Time: f.Until})
	}
	if f.Desk != "" {
		q = q.Where("desk = ?", f.Desk)
	}
	if f.Reservation != "" {
		q = q.Where("reservation = ?", f.Reservation)
	}
	if f.Outcome != "" {
		q = q.Where("outcome = ?", f.Outcome)
	}
	if f.Limit > 0 {
		q = q.Limit(f.Limit)
	}
	return q
}

// lastAttempts asks for the newest attempt at each desk's phone: one seek per
// desk, however long the journal is.
const lastAttempts = `
SELECT a.* FROM desks d JOIN attempts a
    ON a.id = (SELECT max(o.id) FROM attempts o WHERE o.device = d.device)`

// LastAttempts returns the newest attempt at every desk's phone, by device.
func (s *Store) LastAttempts(ctx context.Context) (map[string]plan.Attempt, error) {
	return newestOf(s.db.Read(ctx).Raw(lastAttempts))
}

// newestOf is the newest of each device among attempts.
func newestOf(q *gorm.DB) (map[string]plan.Attempt, error) {
	all, err := tables.Attempts(q)
	last := make(map[string]plan.Attempt, len(all))
	for _, a := range all {
		if a.ID > last[a.Device].ID {
			last[a.Device] = a
		}
	}
	return last, err
}

// PruneAttempts deletes the attempts begun before that instant and returns how
// many there were. Those still to be resolved stay, however old.
func (s *Store) PruneAttempts(ctx context.Context, before time.Time) (int, error) {
	return s.prune(ctx, old{"attempts", "id", "began_at < ? AND outcome NOT IN ('open', 'unknown')"}, before)
}

// old are the rows of a table, whose primary key is key, for which where holds of an
// instant.
type old struct{ table, key, where string }

// prune deletes rows that are old before an instant, in batches between which others
// write, and returns how many there were, also when there is an error.
func (s *Store) prune(ctx context.Context, rows old, before time.Time) (pruned int, err error) {
	query := fmt.Sprintf("DELETE FROM %[1]s WHERE %[2]s IN (SELECT %[2]s FROM %[1]s WHERE %[3]s LIMIT %[4]d)", rows.table, rows.key, rows.where, dialect.PruneBatch)
	for {
		var gone int
		err := s.db.Change(ctx, func(tx *gorm.DB) error {
			done := tx.Exec(query, dialect.Milli{Time: before})
			gone = int(done.RowsAffected)
			return done.Error
		})
		if err == nil {
			pruned += gone
		}
		if err == nil && gone == dialect.PruneBatch {
			err = dialect.Pause(ctx, dialect.Breath)
		}
		if err != nil {
			return pruned, fmt.Errorf("prune %s: %w", rows.table, err)
		}
		if gone < dialect.PruneBatch {
			return pruned, nil
		}
	}
}
