package usage

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/store/audit"
	"deskd/store/dialect"
)

// Keeper removes reservations and keeps their counts.
type Keeper struct {
	db    dialect.Transactions
	audit audit.Log
}

// New is the keeper of db, whose audit is log.
func New(db dialect.Transactions, log audit.Log) Keeper { return Keeper{db, log} }

// retireBatch is how many reservations one transaction removes: it holds the writer for some
// twenty milliseconds.
const retireBatch = 100

// VerbRetire is the verb of the rows of the audit that say how many reservations were removed.
const VerbRetire = "retire"

// retired is what such a row says.
type retired struct {
	Removed int       `json:"removed"`
	Through time.Time `json:"through"` // the end of the last of them
}

// Retire removes the reservations that ended before that instant and have no names any
// more, those that ended first before the others, adds them to the counts, and returns how
// many there were, also when there is an error. It does so in batches, between which others
// write; each leaves a row of the audit, with its number. Whatever refers to one of them,
// such as a row of the journal, stays.
func (k Keeper) Retire(ctx context.Context, before time.Time) (n int, err error) {
	for {
		gone := 0
		// Asked without holding the writer: the night on which there is nothing costs nothing.
		some, err := oldest(k.db.Read(ctx), before, 1)
		if err == nil && len(some) > 0 {
			err = k.audit.Change(ctx, VerbRetire, func(tx *gorm.DB) (err error) {
				gone, err = retireSome(tx, before)
				return err
			})
		}
		if err == nil {
			n += gone
		}
		if err == nil && gone == retireBatch {
			err = dialect.Pause(ctx, dialect.Breath)
		}
		if err != nil {
			return n, fmt.Errorf("remove reservations: %w", err)
		}
		if gone < retireBatch {
			return n, nil
		}
	}
}

// oldest are the first of those that can go.
func oldest(tx *gorm.DB, before time.Time, most int) (all []past, err error) {
	err = tx.Raw(columns+"WHERE r.anonymised AND r.ends_at < ? ORDER BY r.ends_at LIMIT ?", dialect.Second{Time: before}, most).Scan(&all).Error
	return all, err
}

// retireSome removes a batch.
func retireSome(tx *gorm.DB, before time.Time) (int, error) {
	all, err := oldest(tx, before, retireBatch)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	sums, ids := make(tally), make([]string, len(all))
	for i, p := range all {
		sums.add(p)
		ids[i] = p.ID
	}
	for _, c := range sums.all() {
		err := dialect.ExecEach(tx, `INSERT INTO desk_usage (period, site, desk, bookings, minutes, cancelled) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (period, site, desk) DO UPDATE SET bookings = desk_usage.bookings + excluded.bookings,
				minutes = desk_usage.minutes + excluded.minutes, cancelled = desk_usage.cancelled + excluded.cancelled`,
			c.Period, c.Site, c.Desk, c.Bookings, c.Minutes, c.Cancelled)
		if err != nil {
			return 0, err
		}
	}
	done := tx.Exec("DELETE FROM reservations WHERE id IN ?", ids)
	if done.Error != nil {
		return 0, done.Error
	}
	if int(done.RowsAffected) != len(all) {
		return 0, fmt.Errorf("%d of %d reservations were removed", done.RowsAffected, len(all))
	}
	return len(all), audit.Note(tx, "database", "reservations", map[string]any{"is": retired{len(all), all[len(all)-1].EndsAt.Time}})
}
