package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/store/dialect"
)

type attemptRow struct {
	ID          int64 `gorm:"primaryKey"`
	Cluster     string
	Op          plan.Op
	Desk        string
	Device      string
	Person      string
	Profile     string
	Reservation string
	FromAt      dialect.Lenient
	UntilAt     dialect.Lenient
	ThroughAt   dialect.Lenient
	StaysAt     dialect.Lenient
	ReleaseAt   dialect.Lenient
	KnownAt     dialect.Lenient
	Cause       plan.Cause
	Why         string
	DueAt       dialect.Lenient
	NotBefore   dialect.Lenient
	Outcome     plan.Outcome
	Code        int
	Class       plan.Class
	Error       string
	BeganAt     dialect.Lenient
	EndedAt     dialect.Lenient
	VerifiedAt  dialect.Lenient
	Anonymised  bool
}

func (attemptRow) TableName() string { return "attempts" }

func attemptRowOf(a plan.Attempt) attemptRow {
	return attemptRow{
		ID: a.ID, Cluster: a.Cluster, Op: a.Op,
		Desk: a.Desk, Device: a.Device, Person: a.Person, Profile: a.Profile, Reservation: a.Reservation,
		FromAt: dialect.Lenient{Time: a.From}, UntilAt: dialect.Lenient{Time: a.Until}, ThroughAt: dialect.Lenient{Time: a.Through}, StaysAt: dialect.Lenient{Time: a.Stays}, ReleaseAt: dialect.Lenient{Time: a.Release}, KnownAt: dialect.Lenient{Time: a.Known},
		Cause: a.Cause, Why: a.Why, DueAt: dialect.Lenient{Time: a.Due}, NotBefore: dialect.Lenient{Time: a.NotBefore},
		Outcome: a.Outcome, Code: a.Code, Class: a.Class, Error: a.Error,
		BeganAt: dialect.Lenient{Time: a.Began}, EndedAt: dialect.Lenient{Time: a.Ended}, VerifiedAt: dialect.Lenient{Time: a.Verified}, Anonymised: a.Anonymised,
	}
}

// unreadable says what of r cannot be read.
func (r *attemptRow) unreadable() string {
	return dialect.Unreadable(
		dialect.Named{Column: "from_at", At: &r.FromAt}, dialect.Named{Column: "until_at", At: &r.UntilAt}, dialect.Named{Column: "through_at", At: &r.ThroughAt}, dialect.Named{Column: "stays_at", At: &r.StaysAt},
		dialect.Named{Column: "release_at", At: &r.ReleaseAt}, dialect.Named{Column: "known_at", At: &r.KnownAt}, dialect.Named{Column: "due_at", At: &r.DueAt}, dialect.Named{Column: "not_before", At: &r.NotBefore},
		dialect.Named{Column: "began_at", At: &r.BeganAt}, dialect.Named{Column: "ended_at", At: &r.EndedAt}, dialect.Named{Column: "verified_at", At: &r.VerifiedAt})
}

func (r *attemptRow) noun() plan.Attempt {
	return plan.Attempt{
		ID: r.ID, Cluster: r.Cluster,
		Step: plan.Step{
			Op: r.Op,
			Login: plan.Login{
				Desk: r.Desk, Device: r.Device, Person: r.Person, Profile: r.Profile, Reservation: r.Reservation,
				From: r.FromAt.Time, Until: r.UntilAt.Time, Through: r.ThroughAt.Time, Stays: r.StaysAt.Time, Release: r.ReleaseAt.Time, Known: r.KnownAt.Time,
			},
			Cause: r.Cause, Why: r.Why, Due: r.DueAt.Time, NotBefore: r.NotBefore.Time,
		},
		Outcome: r.Outcome, Code: r.Code, Class: r.Class, Error: r.Error,
		Began: r.BeganAt.Time, Ended: r.EndedAt.Time, Verified: r.VerifiedAt.Time, Anonymised: r.Anonymised,
	}
}

