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

// ImportReservations adds reservations of source [reservations.SourceImport]
// and updates those it has for the same desk and start, in one transaction. A
// row that is not a usable reservation, names an unknown desk or person, or
// overlaps another reservation is refused and the rest goes on; so is one that
// was cancelled, which stays so. No reservation is ever removed. With dryRun
// the answer is the same and nothing changes.
func (s *Store) ImportReservations(ctx context.Context, rs []reservations.Reservation, dryRun bool, now time.Time) (Imported, error) {
	return s.importing(ctx, "reservations", dryRun, func(tx *gorm.DB, im *Imported) error {
		known, err := readDirectory(tx)
		if err != nil {
			return err
		}
		rows := make([]reservations.Reservation, len(rs))
		var todo []Refused
		for i, r := range rs {
			if rows[i], err = known.imported(r); err != nil {
				im.refuse(i, err)
				continue
			}
			todo = append(todo, Refused{Row: i})
		}
		// What an overlap keeps out may fit once a later row has made room.
		for before := -1; len(todo) != before; {
			before = len(todo)
			if todo, err = importPass(tx, rows, todo, im, now); err != nil {
				return err
			}
		}
		im.Refused = append(im.Refused, todo...)
		return settle(tx, now)
	})
}

// imported returns r as it would be stored, or why it cannot be.
func (d directory) imported(r reservations.Reservation) (reservations.Reservation, error) {
	r.ID, r.Status, r.Source, r.Span = "", reservations.Confirmed, reservations.SourceImport, r.Span.UTC()
	if err := r.Check(); err != nil {
		return r, err
	}
	if _, ok := slices.BinarySearch(d.desks, r.Desk); !ok {
		return r, d.unknownDesk(r.Desk)
	}
	if r.Person == "" {
		return r, nil
	}
	i, ok := slices.BinarySearchFunc(d.people, r.Person, byKey)
	if !ok {
		return r, d.unknownPerson(r.Person)
	}
	r.Person = d.people[i]
	return r, nil
}

// importPass writes the rows todo and returns those that an overlap kept out.
func importPass(tx *gorm.DB, rs []reservations.Reservation, todo []Refused, im *Imported, now time.Time) (left []Refused, err error) {
	for _, t := range todo {
		count, err := importOne(tx, rs[t.Row], im, now)
		switch {
		case err == nil:
			*count++
		case errors.Is(err, reservations.ErrOverlap):
			left = append(left, Refused{t.Row, err, -1})
		case errors.Is(err, ErrCancelled) || isConstraint(err):
			im.refuse(t.Row, err)
		default:
			return nil, err
		}
	}
	return left, nil
}

// importOne writes r and returns the count it belongs to.
func importOne(tx *gorm.DB, r reservations.Reservation, im *Imported, now time.Time) (*int, error) {
	var found []reservationRow
	// The plus keeps SQLite from walking all imported rows by their source.
	err := tx.Where("desk = ? AND +source = ? AND starts_at = ?", r.Desk, reservations.SourceImport, second{r.Start}).
		Find(&found).Error
	if err != nil {
		return nil, err
	}
	count := &im.Added
	if len(found) > 0 {
		old := found[0].noun()
		if old.Status == reservations.Cancelled {
			return nil, fmt.Errorf("reservation of desk %q at %s: %w: it was cancelled; use deskd reserve to book it again",
				r.Desk, r.Start.Format(time.RFC3339), ErrCancelled)
		}
		if old.Person == r.Person && old.Span.Equal(r.Span) && old.Note == r.Note {
			return &im.Unchanged, nil
		}
		count, r.ID = &im.Updated, old.ID
	}
	if err := put(tx, rowOf(r, now)); err != nil {
		return nil, fmt.Errorf("reservation of desk %q at %s: %w", r.Desk, r.Start.Format(time.RFC3339), err)
	}
	return count, nil
}
