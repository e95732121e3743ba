// Package notices keeps what deskd has told people on phones without being asked, and what came of
// it. A notice is written down before it is pushed, and by whom it is not yet written: of several
// nodes, or of one that was killed and is there again, one alone tells it. It decides nothing.
package notices

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"deskd/reservations"
	"deskd/scheduler/notices"
	"deskd/store/dialect"
)

// Keeper keeps the notices of a database.
type Keeper struct{ db dialect.Transactions }

// New is the keeper of a database.
func New(db dialect.Transactions) Keeper { return Keeper{db} }

// Told is a notice that was told, is being told, or was not to be.
type Told struct {
	Key         string        `json:"-"`
	Kind        notices.Kind  `json:"kind"`
	Cluster     string        `json:"cluster"`
	Desk        string        `json:"desk"`
	Device      string        `json:"device"`
	Reservation string        `json:"reservation"`
	About       time.Time     `json:"about,omitzero"`
	Ahead       time.Duration `json:"-"`
	Other       string        `json:"other,omitempty"`
	Due         time.Time     `json:"due"`
	Began       time.Time     `json:"began"`
	Ended       time.Time     `json:"ended,omitzero"` // zero while it is being told
	// Outcome is empty while it is being told, Problem empty where there is nothing more to say.
	Outcome notices.Outcome `json:"outcome,omitempty"`
	Problem string          `json:"problem,omitempty"`
}

type row struct {
	Key         string `gorm:"primaryKey"`
	Kind        string
	Cluster     string
	Desk        string
	Device      string
	Reservation string
	AboutAt     dialect.Lenient
	AheadS      int64
	Other       string
	DueAt       dialect.Lenient
	BeganAt     dialect.Lenient
	EndedAt     dialect.Lenient
	Outcome     string
	Problem     string
}

func (row) TableName() string { return "phone_notices" }

func (r row) decode() Told {
	text := reservations.Legible // another program may have written it
	return Told{
		Key: r.Key, Kind: notices.Kind(text(r.Kind)), Cluster: text(r.Cluster), Desk: text(r.Desk), Device: text(r.Device), Reservation: text(r.Reservation),
		About: r.AboutAt.Time, Ahead: time.Duration(r.AheadS) * time.Second, Other: text(r.Other), Due: r.DueAt.Time, Began: r.BeganAt.Time, Ended: r.EndedAt.Time,
		Outcome: notices.Outcome(text(r.Outcome)), Problem: text(r.Problem),
	}
}

// Begin writes down that n is being told, and reports whether nobody has before: only then it may be.
func (k Keeper) Begin(ctx context.Context, n notices.Notice, now time.Time) (first bool, err error) {
	r := row{
		Key: n.Key(), Kind: string(n.Kind), Cluster: n.Cluster, Desk: n.Desk, Device: n.Device, Reservation: n.Reservation,
		AboutAt: dialect.Lenient{Time: n.About}, AheadS: int64(n.Ahead / time.Second), Other: n.Other,
		DueAt: dialect.Lenient{Time: n.Due}, BeganAt: dialect.Lenient{Time: now},
	}
	err = k.db.Change(ctx, func(tx *gorm.DB) error {
		done := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
		first = done.Error == nil && done.RowsAffected == 1
		return done.Error
	})
	if err != nil {
		return false, fmt.Errorf("record a notice at desk %q: %w", n.Desk, err)
	}
	return first, nil
}

// End writes down what has become of a notice, unless that is known.
func (k Keeper) End(ctx context.Context, n notices.Notice, is notices.Result, now time.Time) error {
	err := k.db.Change(ctx, func(tx *gorm.DB) error {
		return tx.Model(&row{}).Where("key = ? AND outcome = ''", n.Key()).Updates(ending(is, now)).Error
	})
	if err != nil {
		return fmt.Errorf("record what became of a notice at desk %q: %w", n.Desk, err)
	}
	return nil
}

func ending(is notices.Result, now time.Time) map[string]any {
	return map[string]any{"outcome": string(is.Outcome), "problem": is.Problem, "ended_at": dialect.Lenient{Time: now}}
}

// Try writes down that a try of a notice that has begun came to nothing for that problem, so that the
// phone shows nothing of it; with ” that the next one is under way.
func (k Keeper) Try(ctx context.Context, n notices.Notice, problem string) error {
	err := k.db.Change(ctx, func(tx *gorm.DB) error {
		return tx.Model(&row{}).Where("key = ? AND outcome = ''", n.Key()).Updates(map[string]any{"problem": problem}).Error
	})
	if err != nil {
		return fmt.Errorf("record a try of a notice at desk %q: %w", n.Desk, err)
	}
	return nil
}

// Abandon writes down that nobody knows what has become of the notices of a cluster of which a try
// is under way: those who were telling them do so no more. It returns how many there were. Those
// that wait for their next try are forgotten, and may begin again.
func (k Keeper) Abandon(ctx context.Context, cluster, why string, now time.Time) (n int, err error) {
	err = k.db.Change(ctx, func(tx *gorm.DB) error {
		if err := tx.Where("cluster = ? AND outcome = '' AND problem <> ''", cluster).Delete(&row{}).Error; err != nil {
			return err
		}
		done := tx.Model(&row{}).Where("cluster = ? AND outcome = ''", cluster).Updates(ending(notices.Result{Outcome: notices.Unknown, Problem: why}, now))
		n = int(done.RowsAffected)
		return done.Error
	})
	if err != nil {
		return 0, fmt.Errorf("record what became of notices: %w", err)
	}
	return n, nil
}

// Filter is what is asked for. What is left zero narrows nothing.
type Filter struct {
	Desk, Cluster string
	From, To      time.Time // of the beginning, to the latter exclusively
	Limit         int
}

// List returns notices, the newest first.
func (k Keeper) List(ctx context.Context, f Filter) ([]Told, error) {
	q := k.db.Read(ctx)
	if f.Desk != "" {
		q = q.Where("desk = ?", f.Desk)
	}
	if f.Cluster != "" {
		q = q.Where("cluster = ?", f.Cluster)
	}
	if !f.From.IsZero() {
		q = q.Where("began_at >= ?", dialect.Milli{Time: f.From})
	}
	if !f.To.IsZero() {
		q = q.Where("began_at < ?", dialect.Milli{Time: f.To})
	}
	if f.Limit > 0 {
		q = q.Limit(f.Limit)
	}
	var rows []row
	if err := q.Order("began_at DESC, key DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	all := make([]Told, len(rows))
	for i, r := range rows {
		all[i] = r.decode()
	}
	return all, nil
}

// Prune removes the notices that were told before an instant, and returns how many there were.
func (k Keeper) Prune(ctx context.Context, before time.Time) (pruned int, err error) {
	for {
		gone := 0
		err = k.db.Change(ctx, func(tx *gorm.DB) error {
			done := tx.Exec("DELETE FROM phone_notices WHERE key IN (SELECT key FROM phone_notices WHERE began_at < ? LIMIT ?)", dialect.Milli{Time: before}, dialect.PruneBatch)
			gone = int(done.RowsAffected)
			return done.Error
		})
		if pruned += gone; err == nil && gone == dialect.PruneBatch {
			err = dialect.Pause(ctx, dialect.Breath)
		}
		if err != nil {
			return pruned, fmt.Errorf("prune notices: %w", err)
		}
		if gone < dialect.PruneBatch {
			return pruned, nil
		}
	}
}
