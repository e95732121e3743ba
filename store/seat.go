package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/scheduler/plan"
	"deskd/store/dialect"
	"deskd/store/nodes"
	"deskd/store/tables"
)

// Seat is a Store of one who has a duty: what it writes is written by its session, and
// nothing is once the duty is another's.
type Seat struct {
	*Store
	// Session is what the duty is held by. Closing it gives the duty back.
	Session dialect.Session
	plain   *Store
}

// Take takes a duty: see [dialect.Duties].
func (s *Store) Take(ctx context.Context, duty string) (*Seat, error) {
	session, err := s.db.Take(ctx, duty)
	if err != nil {
		return nil, err
	}
	db := s.db
	db.Transactions = session
	seat := &Seat{Store: newStore(db, s.log), Session: session, plain: s}
	seat.known = s.known
	return seat, nil
}

// Begin is [Store.Begin].
func (s *Seat) Begin(ctx context.Context, a plan.Attempt) (plan.Attempt, error) {
	a, err := s.Store.Begin(ctx, a)
	if err == nil {
		s.known.note(a)
	}
	return a, err
}

// Nodes keeps which daemons serve the database, and which of them does what.
func (s *Store) Nodes() nodes.Keeper { return nodes.New(s.db) }

// ClockOff is by how much this node's clock is ahead of the database's, nil where they are
// one or it is not known.
func (s *Store) ClockOff() *time.Duration { return s.db.ClockOff() }

// learnWithin is how long one who has lost a duty tries to write down an answer.
const learnWithin = 10 * time.Second

// Finish is [Store.Finish]. An answer that comes when the duty is lost is written down all
// the same, unless the one who has it now has found out: it is the best that is known of the
// attempt. What was seen is not: others have looked since.
func (s *Seat) Finish(ctx context.Context, a plan.Attempt, seen ...plan.Observation) error {
	err := s.Store.Finish(ctx, a, seen...)
	if !errors.Is(err, dialect.ErrLost) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, learnWithin)
	defer cancel()
	late := s.plain.db.Change(ctx, func(tx *gorm.DB) error {
		return tx.Model(&tables.Attempt{}).Where("id = ? AND outcome = ?", a.ID, plan.Open).Updates(ending(a)).Error
	})
	if late != nil {
		return fmt.Errorf("%w; %w", err, late)
	}
	return err
}
