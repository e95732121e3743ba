package erasure

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Anonymised counts the rows that names were removed from.
type Anonymised struct {
	Reservations int `json:"reservations"`
	Attempts     int `json:"attempts"`
	Audit        int `json:"redacted"`
	Phones       int `json:"phones"`   // last sights of a person
	Problems     int `json:"problems"` // events of calendars that were not understood
	Requests     int `json:"requests"` // of the command line, with their answers
	Plans        int `json:"plans"`    // series and absences
}

func (a *Anonymised) add(b Anonymised) {
	a.Reservations += b.Reservations
	a.Attempts += b.Attempts
	a.Audit += b.Audit
	a.Phones += b.Phones
	a.Problems += b.Problems
	a.Requests += b.Requests
	a.Plans += b.Plans
}

// What is over since before @before. An attempt, and what the audit says of a
// reservation, is not over while its reservation is not; what it says of a person
// while that person is known. An attempt to be resolved stays, however old. What is
// asked of a kind of row by CASE is asked last: the index of what still has names,
// which stays small, comes first.
const (
	// By their ends, and so about in the order in which they were written: a batch then
	// touches few pages.
	overReservations = `SELECT id FROM reservations WHERE NOT anonymised AND ends_at < @before ORDER BY ends_at`

	overAttempts = `SELECT id FROM attempts a
WHERE NOT anonymised AND began_at < @before AND outcome NOT IN ('open', 'unknown')
    AND NOT EXISTS (SELECT 1 FROM reservations r WHERE r.id = a.reservation AND r.ends_at >= @before)`

	overAudit = `SELECT id FROM audit a
WHERE salt <> '' AND at < @before AND verb NOT IN ('` + audit.VerbAnonymise + `', '` + audit.VerbErase + `')
    AND CASE kind
        WHEN 'reservation' THEN NOT EXISTS (SELECT 1 FROM reservations r WHERE r.id = a.item AND r.ends_at >= @before)
        WHEN 'person' THEN NOT EXISTS (SELECT 1 FROM people p WHERE p.id = a.item)
        ELSE FALSE END`
)

// What removes the names of rows @rows. Line and occurrence go with the uid:
// they lead to the event, which names a person.
const (
	blankReservations = `UPDATE reservations SET desk = CASE WHEN ` + ownDesk + ` THEN desk ELSE 'unknown-' || id END, ` + blanked + `
WHERE id IN @rows AND NOT anonymised AND ` + ownID + ` `

	blankForeign = `UPDATE reservations SET id = @id, desk = CASE WHEN ` + ownDesk + ` THEN desk ELSE @desk END, ` + blanked + `
WHERE id = @was AND NOT anonymised `

	blanked = `person = '', note = '', why = '', uid = '', occurrence = '', series = '', line = 0, anonymised = TRUE, updated_at = @now,
source = CASE WHEN source IN ('sql', 'cli', 'import') OR ` + ownFeed + ` THEN source ELSE 'sql' END`

	// ownFeed and ownDesk say that source and desk are names that deskd knows, or has
	// acted on: whatever else stands there is another program's text. A desk that is
	// replaced gets a name of its own, because two bookings of one desk may not overlap.
	ownFeed = `(substr(source, 1, 5) = 'feed:' AND (EXISTS (SELECT 1 FROM feeds f WHERE f.name = substr(source, 6))
    OR EXISTS (SELECT 1 FROM audit a WHERE a.kind = 'feed' AND a.item = substr(source, 6) AND a.verb IN ('drop', 'rename') AND a.hash <> '')))`
	ownDesk = `(EXISTS (SELECT 1 FROM desks d WHERE d.id = desk) OR EXISTS (SELECT 1 FROM attempts a WHERE a.desk = reservations.desk))`

	// ownID is what the ids that deskd makes look like. Those of other programs are
	// their text, and may name a person.
	ownID = `(length(id) = 32 AND ltrim(id, '0123456789abcdef') = '')`

	// overSeries are series of which no occurrence has a name any more, and absences that are
	// over by every clock.
	overSeries = `DELETE FROM series WHERE created_at < @before AND coalesce(
    (SELECT 1 FROM reservations r WHERE r.series = series.id AND r.series <> '' LIMIT 1), 0) = 0`
	overAbsences = `DELETE FROM absences WHERE last_day < @day`

	blankAttempts = `UPDATE attempts SET person = '', profile = '', why = '', error = '', anonymised = TRUE WHERE id IN @rows AND NOT anonymised`
)

