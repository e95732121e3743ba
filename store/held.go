package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// HeldChange implements [deskd/scheduler/poll.Holds].
func (s *Store) HeldChange(ctx context.Context, feed string) (reservations.Held, error) {
	h, err := tables.HeldOf(s.sign, s.db.Read(ctx), feed)
	if err != nil {
		return h, fmt.Errorf("read held change of feed %q: %w", feed, err)
	}
	return h, nil
}

// HoldChange implements [deskd/scheduler/poll.Holds].
func (s *Store) HoldChange(ctx context.Context, feed string, h reservations.Held) error {
	text, err := json.Marshal(h.Change)
	if err != nil {
		return fmt.Errorf("hold change of feed %q: %w", feed, err)
	}
	seen, err := json.Marshal(h.Seen)
	if err != nil {
		return fmt.Errorf("hold change of feed %q: %w", feed, err)
	}
	row := tables.Held{Feed: feed, ID: h.ID(), Change: string(text), Seen: string(seen), SeenProof: s.sign.Sign(tables.ProvesSeen, string(seen)), UntilAt: dialect.Lenient{Time: h.Until}}
	err = s.audit.Change(ctx, "hold", func(tx *gorm.DB) error {
		if before, err := tables.HeldOf(s.sign, tx, feed); err != nil || !before.Any() { // none, or one that cannot be read
			return errors.Join(err, tables.Replace(tx, &row))
		}
		// Someone may have answered since the poller read the row.
		if err := tx.Model(&tables.Held{}).Where("feed = ? AND id = ?", feed, row.ID).Updates(map[string]any{"seen": row.Seen, "seen_proof": row.SeenProof}).Error; err != nil {
			return err
		}
		other := clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "feed_held.id <> excluded.id"}}}
		return tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "feed"}}, UpdateAll: true, Where: other}).Create(&row).Error
	})
	if err != nil {
		return fmt.Errorf("hold change of feed %q: %w", feed, err)
	}
	return nil
}

// HeldAnswer is what a person says to the held change of a feed. With a Change the
// answer is to that of this [reservations.Held.ID] alone.
type HeldAnswer struct {
	Feed, Change string
	Answer       reservations.Answer
}

// AnswerHeld records a person's answer to a held change, and returns the change. The
// next poll of the feed heeds it. The error is [reservations.ErrNotHeld] when no change
// is held, or another one than the answer is to.
func (s *Store) AnswerHeld(ctx context.Context, a HeldAnswer, now time.Time) (h reservations.Held, err error) {
	err = s.audit.Change(ctx, "answer", func(tx *gorm.DB) error {
		if h, err = tables.HeldOf(s.sign, tx, a.Feed); err != nil {
			return err
		}
		if !h.Any() || a.Change != "" && a.Change != h.ID() {
			return reservations.ErrNotHeld
		}
		h.Answer, h.By, h.At = a.Answer, audit.ActorOf(ctx), now
		row := tables.Held{ID: h.ID(), Answer: a.Answer, AnsweredAt: dialect.Lenient{Time: now}}
		err := tx.Model(&tables.Held{}).Where("feed = ?", a.Feed).
			Updates(map[string]any{"answer": a.Answer, "by": h.By, "answered_at": dialect.Milli{Time: now}, "proof": s.sign.Sign(tables.ProvesAnswer, append(row.Signed(), h.By)...)}).Error
		if err != nil {
			return err
		}
		return audit.Note(tx, "feed", a.Feed, map[string]any{"is": map[string]any{"change": h.ID(), "dropped": len(h.Change.Drop), "added": len(h.Change.Add), "answer": a.Answer}})
	})
	if err != nil {
		return h, fmt.Errorf("answer feed %q: %w", a.Feed, err)
	}
	return h, nil
}
