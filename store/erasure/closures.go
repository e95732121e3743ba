package erasure

import (
	"gorm.io/gorm"
)

// closedFor is a closure with its reason, which a person has written.
type closedFor struct{ ID, Why string }

// findClosed looks for the closures whose reasons name the person.
func (e *erasing) findClosed(tx *gorm.DB) error {
	var rows []closedFor
	err := tx.Raw("SELECT id, why FROM closures WHERE why <> '' ORDER BY id").Scan(&rows).Error
	e.closed = nil
	for _, r := range rows {
		if e.inElsewhere.in(r.Why) {
			e.closed = append(e.closed, r)
		}
	}
	e.Problems += len(e.closed)
	return err
}

// rewordClosed takes the person out of the reasons of closures, which stay.
func (e *erasing) rewordClosed(tx *gorm.DB) error {
	for _, r := range e.closed {
		if err := tx.Exec("UPDATE closures SET why = ? WHERE id = ?", e.inElsewhere.replaced(r.Why), r.ID).Error; err != nil {
			return err
		}
	}
	return nil
}
