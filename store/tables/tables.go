package tables

import (
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// RequestAge is how long requests are kept, answered or not.
const RequestAge = 24 * time.Hour

// Replace inserts rows, or overwrites those with the same primary key. rows is
// a pointer to a row or to a slice of them, which must not be empty.
func Replace(tx *gorm.DB, rows any) error {
	return tx.Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(rows, 500).Error
}

// Names returns a column of names as a set.
func Names(tx *gorm.DB, table, column string) (map[string]bool, error) {
	var all []string
	if err := tx.Table(table).Pluck(column, &all).Error; err != nil {
		return nil, err
	}
	set := make(map[string]bool, len(all))
	for _, n := range all {
		set[n] = true
	}
	return set, nil
}
