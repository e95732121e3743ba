package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"

	"deskd/scheduler/plan"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// progress is how far a process knows its database to have come: the newest attempt and the
// newest row of the audit that it has written or seen. A database that lacks one of them is an
// older one: a replica that was promoted without its last commits, say.
type progress struct {
	mu      sync.Mutex
	attempt plan.Attempt
	head    dialect.Head
	at      time.Time // when that was
}

// note takes in an attempt.
func (p *progress) note(a plan.Attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a.ID > p.attempt.ID {
		p.attempt = a
	}
}

// set replaces what is known.
func (p *progress) set(a plan.Attempt, head dialect.Head, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attempt, p.head, p.at = a, head, now
}

func (p *progress) since() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

func (p *progress) get() (plan.Attempt, dialect.Head) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.attempt, p.head
}

// Advance looks how far the database has come by now, and reports whether it has gone back
// and was taken over since by another node. As long as nobody has taken it over, it is for
// [Seat.Recognise] to do so.
func (s *Store) Advance(ctx context.Context, now time.Time) (back bool, err error) {
	lacks, err := s.wentBack(ctx, s.db)
	if err != nil {
		return false, err
	}
	if lacks != "" {
		if back, err = s.takenSince(s.db.Read(ctx), s.known.since().Add(-justTaken)); err != nil || !back {
			return false, err
		}
	}
	newest, head, err := s.newest(ctx, s.db)
	if err != nil {
		return false, err
	}
	if known, _ := s.known.get(); !back && newest.ID < known.ID { // it was committed since
		newest = known
	}
	s.known.set(newest, head, now)
	return back, nil
}

// takenSince reports whether a node has taken an older database over since an instant.
func (s *Store) takenSince(tx *gorm.DB, at time.Time) (bool, error) {
	var n int64
	err := tx.Model(&audit.Row{}).Where("kind = 'database' AND verb = 'promoted' AND at > ?", dialect.Milli{Time: at}).Count(&n).Error
	return n > 0, err
}

func (s *Store) newest(ctx context.Context, db dialect.Transactions) (plan.Attempt, dialect.Head, error) {
	var rows []tables.Attempt
	if err := db.Read(ctx).Order("id DESC").Limit(1).Find(&rows).Error; err != nil {
		return plan.Attempt{}, dialect.Head{}, fmt.Errorf("look how far the database has come: %w", err)
	}
	head, err := s.db.Head(ctx)
	var newest plan.Attempt
	if len(rows) > 0 {
		newest = rows[0].Decode()
	}
	return newest, head, err
}

// young is how old an attempt may be for its absence to say something: retention removes
// those of long ago.
const young = time.Hour

// wentBack says what of that which is known the database lacks, "" for nothing.
func (s *Store) wentBack(ctx context.Context, db dialect.Transactions) (string, error) {
	attempt, head := s.known.get()
	if attempt.ID > 0 && time.Since(attempt.Began).Abs() < young {
		var rows []tables.Attempt
		err := db.Read(ctx).Where("id = ? AND device = ? AND began_at = ?", attempt.ID, attempt.Device, dialect.Milli{Time: attempt.Began}).Limit(1).Find(&rows).Error
		if err != nil {
			return "", fmt.Errorf("look how far the database has come: %w", err)
		}
		if len(rows) == 0 {
			return fmt.Sprintf("attempt %d", attempt.ID), nil
		}
	}
	if head.Row == 0 {
		return "", nil
	}
	var there bool
	err := db.Read(ctx).Raw("SELECT EXISTS (SELECT 1 FROM audit WHERE id = ? AND hash = ?) OR (SELECT audit_pruned FROM self) >= ?", head.Row, head.Hash, head.Row).Row().Scan(&there)
	if err != nil {
		return "", fmt.Errorf("look how far the database has come: %w", err)
	}
	if !there {
		return fmt.Sprintf("row %d of the audit", head.Row), nil
	}
	return "", nil
}

// justTaken is for how long what another node has done about an older database is enough.
const justTaken = time.Minute

// Recognise looks whether the database lacks what this process knows to have been in it, and
// says what. If so it is treated as a backup that was restored: who is on a phone counts as a
// walk-up, and nobody is logged out before all phones were asked and all calendars read.
func (s *Seat) Recognise(ctx context.Context, now time.Time) (lacks string, err error) {
	if lacks, err = s.wentBack(ctx, s.plain.db); err != nil || lacks == "" {
		return "", err
	}
	err = audit.New(s.db, s.sign).Change(ctx, "promoted", func(tx *gorm.DB) error {
		switch taken, err := s.takenSince(tx, now.Add(-justTaken)); {
		case err != nil:
			return err
		case taken:
			return errTakenAlready
		}
		if err := disown(tx); err != nil {
			return err
		}
		return audit.Note(tx, "database", "server", map[string]any{"lacks": map[string]string{"what": lacks}})
	})
	if err != nil && !errors.Is(err, errTakenAlready) {
		return lacks, fmt.Errorf("take over an older database: %w", err)
	}
	newest, head, err := s.newest(ctx, s.plain.db)
	if err == nil {
		s.known.set(newest, head, now)
	}
	return lacks, err
}

// errTakenAlready says that another node has taken over the same older database.
var errTakenAlready = errors.New("it was taken over already")
