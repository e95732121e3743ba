package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/scheduler/clock"
	"deskd/scheduler/plan"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// See implements [deskd/scheduler.Sightings]. Of several observations of one
// device the last in the slice counts.
func (s *Store) See(ctx context.Context, seen []plan.Observation) error {
	if len(seen) == 0 {
		return nil
	}
	w := s.written.SeenAgain(seen)
	err := s.db.Change(ctx, func(tx *gorm.DB) error {
		switch there, err := w.Touch(tx); {
		case err != nil:
			return err
		case !there: // another program has written a row, or removed it
			w = tables.AllWhole(seen)
		}
		return see(tx, w.Whole)
	})
	if err != nil {
		return fmt.Errorf("record observations: %w", err)
	}
	s.written.Note(w)
	return nil
}

func see(tx *gorm.DB, seen []plan.Observation) error {
	if len(seen) == 0 {
		return nil
	}
	rows, at := make([]tables.Observation, 0, len(seen)), make(map[string]int, len(seen))
	for _, h := range seen {
		row := tables.Observation{
			Device: h.Device, Person: h.Person, Present: h.Exists, Known: h.Known, Doubt: h.Doubt, Ours: h.Ours, Visitor: h.Visitor,
			Reservation: h.Reservation, SinceAt: dialect.Lenient{Time: h.Since}, FirstAt: dialect.Lenient{Time: h.First}, SeenAt: dialect.Lenient{Time: h.At}, Spared: h.Spared,
			CarriedSession: h.Carried.Session, CarriedReservation: h.Carried.Reservation, CarriedUntil: dialect.Lenient{Time: h.Carried.Until},
		}
		i, twice := at[h.Device]
		if twice { // one statement writes a row once
			rows[i] = row
			continue
		}
		at[h.Device] = len(rows)
		rows = append(rows, row)
	}
	return tables.Replace(tx, &rows)
}

// Seen implements [deskd/scheduler.Sightings].
func (s *Store) Seen(ctx context.Context) ([]plan.Observation, error) {
	seen, err := tables.Observations(s.db.Read(ctx), "")
	if err != nil {
		return nil, fmt.Errorf("read observations: %w", err)
	}
	return seen, nil
}

// SeenAndDone returns what was seen of phones, and the newest attempt at each, by device: all of
// it for a zero from, and else what was written, or begun, by clocks at from or after it.
func (s *Store) SeenAndDone(ctx context.Context, from time.Time) ([]plan.Observation, map[string]plan.Attempt, error) {
	if from.IsZero() {
		seen, err := s.Seen(ctx)
		if err != nil {
			return nil, nil, err
		}
		last, err := s.LastAttempts(ctx)
		return seen, last, err
	}
	seen, err := tables.Observations(s.db.Read(ctx), "WHERE o.seen_at >= ?", dialect.Milli{Time: from})
	if err != nil {
		return nil, nil, fmt.Errorf("read observations: %w", err)
	}
	last, err := newestOf(s.db.Read(ctx).Where("began_at >= ?", dialect.Milli{Time: from}))
	return seen, last, err
}

// lastAsked asks for the last instant at which a phone or a feed was asked.
func lastAsked(d dialect.Statements) string {
	return `SELECT coalesce(max(at), ` + d.Never() + `) FROM (
    SELECT max(lastly) AS at FROM (` + tables.Seen + `) AS seen WHERE ` + d.IsInstant("lastly") + `
    UNION ALL SELECT max(checked) FROM feeds WHERE ` + d.IsInstant("checked") + `) AS asked`
}

// Newest implements [deskd/scheduler.Sightings].
func (s *Store) Newest(ctx context.Context) (clock.Newest, error) {
	var at dialect.Lenient
	var attempt int64
	err := s.db.Snapshot(ctx, func(tx *gorm.DB) (err error) {
		if err := tx.Raw(lastAsked(dialect.Of(tx))).Row().Scan(&at); err != nil {
			return err
		}
		attempt, err = dialect.Of(tx).Numbered(tx, "attempts") // however many were pruned
		return err
	})
	if err != nil {
		return clock.Newest{}, fmt.Errorf("read newest instants: %w", err)
	}
	return clock.Newest{At: at.Time, Attempt: attempt}, nil
}
