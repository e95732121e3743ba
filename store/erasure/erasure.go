package erasure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Database is what an erasure asks of a database.
type Database interface {
	dialect.Transactions
	// Scrub removes what was deleted from where it may still be read. The error is
	// [dialect.ErrLingers] when others did not let it.
	Scrub(ctx context.Context) error
}

// Eraser removes names from a database.
type Eraser struct {
	db    Database
	audit audit.Log
	sign  audit.Signer
}

// New is the eraser of db, whose audit is log.
func New(db Database, log audit.Log, sign audit.Signer) Eraser {
	return Eraser{db, log, sign}
}

// Erasure is what is removed of one person: before, what would be.
type Erasure struct {
	Person reservations.Person // with the user id alone when they are not among the people
	Known  bool                // they are

	Cancelled    []reservations.Reservation // bookings to come, which are cancelled
	Reservations int                        // that lose person, note and event, these included
	Attempts     int                        // that lose person, profile and words
	Mentions     int                        // other people's attempts whose words name them
	Audit        int                        // rows redacted
	Phones       int                        // on which they were seen last
	Problems     int                        // unread events of calendars, requests, held changes and pauses that name them
	Desks        int                        // of theirs, which are nobody's then
	Plans        int                        // series and absences, which go
	Tokens       int                        // of theirs, and addresses of their calendar, which go
	Feeds        map[string]int             // calendars and how many of their bookings to come they have in it
}

// Obstacles are why a person cannot be erased now: the reasons, each with what to
// do.
type Obstacles []string

func (o Obstacles) Error() string { return "not now: " + strings.Join(o, "; ") }

// PlanErase says what [Eraser.Erase] would remove. It may be called on a database
// that is open for reading, and the errors are the same.
func (s Eraser) PlanErase(ctx context.Context, idOrMail string, lead time.Duration, now time.Time) (Erasure, error) {
	e, err := s.survey(ctx, idOrMail, lead, now)
	if err != nil {
		return e.Erasure, fmt.Errorf("erase %q: %w", idOrMail, err)
	}
	return e.Erasure, nil
}

// survey looks for all there is of a person, without holding the writer: that
// takes seconds where the journal is long.
func (s Eraser) survey(ctx context.Context, idOrMail string, lead time.Duration, now time.Time) (e erasing, err error) {
	e.sign, e.lead, e.now = s.sign, lead, now
	err = s.db.Snapshot(ctx, func(tx *gorm.DB) error {
		if err := e.identify(tx, idOrMail); err != nil {
			return err
		}
		return e.find(tx)
	})
	return e, err
}

// erasing is an erasure on its way.
type erasing struct {
	Erasure
	sign audit.Signer
	lead time.Duration
	now  time.Time
	ids  []string // every spelling of the user id

	// What was found so far, and the rows from which a later look begins.
	attempts, audit         []int64
	worded                  []wordedRow
	fromAttempt, fromAudit  int64
	problems, requests      []int64
	devices, held           []string
	told                    []string // ids of bookings that say why they do not count, by naming them
	upTo                    int64    // the row of the audit up to which told was looked for
	done                    Erasure  // what went in parts
	paused                  []tables.Pause
	closed                  []closedFor
	asked                   map[string][]string // by table of [plans]: the names of who asked that name them
	unknown                 error               // that of findPerson
	inAttempts, inElsewhere mentions
}

// wordedRow is an attempt with its words.
type wordedRow struct {
	ID         int64
	Why, Error string
}

// identify finds out who is meant and how they are spelled.
func (e *erasing) identify(tx *gorm.DB, idOrMail string) error {
	e.Person.ID = idOrMail
	p, err := tables.FindPerson(tx, idOrMail)
	switch {
	case err == nil:
		e.Person, e.Known = p, true
	case errors.Is(err, reservations.ErrUnknownPerson):
		e.unknown = err
	default:
		return err
	}
	if e.ids, err = tables.Spellings(tx, e.Person.ID); err != nil {
		return err
	}
	e.inAttempts = mentionsOf(e.ids...)
	e.inElsewhere = mentionsOf(slices.Concat(e.ids, e.Person.Mail, e.Person.Aliases, []string{e.Person.Name})...)
	return nil
}