// Begin implements [deskd/scheduler.Journal]. Instants are kept to the
// millisecond; the attempt is returned as it was given, but for its ID.
func (s *Store) Begin(ctx context.Context, a plan.Attempt) (plan.Attempt, error) {
	row := attemptRowOf(a)
	row.ID = 0
	err := s.db.Change(ctx, func(tx *gorm.DB) error {
		// In the transaction of the intent: once a pause is committed nothing
		// more is sent.
		switch p, err := pauseOf(s.sign, tx, a.Cluster); {
		case err != nil:
			return err
		case p.On() && a.Outcome == plan.Open:
			return scheduler.ErrPaused
		}
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
func (s *Store) Finish(ctx context.Context, a plan.Attempt, seen ...plan.Have) error {
	err := s.db.Change(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&attemptRow{}).Where("id = ?", a.ID).Updates(map[string]any{
			"outcome": a.Outcome, "code": a.Code, "class": a.Class, "error": a.Error,
			"ended_at": dialect.Milli{Time: a.Ended}, "verified_at": dialect.Milli{Time: a.Verified},
		})
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 && a.Outcome != plan.Held { // of a hold nothing is lost
			return ErrNoAttempt
		}
		return see(tx, seen)
	})
	if err != nil {
		return fmt.Errorf("record outcome of attempt %d: %w", a.ID, err)
	}
	return nil
}

// Attempts implements [deskd/scheduler.Journal].
func (s *Store) Attempts(ctx context.Context, since time.Time) ([]plan.Attempt, error) {
	return readable(s.db.Read(ctx).Where("began_at >= ?", dialect.Milli{Time: since}).Order("began_at, id"))
}

// inOrder asks for the attempts since an instant by number: from the first of them
// on, by way of the index of instants, then through the table. The plus keeps
// SQLite from reading by the index of instants and sorting the rows.
const inOrder = "id >= (SELECT min(id) FROM attempts WHERE began_at >= ?) AND +began_at >= ?"

// EachAttempt implements [deskd/scheduler.Journal].
func (s *Store) EachAttempt(ctx context.Context, since time.Time, take func(plan.Attempt)) error {
	q := s.db.Read(ctx).Where(inOrder, dialect.Milli{Time: since}, dialect.Milli{Time: since}).Order("id")
	return eachAttempt(q, func(a plan.Attempt, unreadable string) bool {
		if unreadable == "" {
			take(a)
		}
		return true
	})
}

// lastLogins asks for the newest done login at each phone that shows a session of
// deskd's: one seek per phone.
const lastLogins = `
SELECT a.* FROM observations o JOIN attempts a
    ON a.id = (SELECT max(l.id) FROM attempts l WHERE l.device = o.device AND l.op = 'login' AND l.outcome = 'done')
WHERE o.ours AND o.person <> '' AND a.person = o.person COLLATE NOCASE
ORDER BY a.began_at, a.id`

// Begun implements [deskd/scheduler.Journal].
func (s *Store) Begun(ctx context.Context) ([]plan.Attempt, error) {
	return readable(s.db.Read(ctx).Raw(lastLogins))
}

// Unresolved implements [deskd/scheduler.Journal].
func (s *Store) Unresolved(ctx context.Context) ([]plan.Attempt, error) {
	return readable(s.db.Read(ctx).Where("outcome IN ('open', 'unknown')").Order("began_at, id"))
}

// AttemptFilter narrows [Store.ListAttempts]. A zero field does not.
type AttemptFilter struct {
	Since       time.Time // begun at or after …
	Until       time.Time // … and before
	Desk        string
	Reservation string
	Outcome     plan.Outcome
	Oldest      bool // oldest first, instead of newest
	Limit       int  // at most so many of the first ones
}

// ListAttempts returns attempts, newest first.
func (s *Store) ListAttempts(ctx context.Context, f AttemptFilter) ([]plan.Attempt, error) {
	return attempts(s.filtered(ctx, f))
}

// WalkAttempts hands take what [Store.ListAttempts] returns one by one, for as long
// as it answers true: a list of a few costs no more than these, however long the
// journal is. A row that cannot be read says so as its error; take asks the store
// for nothing.
func (s *Store) WalkAttempts(ctx context.Context, f AttemptFilter, take func(plan.Attempt) bool) error {
	return eachAttempt(s.filtered(ctx, f), told(take))
}

func (s *Store) filtered(ctx context.Context, f AttemptFilter) *gorm.DB {
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
	all, err := attempts(s.db.Read(ctx).Raw(lastAttempts))
	last := make(map[string]plan.Attempt, len(all))
	for _, a := range all {
		last[a.Device] = a
	}
	return last, err
}

// attempts reads what people are shown.
func attempts(q *gorm.DB) ([]plan.Attempt, error) {
	all := []plan.Attempt{}
	err := eachAttempt(q, told(func(a plan.Attempt) bool {
		all = append(all, a)
		return true
	}))
	return all, err
}

// told is take for what people are shown: a row that cannot be read says so as its
// error.
func told(take func(plan.Attempt) bool) func(plan.Attempt, string) bool {
	return func(a plan.Attempt, unreadable string) bool {
		if unreadable != "" {
			a.Error = unreadable
		}
		return take(a)
	}
}

// readable is attempts for those who act on them: a row that cannot be read is not
// among them, so that its session counts as nobody's, and is left alone.
func readable(q *gorm.DB) ([]plan.Attempt, error) {
	all := []plan.Attempt{}
	err := eachAttempt(q, func(a plan.Attempt, unreadable string) bool {
		if unreadable == "" {
			all = append(all, a)
		}
		return true
	})
	return all, err
}

// eachAttempt reads without gorm's scanner, which makes all rows before the first
// can be used: a journal may have a hundred thousand attempts of one day. It ends
// when take answers false.
func eachAttempt(q *gorm.DB, take func(a plan.Attempt, unreadable string) bool) error {
	if err := scanAttempts(q, take); err != nil {
		return fmt.Errorf("read attempts: %w", dialect.Translate(q, err))
	}
	return nil
}

func scanAttempts(q *gorm.DB, take func(a plan.Attempt, unreadable string) bool) error {
	rows, err := q.Model(&attemptRow{}).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	var r attemptRow
	fields := r.fields()
	into := make([]any, len(columns))
	for i, c := range columns {
		if into[i] = fields[c]; into[i] == nil {
			return fmt.Errorf("column %q is not known", c)
		}
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if !take(r.noun(), r.unreadable()) {
			return nil
		}
	}
	return rows.Err()
}

// fields are those of r by column.
func (r *attemptRow) fields() map[string]any {
	return map[string]any{
		"id": &r.ID, "cluster": &r.Cluster, "op": &r.Op, "desk": &r.Desk, "device": &r.Device, "person": &r.Person, "profile": &r.Profile,
		"reservation": &r.Reservation, "from_at": &r.FromAt, "until_at": &r.UntilAt, "through_at": &r.ThroughAt, "stays_at": &r.StaysAt,
		"release_at": &r.ReleaseAt, "known_at": &r.KnownAt, "cause": &r.Cause, "why": &r.Why, "due_at": &r.DueAt, "not_before": &r.NotBefore,
		"outcome": &r.Outcome, "code": &r.Code, "class": &r.Class, "error": &r.Error, "began_at": &r.BeganAt, "ended_at": &r.EndedAt, "verified_at": &r.VerifiedAt,
		"anonymised": &r.Anonymised,
	}
}

// PruneAttempts deletes the attempts begun before that instant and returns how
// many there were. Those still to be resolved stay, however old.
func (s *Store) PruneAttempts(ctx context.Context, before time.Time) (int, error) {
	return s.prune(ctx, "attempts", "began_at < ? AND outcome NOT IN ('open', 'unknown')", before)
}

// prune deletes the rows of a table for which where holds of an instant, in
// batches between which others write, and returns how many there were, also when
// there is an error.
func (s *Store) prune(ctx context.Context, table, where string, before time.Time) (pruned int, err error) {
	query := fmt.Sprintf("DELETE FROM %s WHERE rowid IN (SELECT rowid FROM %[1]s WHERE %s LIMIT %d)", table, where, dialect.PruneBatch)
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
			return pruned, fmt.Errorf("prune %s: %w", table, err)
		}
		if gone < dialect.PruneBatch {
			return pruned, nil
		}
	}
}
