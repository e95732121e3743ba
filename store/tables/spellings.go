package tables

import (
	"gorm.io/gorm"

	"deskd/reservations"
)

// Spellings are id, and how else the tables spell it: a database may fold ASCII
// alone, the phone system folds more.
func Spellings(tx *gorm.DB, id string) ([]string, error) {
	var spelled []string
	err := tx.Raw(`SELECT person FROM reservations UNION SELECT person FROM attempts
		UNION SELECT person FROM observations UNION SELECT item FROM audit WHERE kind = 'person'
		UNION SELECT person FROM series UNION SELECT person FROM absences UNION SELECT owner FROM desks`).Scan(&spelled).Error
	return sameAs(id, spelled), err
}

// BookedSpellings is spellings by reservations alone: one seek for each person that
// has one, however long the tables are. The column compares without regard to the case
// of ASCII letters, so that one spelling of those stands for all.
func BookedSpellings(tx *gorm.DB, id string) ([]string, error) {
	var spelled []string
	err := tx.Raw(`WITH RECURSIVE p(person) AS (SELECT min(person) FROM reservations
		UNION ALL SELECT (SELECT min(r.person) FROM reservations r WHERE r.person > p.person) FROM p WHERE p.person IS NOT NULL)
		SELECT person FROM p WHERE person IS NOT NULL`).Scan(&spelled).Error
	return sameAs(id, spelled), err
}

// sameAs is id, and what else of spelled means the same person.
func sameAs(id string, spelled []string) []string {
	ids := []string{id}
	for _, other := range spelled {
		if reservations.SamePerson(other, id) && other != id {
			ids = append(ids, other)
		}
	}
	return ids
}