// find looks for all there is of them: of attempts and audit, which are long, from
// where the last look ended.
func (e *erasing) find(tx *gorm.DB) error {
	for _, look := range []func(*gorm.DB) error{e.findBookings, e.findTold, e.findPhones, e.findAttempts, e.findAudit, e.findElsewhere, e.findClosed, e.findPlans} {
		if err := look(tx); err != nil {
			return err
		}
	}
	if !e.Known && !e.begun() && e.Reservations+e.Attempts+e.Phones+e.Audit+e.Desks+e.Plans == 0 {
		return e.unknown
	}
	return e.refused(tx)
}

func (e *erasing) findBookings(tx *gorm.DB) error {
	var n int64
	if err := tx.Model(&tables.Reservation{}).Where("person IN ?", e.ids).Count(&n).Error; err != nil {
		return err
	}
	e.Reservations = int(n)
	var rows []tables.Reservation
	err := tx.Where("person IN ? AND status IN ('confirmed', 'conflict') AND ends_at > ?", e.ids, dialect.Second{Time: e.now}).
		Order(tables.CalendarOrder).Find(&rows).Error
	e.Cancelled, e.Feeds = tables.Reservations(rows), map[string]int{}
	for _, r := range rows {
		if name, of := strings.CutPrefix(r.Source, reservations.FeedSource("")); of {
			e.Feeds[name]++
		}
	}
	return err
}

func (e *erasing) findPhones(tx *gorm.DB) error {
	var rows []tables.Observation
	err := tx.Where("person IN ?", e.ids).Order("device").Find(&rows).Error
	e.devices = nil
	for _, r := range rows {
		e.devices = append(e.devices, r.Device)
	}
	e.Phones = len(rows)
	return err
}

// findAttempts begins its next look with the oldest attempt that may change yet.
func (e *erasing) findAttempts(tx *gorm.DB) error {
	var ids []int64
	err := tx.Raw("SELECT id FROM attempts WHERE id >= ? AND person IN ? ORDER BY id", e.fromAttempt, e.ids).Scan(&ids).Error
	if err != nil {
		return err
	}
	e.attempts = append(slices.DeleteFunc(e.attempts, func(id int64) bool { return id >= e.fromAttempt }), ids...)
	e.Attempts = len(e.attempts)
	e.worded = slices.DeleteFunc(e.worded, func(r wordedRow) bool { return r.ID >= e.fromAttempt })
	d := dialect.Of(tx)
	for _, id := range e.ids {
		var rows []wordedRow
		err := tx.Raw(`SELECT id, why, error FROM attempts WHERE id >= @from AND person NOT IN @ids
			AND (`+d.Contains("lower(why)", "lower(@id)")+` OR `+d.Contains("lower(error)", "lower(@id)")+`)`,
			map[string]any{"from": e.fromAttempt, "ids": e.ids, "id": id}).Scan(&rows).Error
		if err != nil {
			return err
		}
		for _, r := range rows {
			if e.inAttempts.in(r.Why) || e.inAttempts.in(r.Error) {
				e.worded = append(e.worded, wordedRow{r.ID, e.inAttempts.replaced(r.Why), e.inAttempts.replaced(r.Error)})
			}
		}
	}
	e.Mentions = len(e.worded)
	return tx.Raw(`SELECT coalesce((SELECT min(id) FROM attempts WHERE outcome IN ('open', 'unknown')),
		(SELECT max(id) FROM attempts) + 1, 1)`).Scan(&e.fromAttempt).Error
}

