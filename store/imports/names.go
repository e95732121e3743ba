package imports

import (
	"errors"
	"slices"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/tables"
)

// personNames are the rows of addresses and aliases as they are stored, by the key of
// whose they are.
type personNames struct {
	mails   map[string][]tables.Mail
	aliases map[string][]tables.Alias
}

func namesOf(tx *gorm.DB, ids []string) (personNames, error) {
	n := personNames{make(map[string][]tables.Mail), make(map[string][]tables.Alias)}
	var mails []tables.Mail
	var aliases []tables.Alias
	err := errors.Join(tx.Where("person IN ?", ids).Find(&mails).Error, tx.Where("person IN ?", ids).Find(&aliases).Error)
	for _, m := range mails {
		key := reservations.PersonKey(m.Person)
		n.mails[key] = append(n.mails[key], m)
	}
	for _, a := range aliases {
		key := reservations.PersonKey(a.Person)
		n.aliases[key] = append(n.aliases[key], a)
	}
	return n, err
}

// mailStays reports whether a row is as it was, the spelling of its person included.
func mailStays(m, is tables.Mail) bool { return m == is }

func aliasStays(a, is tables.Alias) bool { return sameAlias(a, is) && a.Person == is.Person }

// namesChanged are the rows that are no more, and those that are new. One that stays
// is left alone: the audit tells of each that goes or comes.
func namesChanged[T any](was, is []T, same func(a, b T) bool) (gone, come []T) {
	without := func(all, others []T) []T {
		return slices.DeleteFunc(slices.Clone(all), func(a T) bool {
			return slices.ContainsFunc(others, func(b T) bool { return same(a, b) })
		})
	}
	return without(was, is), without(is, was)
}

// removeAll deletes rows by their primary keys.
func removeAll[T any](tx *gorm.DB, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	return tx.Delete(&rows).Error
}

// createAll inserts rows.
func createAll[T any](tx *gorm.DB, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	return tx.CreateInBatches(&rows, 500).Error
}
