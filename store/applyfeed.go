package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
)

// ApplyFeed implements [deskd/scheduler.FeedBook]. The time of the change is
// state.Checked. A reservation that a person cancelled stays cancelled, though
// it follows the feed's times. What the change makes room for, in this feed or
// another, is confirmed; no change of the feed is held any more. The error is [reservations.ErrNotFound] when a row to
// update has gone in the meantime; the next poll finds a change that fits.
func (s *Store) ApplyFeed(ctx context.Context, state reservations.FeedState, c reservations.Change, unread []reservations.Problem) ([]reservations.Reservation, error) {
	a := feedChange{source: reservations.FeedSource(state.Name), now: state.Checked}
	err := s.audited(WithActor(ctx, a.source), "apply", func(tx *gorm.DB) error {
		// Drops go, and updates step aside, before anything is written: two
		// events that swapped places would otherwise stand in each other's way.
		if err := a.withdraw(tx, slices.Concat(c.Drop, c.Update)); err != nil {
			return err
		}
		for _, r := range c.Update {
			if err := a.update(tx, r); err != nil {
				return err
			}
		}
		for _, r := range c.Add {
			r.ID = ""
			if err := a.write(tx, r); err != nil {
				return err
			}
		}
		if err := settle(tx, a.now); err != nil {
			return err
		}
		if err := tx.Where("feed = ?", state.Name).Delete(&heldRow{}).Error; err != nil {
			return err
		}
		return saveProblems(tx, state, unread)
	})
	if err != nil {
		return nil, fmt.Errorf("apply feed %q: %w", state.Name, err)
	}
	return a.conflicts, nil
}

// feedChange is one application of a feed's change.
type feedChange struct {
	source    string
	now       time.Time
	conflicts []reservations.Reservation
}

func (a *feedChange) withdraw(tx *gorm.DB, rs []reservations.Reservation) error {
	for part := range slices.Chunk(rs, 500) {
		ids := make([]string, len(part))
		for i, r := range part {
			ids[i] = r.ID
		}
		err := tx.Model(&reservationRow{}).
			Where("id IN ? AND source = ? AND status <> 'cancelled'", ids, a.source).
			Updates(map[string]any{"status": reservations.Withdrawn, "updated_at": milli{a.now}}).Error
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *feedChange) update(tx *gorm.DB, r reservations.Reservation) error {
	old, err := findReservation(tx, r.ID)
	if err != nil {
		return err
	}
	if old.Status != reservations.Cancelled {
		return a.write(tx, r)
	}
	r.Source, r.Status, r.Span = a.source, reservations.Cancelled, r.Span.UTC()
	return put(tx, rowOf(r, a.now))
}

// write stores r as confirmed, or as a conflict when its desk is taken.
func (a *feedChange) write(tx *gorm.DB, r reservations.Reservation) error {
	r.Source, r.Status, r.Span = a.source, reservations.Confirmed, r.Span.UTC()
	row := rowOf(r, a.now)
	err := put(tx, row)
	if !errors.Is(err, reservations.ErrOverlap) {
		return wrapRow(r, err)
	}
	row.Status = reservations.Conflict
	a.conflicts = append(a.conflicts, row.noun())
	return wrapRow(r, put(tx, row))
}

func wrapRow(r reservations.Reservation, err error) error {
	if err != nil {
		return fmt.Errorf("reservation of desk %q at %s (event %q): %w", r.Desk, r.Start.Format(time.RFC3339), r.UID, err)
	}
	return nil
}

// saveProblems replaces the state of a feed and the list of its problems.
func saveProblems(tx *gorm.DB, state reservations.FeedState, unread []reservations.Problem) error {
	if err := replace(tx, feedRowOf(state)); err != nil {
		return err
	}
	if err := tx.Where("feed = ?", state.Name).Delete(&problemRow{}).Error; err != nil {
		return err
	}
	if len(unread) == 0 {
		return nil
	}
	rows := make([]problemRow, len(unread))
	for i, p := range unread {
		rows[i] = problemRow{Feed: state.Name, Line: p.Line, UID: p.UID, StartAt: lenient{Time: p.Start}, What: p.What, Hint: p.Hint, Note: p.Note, Title: p.Title, Organizer: p.Organizer}
	}
	return tx.CreateInBatches(&rows, 500).Error
}