// blank takes the names out of reservations, as far as they fulfil a condition, and
// returns how many there were. One with an id of another program gets one of deskd's,
// here and wherever the old one stands.
func blank(tx *gorm.DB, ids []string, condition string, args map[string]any) (n int, err error) {
	for part := range slices.Chunk(ids, dialect.MostParameters) {
		args["rows"] = part
		var foreign []string
		if err := tx.Raw("SELECT id FROM reservations WHERE id IN @rows AND NOT anonymised AND NOT "+ownID, args).Scan(&foreign).Error; err != nil {
			return n, err
		}
		done := tx.Exec(blankReservations+condition, args)
		if done.Error != nil {
			return n, done.Error
		}
		n += int(done.RowsAffected)
		for _, id := range foreign {
			is := tables.NewID()
			args["was"], args["id"], args["desk"] = id, is, "unknown-"+is
			done := tx.Exec(blankForeign+condition, args)
			if done.Error != nil {
				return n, done.Error
			}
			n += int(done.RowsAffected)
			if err := renamed(tx, args, done.RowsAffected); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// renamed gives a reservation that has another id it everywhere else; one that was
// moved meanwhile has none.
func renamed(tx *gorm.DB, args map[string]any, rows int64) error {
	if rows == 0 {
		return nil
	}
	for _, table := range []string{"attempts", "observations", "held_logouts", "reservation_keys", "evidence"} {
		if err := tx.Exec("UPDATE "+table+" SET reservation = @id WHERE reservation = @was", args).Error; err != nil {
			return err
		}
	}
	return nil
}

// anonymiseBatch is how many rows of each kind one transaction takes: it holds
// the writer for some ten milliseconds.
const anonymiseBatch = 500

// Anonymise removes the names from what has been over since before that instant:
// reservations lose person, note and event, attempts person, profile and words,
// rows of the audit item and what; last sights of phones, unread events of
// calendars and old requests go. Desk, times, status, source and outcome stay.
// It is done in batches, between which others write; each is a row of the audit,
// with counts. A job that is interrupted is taken up by the next, and one that
// finds nothing changes nothing. In the end the -wal file is emptied, or the error is
// [dialect.ErrLingers]. The count is right also when there is an error.
func (s Eraser) Anonymise(ctx context.Context, before, now time.Time) (Anonymised, error) {
	var all Anonymised
	_, err := s.audit.ChainParts(ctx) // what waits cannot be redacted
	var o over
	if err == nil {
		o, err = s.over(ctx, before)
	}
	for err == nil {
		var done Anonymised
		if done, err = s.anonymise(ctx, o.batch(), before, now); err != nil {
			break
		}
		all.add(done)
		if o.empty() {
			break
		}
		err = dialect.Pause(ctx, dialect.Breath)
	}
	if err == nil { // an erasure or a job before may have left something
		err = s.db.Scrub(ctx)
	}
	if err != nil {
		return all, fmt.Errorf("anonymise: %w", err)
	}
	return all, nil
}

// over are the rows whose names are to go, by their keys. They are looked for without
// holding the writer: rows that are over only become more.
type over struct {
	reservations    []string
	attempts, audit []int64
}

func (s Eraser) over(ctx context.Context, before time.Time) (o over, err error) {
	second, milli := map[string]any{"before": dialect.Second{Time: before}}, map[string]any{"before": dialect.Milli{Time: before}}
	if err := s.db.Read(ctx).Raw(overReservations, second).Scan(&o.reservations).Error; err != nil {
		return o, err
	}
	if err := s.db.Read(ctx).Raw(overAttempts, milli).Scan(&o.attempts).Error; err != nil {
		return o, err
	}
	err = s.db.Read(ctx).Raw(overAudit, milli).Scan(&o.audit).Error
	slices.Sort(o.attempts) // a batch then touches few pages
	slices.Sort(o.audit)
	return o, err
}

func (o *over) empty() bool { return len(o.reservations)+len(o.attempts)+len(o.audit) == 0 }

// batch takes the next rows of each kind out of o.
func (o *over) batch() over { return over{take(&o.reservations), take(&o.attempts), take(&o.audit)} }

func take[T any](keys *[]T) []T {
	n := min(len(*keys), anonymiseBatch)
	taken := (*keys)[:n]
	*keys = (*keys)[n:]
	return taken
}

// anonymise removes the names of one batch, and of the little there is of all
// else.
func (s Eraser) anonymise(ctx context.Context, o over, before, now time.Time) (done Anonymised, err error) {
	err = s.audit.Change(ctx, audit.VerbAnonymise, func(tx *gorm.DB) error {
		// A reservation may have been moved meanwhile.
		done.Reservations, err = blank(tx, o.reservations, "AND ends_at < @before", map[string]any{"now": dialect.Milli{Time: now}, "before": dialect.Second{Time: before}})
		if err != nil {
			return err
		}
		var absences int
		for _, step := range []struct {
			n         *int
			statement string
			args      map[string]any
		}{
			{&done.Attempts, blankAttempts, map[string]any{"rows": o.attempts}},
			{&done.Phones, "DELETE FROM observations WHERE seen_at < @before", map[string]any{"before": dialect.Milli{Time: before}}},
			{&done.Problems, "DELETE FROM feed_problems WHERE start_at <> @never AND start_at < @before", map[string]any{"never": dialect.Milli{}, "before": dialect.Milli{Time: before}}},
			{&done.Plans, overSeries, map[string]any{"before": dialect.Milli{Time: before}}},
			{&absences, overAbsences, map[string]any{"day": before.UTC().AddDate(0, 0, -1).Format(time.DateOnly)}},
			{&done.Requests, "DELETE FROM requests WHERE asked_at < @before", map[string]any{"before": dialect.Milli{Time: now.Add(-tables.RequestAge)}}},
		} {
			did := tx.Exec(step.statement, step.args)
			if did.Error != nil {
				return did.Error
			}
			*step.n = int(did.RowsAffected)
		}
		done.Plans += absences
		if done.Audit, err = audit.Redact(tx, o.audit); err != nil || done == (Anonymised{}) {
			return err
		}
		return audit.Note(tx, "database", "names", map[string]any{"is": done})
	})
	return done, err
}
