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

// AnswerHeld records what a person says to the held change of a feed, and
// returns it. The next poll of the feed heeds it. With an id the answer is to
// the change of that [reservations.Held.ID] alone. The error is [reservations.ErrNotHeld]
// when no change is held, or another one than that.
func (s *Store) AnswerHeld(ctx context.Context, feed, id string, answer reservations.Answer, now time.Time) (h reservations.Held, err error) {
	err = s.audit.Change(ctx, "answer", func(tx *gorm.DB) error {
		if h, err = tables.HeldOf(s.sign, tx, feed); err != nil {
			return err
		}
		if !h.Any() || id != "" && id != h.ID() {
			return reservations.ErrNotHeld
		}
		h.Answer, h.By, h.At = answer, audit.ActorOf(ctx), now
		row := tables.Held{ID: h.ID(), Answer: answer, AnsweredAt: dialect.Lenient{Time: now}}
		err := tx.Model(&tables.Held{}).Where("feed = ?", feed).
			Updates(map[string]any{"answer": answer, "by": h.By, "answered_at": dialect.Milli{Time: now}, "proof": s.sign.Sign(tables.ProvesAnswer, append(row.Signed(), h.By)...)}).Error
		if err != nil {
			return err
		}
		return audit.Note(tx, "feed", feed, map[string]any{"is": map[string]any{"change": h.ID(), "dropped": len(h.Change.Drop), "added": len(h.Change.Add), "answer": answer}})
	})
	if err != nil {
		return h, fmt.Errorf("answer feed %q: %w", feed, err)
	}
	return h, nil
}