// elsewhereInAudit asks for the rows of the audit that may name a person in other
// words than their user id: free texts, and what desks and others are called. An
// address of theirs may have been another's before. IS TRUE keeps a planner from the
// index of (kind, item), by which it would read all of the audit again.
func elsewhereInAudit(d dialect.Statements) string {
	var called []string
	for _, column := range []string{"mail", "alias", "name", "owner"} {
		called = append(called, d.Member("what", "is", column), d.Member("what", "was", column))
	}
	return `SELECT id, what FROM audit WHERE id >= @from AND salt <> '' AND (kind IN ('cluster', 'feed', 'request', 'closure')) IS TRUE
UNION ALL SELECT id, concat_ws(' ', ` + strings.Join(called, ", ") + `)
    FROM audit WHERE id >= @from AND salt <> '' AND (kind IN ('person', 'desk')) IS TRUE`
}

func (e *erasing) findAudit(tx *gorm.DB) error {
	var ids []int64
	if err := aboutPerson(tx, e.ids, e.fromAudit).Scan(&ids).Error; err != nil {
		return err
	}
	var others []struct {
		ID   int64
		What string
	}
	err := tx.Raw(elsewhereInAudit(dialect.Of(tx)), map[string]any{"from": e.fromAudit}).Scan(&others).Error
	if err != nil {
		return err
	}
	for _, r := range others {
		if e.inElsewhere.in(r.What) {
			ids = append(ids, r.ID)
		}
	}
	e.audit = append(e.audit, ids...)
	slices.Sort(e.audit)
	e.audit = slices.Compact(e.audit)
	e.Audit = len(e.audit)
	return tx.Raw("SELECT coalesce(max(id), 0) + 1 FROM audit").Scan(&e.fromAudit).Error
}

// findElsewhere looks through what is short: events that were not understood,
// answered requests, and held changes.
func (e *erasing) findElsewhere(tx *gorm.DB) error {
	var rows []struct {
		ID   int64
		Feed string
		Text string
	}
	err := tx.Raw(`SELECT id, '' AS feed, uid || ' ' || what || ' ' || hint || ' ' || title || ' ' || organizer AS text FROM feed_problems
		UNION ALL SELECT -id, '', arg || ' ' || result FROM requests WHERE answered_at <> ?
		UNION ALL SELECT 0, feed, change FROM feed_held`, dialect.Milli{}).Scan(&rows).Error
	e.problems, e.requests, e.held = nil, nil, nil
	for _, r := range rows {
		switch {
		case !e.inElsewhere.in(r.Text):
		case r.ID > 0:
			e.problems = append(e.problems, r.ID)
		case r.ID < 0:
			e.requests = append(e.requests, -r.ID)
		default:
			e.held = append(e.held, r.Feed)
		}
	}
	var paused []tables.Pause
	err = errors.Join(err, tx.Order("cluster").Find(&paused).Error)
	e.paused = slices.DeleteFunc(paused, func(p tables.Pause) bool { return !e.inElsewhere.in(p.By + " " + p.Why) })
	e.Problems = len(e.problems) + len(e.requests) + len(e.held) + len(e.paused)
	return err
}

// refused is why they cannot be erased now. What begins within the lead counts
// as begun: the daemon may be about to log them in.
func (e *erasing) refused(tx *gorm.DB) error {
	var why Obstacles
	for _, r := range e.Cancelled {
		if r.Status == reservations.Confirmed && !r.Start.After(e.now.Add(e.lead)) {
			why = append(why, fmt.Sprintf("desk %q is booked for them until %s (deskd cancel %s, and wait until nobody is on its phone)",
				r.Desk, r.End.UTC().Format(time.RFC3339), r.ID))
		}
	}
	var rows []tables.Observation
	if err := tx.Where("ours AND person IN ?", e.ids).Order("device").Find(&rows).Error; err != nil {
		return err
	}
	for _, r := range rows {
		why = append(why, fmt.Sprintf("deskd has logged them in on %s (end the booking, and wait until nobody is on the phone)", r.Device))
	}
	var open []tables.Attempt
	if err := tx.Where("outcome IN ('open', 'unknown') AND person IN ?", e.ids).Order("id").Find(&open).Error; err != nil {
		return err
	}
	for _, a := range open {
		why = append(why, fmt.Sprintf("a %s on %s has an open outcome (wait until the running deskd has found out; deskd list attempts shows it)", a.Op, a.Device))
	}
	if len(why) > 0 {
		return why
	}
	return nil
}
