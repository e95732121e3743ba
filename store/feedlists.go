package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

type waitingRow struct {
	Feed     string `gorm:"primaryKey"`
	Event    string `gorm:"primaryKey"`
	StartsAt dialect.Second
	EndsAt   dialect.Second
	Seen     dialect.Milli `gorm:"column:seen_at"`
}

func (waitingRow) TableName() string { return "feed_waiting" }

// mostWaiting is how many events of a feed are remembered that wait for a desk; it
// does not matter much in what order yet more of them get one.
const mostWaiting = 10_000

// listPart is how many rows of a feed's lists one transaction writes.
const listPart = 200

// feedLists is what a reading leaves beside the bookings of a feed: the events that
// wait for a desk, and those that were not understood.
type feedLists struct {
	feed    string
	waiting []waitingRow
	unread  []problemRow
	kept    bool // they stand in the database already
}

func listsOf(feed string, waits []reservations.Waiting, unread []reservations.Problem, now time.Time) *feedLists {
	l := feedLists{feed: feed, unread: problemRows(feed, unread)}
	for _, w := range waits[:min(len(waits), mostWaiting)] {
		if w.Seen.IsZero() {
			w.Seen = now
		}
		l.waiting = append(l.waiting, waitingRow{feed, w.Event, dialect.Second{Time: w.Start}, dialect.Second{Time: w.End}, dialect.Milli{Time: w.Seen}})
	}
	return &l
}

func problemRows(feed string, unread []reservations.Problem) []problemRow {
	rows := make([]problemRow, len(unread))
	for i, p := range unread {
		rows[i] = problemRow{Feed: feed, Line: p.Line, UID: p.UID, StartAt: dialect.Lenient{Time: p.Start}, What: p.What, Hint: p.Hint, Note: p.Note, Title: p.Title, Organizer: p.Organizer}
	}
	return rows
}

// keepLong writes lists that are long, in parts before the change itself: for a
// moment a reader sees a part of them. Short ones are kept with the change.
func (s *Store) keepLong(ctx context.Context, l *feedLists) error {
	if l.kept = len(l.waiting)+len(l.unread) > listPart; !l.kept {
		return nil
	}
	err := s.db.Change(ctx, func(tx *gorm.DB) error {
		err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&feedRow{Name: l.feed}).Error // the lists refer to it
		if err != nil {
			return err
		}
		return l.forget(tx)
	})
	for part := range slices.Chunk(l.waiting, listPart) {
		if err == nil {
			err = s.changeNext(ctx, func(tx *gorm.DB) error { return tables.Replace(tx, &part) })
		}
	}
	for part := range slices.Chunk(l.unread, listPart) {
		if err == nil {
			err = s.changeNext(ctx, func(tx *gorm.DB) error { return tx.Create(&part).Error })
		}
	}
	return err
}

// changeNext is change for a part of something: it lets others write first.
func (s *Store) changeNext(ctx context.Context, do func(tx *gorm.DB) error) error {
	if err := dialect.Pause(ctx, dialect.Breath); err != nil {
		return err
	}
	return s.db.Change(ctx, do)
}

// keep writes short lists, and what of the change itself belongs to them.
func (l *feedLists) keep(tx *gorm.DB, more []reservations.Problem) error {
	rows := problemRows(l.feed, more)
	if !l.kept {
		rows = slices.Concat(l.unread, rows)
		if err := l.forget(tx); err != nil {
			return err
		}
		if len(l.waiting) > 0 {
			if err := tables.Replace(tx, &l.waiting); err != nil {
				return err
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.CreateInBatches(&rows, listPart).Error
}

func (l *feedLists) forget(tx *gorm.DB) error {
	if err := tx.Where("feed = ?", l.feed).Delete(&waitingRow{}).Error; err != nil {
		return err
	}
	return tx.Where("feed = ?", l.feed).Delete(&problemRow{}).Error
}
