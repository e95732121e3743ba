package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// ListReservations returns reservations in calendar order as they are stored,
// also those in conflict and those that [Store.InvalidRows] reports.
func (s *Store) ListReservations(ctx context.Context, f reservations.Filter) ([]reservations.Reservation, error) {
	q := s.db.Read(ctx).Order(tables.CalendarOrder)
	if !f.Span.Empty() {
		q = tables.Overlapping(q, f.Span)
	}
	if f.Desk != "" {
		q = q.Where("desk = ?", f.Desk)
	}
	if f.Person != "" {
		ids, err := tables.BookedSpellings(s.db.Read(ctx), f.Person)
		if err != nil {
			return nil, fmt.Errorf("list reservations: %w", err)
		}
		q = q.Where("person IN ?", ids)
	}
	if f.Source != "" {
		q = q.Where("source = ?", f.Source)
	}
	if f.IncludeCancelled {
		return found(q)
	}
	if f.Span.Empty() || f.Desk+f.Person+f.Source != "" {
		return found(q.Where("status IN ('confirmed', 'conflict')"))
	}
	// One after the other, and spelled out: only so do the indexes of each status apply.
	q = q.Session(&gorm.Session{})
	confirmed, err := found(q.Where("status = 'confirmed'"))
	if err != nil {
		return nil, err
	}
	waiting, err := found(q.Where("status = 'conflict'"))
	all := append(confirmed, waiting...)
	slices.SortFunc(all, reservations.InCalendarOrder)
	return all, err
}

func found(q *gorm.DB) ([]reservations.Reservation, error) {
	var rows []tables.Reservation
	if err := q.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list reservations: %w", err)
	}
	return tables.Reservations(rows), nil
}

// Reservation returns the reservation with that id, whatever its status. The
// error is [reservations.ErrNotFound] when there is none.
func (s *Store) Reservation(ctx context.Context, id string) (reservations.Reservation, error) {
	row, err := tables.FindReservation(s.db.Read(ctx), id)
	return row.Decode(), err
}

// ReservationsCalled returns the reservation with that id or, if there is none,
// those whose id begins so, the first few of them in the order of their ids.
func (s *Store) ReservationsCalled(ctx context.Context, prefix string) ([]reservations.Reservation, error) {
	const few = 10
	var rows []tables.Reservation
	err := s.db.Read(ctx).Where("id >= ? AND id < ?", prefix, prefix+string(unicode.MaxRune)).Order("id").Limit(few).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("find reservation %q: %w", prefix, err)
	}
	if len(rows) > 0 && rows[0].ID == prefix {
		rows = rows[:1]
	}
	return tables.Reservations(rows), nil
}

// Reserve books r.Desk for r.Person and returns the reservation with its new
// id: confirmed, in UTC and whole seconds, the person spelled as known, and of
// source [reservations.SourceCLI] when r names none. Other errors than those of
// the database are [reservations.ErrUnknownDesk], [reservations.ErrUnknownPerson]
// (both name what may have been meant), [reservations.ErrOverlap] (names who has
// the desk) and those of [reservations.Reservation.Check].
func (s *Store) Reserve(ctx context.Context, r reservations.Reservation, now time.Time) (booked reservations.Reservation, err error) {
	if r, err = newReservation(r); err != nil {
		return booked, err
	}
	err = s.audit.Change(ctx, "reserve", func(tx *gorm.DB) error {
		booked, err = reserve(tx, r, now)
		return err
	})
	if err != nil {
		return reservations.Reservation{}, fmt.Errorf("reserve desk %q: %w", r.Desk, err)
	}
	return booked, nil
}

// newReservation is r as it is asked for again, or what is wrong with it.
func newReservation(r reservations.Reservation) (reservations.Reservation, error) {
	r.ID, r.Status, r.Span = "", reservations.Confirmed, r.Span.UTC()
	if r.Source == "" {
		r.Source = reservations.SourceCLI
	}
	return r, r.Check()
}

// reserve books r in tx.
func reserve(tx *gorm.DB, r reservations.Reservation, now time.Time) (reservations.Reservation, error) {
	if _, err := tables.FindDesk(tx, r.Desk); err != nil {
		return r, err
	}
	if r.Person != "" {
		var err error
		if r.Person, err = tables.RequirePerson(tx, r.Person); err != nil {
			return r, err
		}
	}
	row := tables.ReservationOf(r, now)
	if err := tables.Put(tx, row); err != nil {
		return r, err
	}
	row.Updated.Time = row.Updated.UTC().Truncate(time.Millisecond)
	row.Seen = row.Updated
	return row.Decode(), nil
}

// Cancel takes a reservation back, whatever its source, and returns it as it is
// now. Conflicts that become possible by it are confirmed. The error is
// [reservations.ErrNotFound], or [reservations.ErrCancelled] when it was cancelled or
// withdrawn before, with the reservation as it is.
func (s *Store) Cancel(ctx context.Context, id string, now time.Time) (reservations.Reservation, error) {
	var row tables.Reservation
	err := s.audit.Change(ctx, "cancel", func(tx *gorm.DB) error {
		var err error
		if row, err = tables.FindReservation(tx, id); err != nil {
			return err
		}
		if gone(row.Status) {
			return fmt.Errorf("%w: it was %s at %s", reservations.ErrCancelled, row.Status, row.Updated.Format(time.RFC3339))
		}
		row.Status, row.Updated = reservations.Cancelled, dialect.Milli{Time: now.UTC().Truncate(time.Millisecond)}
		if err := tx.Save(&row).Error; err != nil {
			return err
		}
		return tables.Fill(tx, []tables.Place{{Desk: row.Desk, Span: row.Span(), Of: 0}}, now)
	})
	if err == nil {
		// What is left is whom others wait for now, which the next change tells as well.
		if late := tables.Settle(ctx, s.audit, "cancel", now); late != nil && ctx.Err() == nil {
			s.log.Warn("reservations that wait", "err", late)
		}
	}
	switch {
	case errors.Is(err, reservations.ErrCancelled):
		return row.Decode(), fmt.Errorf("cancel reservation %q: %w", id, err)
	case err != nil:
		return reservations.Reservation{}, fmt.Errorf("cancel reservation %q: %w", id, err)
	}
	return row.Decode(), nil
}

// gone reports whether a reservation of that status does not count any more.
func gone(s reservations.Status) bool {
	return s == reservations.Cancelled || s == reservations.Withdrawn
}

// Settle confirms the conflicts of current and future reservations whose desk has
// become free: by another program, say. It works in short transactions, and writes
// nothing where there is none.
func (s *Store) Settle(ctx context.Context, now time.Time) error {
	if err := tables.Settle(ctx, s.audit, "settle", now); err != nil {
		return fmt.Errorf("confirm what waits for desks: %w", err)
	}
	return nil
}
