package erasure

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
)

// erasePart is how many rows of one kind an erasure changes in one transaction.
const erasePart = 100

// eraseTries is how often an erasure looks for what has come meanwhile, before it does
// the rest at once: a calendar may book a person again and again.
const eraseTries = 5

// eraseMost removes what is much of a person, in parts, and looks for the rest. What
// names them goes before what leads from one row to the next: whenever it ends, the
// next erasure finds what is left.
func (s Eraser) eraseMost(ctx context.Context, e *erasing) error {
	for try := 0; try < eraseTries && e.much(); try++ {
		for _, part := range []func(context.Context, *erasing) error{s.cancelMost, s.rewordMost, s.redactMost, s.blankMost} {
			if err := part(ctx, e); err != nil {
				return err
			}
		}
		if _, err := s.audit.ChainParts(ctx); err != nil {
			return err
		}
		err := s.db.Snapshot(ctx, e.find)
		if err != nil {
			return err
		}
	}
	return nil
}

// much reports whether there is more than belongs into one transaction.
func (e *erasing) much() bool {
	return e.Reservations > erasePart || len(e.attempts)+len(e.worded) > erasePart || len(e.audit) > erasePart || len(e.told) > erasePart
}

// begun reports whether a part of them is gone.
func (e *erasing) begun() bool {
	return e.done.Reservations+e.done.Attempts+e.done.Mentions+e.done.Audit > 0
}

// add counts what went in parts.
func (e *Erasure) add(done Erasure) {
	if len(done.Cancelled) > 0 {
		e.Cancelled = slices.Concat(done.Cancelled, e.Cancelled)
	}
	e.Reservations += done.Reservations
	e.Attempts += done.Attempts
	e.Mentions += done.Mentions
	e.Audit += done.Audit
	for feed, n := range done.Feeds {
		e.Feeds[feed] += n
	}
}

func (s Eraser) cancelMost(ctx context.Context, e *erasing) error {
	if e.done.Feeds == nil {
		e.done.Feeds = e.Feeds
	}
	err := dialect.InParts(ctx, e.Cancelled, erasePart, func(part []reservations.Reservation, _ bool) error {
		return s.audit.Change(ctx, audit.VerbErase, func(tx *gorm.DB) error { return e.cancel(tx, part) })
	})
	if err != nil {
		return err
	}
	e.done.Cancelled = append(e.done.Cancelled, e.Cancelled...)
	err = dialect.InParts(ctx, e.told, erasePart, func(part []string, _ bool) error {
		return s.db.Change(ctx, func(tx *gorm.DB) error {
			return tx.Exec("UPDATE reservations SET why = '' WHERE id IN ?", part).Error
		})
	})
	e.told = nil
	if err == nil { // what the cancellations have left in the audit names them, too
		_, err = s.audit.ChainParts(ctx)
	}
	if err == nil {
		err = s.db.Snapshot(ctx, e.findAudit)
	}
	return err
}

func (s Eraser) rewordMost(ctx context.Context, e *erasing) error {
	err := dialect.InParts(ctx, e.attempts, erasePart, func(part []int64, _ bool) error {
		return s.db.Change(ctx, func(tx *gorm.DB) error {
			return tx.Exec(blankAttempts, map[string]any{"rows": part}).Error
		})
	})
	if err == nil {
		err = dialect.InParts(ctx, e.worded, erasePart, func(part []wordedRow, _ bool) error {
			return s.db.Change(ctx, func(tx *gorm.DB) error { return reword(tx, part) })
		})
	}
	e.done.Attempts += len(e.attempts)
	e.done.Mentions += len(e.worded)
	e.attempts, e.worded = nil, nil
	return err
}

func reword(tx *gorm.DB, rows []wordedRow) error {
	for _, r := range rows {
		if err := tx.Exec("UPDATE attempts SET why = ?, error = ? WHERE id = ?", r.Why, r.Error, r.ID).Error; err != nil {
			return err
		}
	}
	return nil
}

// redactMost redacts while their bookings still have their name: that leads to the
// rows of the audit that have none.
func (s Eraser) redactMost(ctx context.Context, e *erasing) error {
	var unchained []int64 // another program's, which are redacted at last
	err := dialect.InParts(ctx, e.audit, erasePart, func(part []int64, _ bool) error {
		return s.audit.Change(ctx, audit.VerbErase, func(tx *gorm.DB) error {
			n, err := audit.Redact(tx, part)
			if err != nil {
				return err
			}
			var left []int64
			if err := tx.Raw("SELECT id FROM audit WHERE id IN ? AND salt <> ''", part).Scan(&left).Error; err != nil {
				return err
			}
			unchained, e.done.Audit = append(unchained, left...), e.done.Audit+n
			if n == 0 {
				return nil
			}
			return audit.Note(tx, "person", pseudonym(), map[string]any{"is": map[string]int{"redacted": n}})
		})
	})
	e.audit = unchained
	return err
}

func (s Eraser) blankMost(ctx context.Context, e *erasing) error {
	var ids []string
	err := s.db.Snapshot(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT id FROM reservations WHERE person IN ?", e.ids).Scan(&ids).Error
	})
	if err != nil {
		return err
	}
	return dialect.InParts(ctx, ids, erasePart, func(part []string, _ bool) error {
		return s.audit.Change(ctx, audit.VerbErase, func(tx *gorm.DB) error {
			n, err := blank(tx, part, "AND person IN @ids AND (status NOT IN ('confirmed', 'conflict') OR ends_at <= @over)",
				map[string]any{"now": dialect.Milli{Time: e.now}, "over": dialect.Second{Time: e.now}, "ids": e.ids})
			e.done.Reservations += n
			return err
		})
	})
}

// findTold looks for the bookings that say why they do not count by naming them: of
// the many there are, once, and later of those that have changed since.
func (e *erasing) findTold(tx *gorm.DB) error {
	since, args := "", map[string]any{"from": e.upTo}
	if e.upTo > 0 {
		since = " AND (status = 'conflict' OR id IN (SELECT item FROM audit WHERE id > @from AND kind = 'reservation'))"
	}
	for _, id := range e.ids {
		var told []string
		args["named"] = fmt.Sprintf("%q", id)
		err := tx.Raw("SELECT id FROM reservations WHERE why <> '' AND "+dialect.Of(tx).Contains("why", "@named")+since, args).Scan(&told).Error
		if err != nil {
			return err
		}
		e.told = append(e.told, told...)
	}
	return tx.Raw("SELECT coalesce(max(id), 0) FROM audit").Scan(&e.upTo).Error
}
