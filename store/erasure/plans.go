package erasure

import (
	"gorm.io/gorm"

	"deskd/store/tables"
)

// plans are the tables of what people have asked for beside bookings. They name whose it is,
// and who asked.
var plans = []string{"series", "absences"}

// findPlans counts what is theirs in [plans], their tokens, and the desks that they own.
func (e *erasing) findPlans(tx *gorm.DB) error {
	var desks int64
	if err := tx.Model(&tables.Desk{}).Where("owner IN ?", e.ids).Count(&desks).Error; err != nil {
		return err
	}
	tokens, err := tokensOf(tx, e.Person.ID)
	if err != nil {
		return err
	}
	e.Desks, e.Tokens, e.Plans, e.asked = int(desks), len(tokens), 0, make(map[string][]string)
	for _, table := range plans {
		var n int64
		if err := tx.Table(table).Where("person IN ?", e.ids).Count(&n).Error; err != nil {
			return err
		}
		e.Plans += int(n)
		var by []string
		if err := tx.Raw("SELECT DISTINCT by FROM " + table).Scan(&by).Error; err != nil {
			return err
		}
		for _, who := range by {
			if e.inElsewhere.in(who) {
				e.asked[table] = append(e.asked[table], who)
			}
		}
	}
	return nil
}

// removeFromPlans takes them out of what they have asked for on behalf of others.
func (e *erasing) removeFromPlans(tx *gorm.DB) error {
	for _, table := range plans {
		for _, by := range e.asked[table] {
			if err := tx.Exec("UPDATE "+table+" SET by = ? WHERE by = ?", e.inElsewhere.replaced(by), by).Error; err != nil {
				return err
			}
		}
	}
	return nil
}
