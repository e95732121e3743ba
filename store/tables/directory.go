package tables

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/reservations/spelling"
)

// Directory says which desks and people there are, desks in the order of their
// ids and people in that of their folded ones.
type Directory struct {
	Desks, People []string
	tx            *gorm.DB // to look up what they are called besides
}

// ReadDirectory reads all ids. What it answers is looked up with tx, which must be open.
func ReadDirectory(tx *gorm.DB) (d Directory, err error) {
	d.tx = tx
	if err := tx.Model(&Desk{}).Order("id").Pluck("id", &d.Desks).Error; err != nil {
		return d, err
	}
	err = tx.Model(&Person{}).Pluck("id", &d.People).Error
	slices.SortFunc(d.People, ByKey)
	return d, err
}

// ByKey is the order of user ids, spelled in any way.
func ByKey(a, b string) int {
	return strings.Compare(reservations.PersonKey(a), reservations.PersonKey(b))
}

// UnknownDesk is the error of a desk that is not there: it names the one that may have
// been meant.
func (d Directory) UnknownDesk(id string) error {
	if desk := d.calls(d.tx.Model(&DeskName{}).Where("key = ?", reservations.NameKey(id)), "desk"); desk != "" {
		return meant(reservations.ErrUnknownDesk, id, desk)
	}
	return unknown(reservations.ErrUnknownDesk, id, d.Desks)
}

// UnknownPerson is the error of a person who is not there: it names the one who may have
// been meant.
func (d Directory) UnknownPerson(id string) error {
	for _, called := range []*gorm.DB{
		d.tx.Model(&Alias{}).Where("key = ?", reservations.NameKey(id)),
		d.tx.Model(&Mail{}).Where("mail = ?", id),
	} {
		if person := d.calls(called, "person"); person != "" {
			return meant(reservations.ErrUnknownPerson, id, person)
		}
	}
	return unknown(reservations.ErrUnknownPerson, id, d.People)
}

// calls returns the id of whom an address or alias is, or "": where it cannot be
// looked up, a hint is missing and no more.
func (Directory) calls(rows *gorm.DB, whose string) string {
	var ids []string
	if rows.Limit(1).Pluck(whose, &ids).Error != nil || len(ids) == 0 {
		return ""
	}
	return ids[0]
}

func meant(sentinel error, name, is string) error {
	return fmt.Errorf("%w: %q; did you mean %q?", sentinel, name, is)
}

// unknown words the error of a name that is not there: which it is, and which
// may have been meant.
func unknown(sentinel error, name string, candidates []string) error {
	if near := nearest(name, candidates); near != "" {
		return meant(sentinel, name, near)
	}
	return fmt.Errorf("%w: %q", sentinel, name)
}

// nearest returns the candidate most like name, the first of equals, or "" when
// none is so close that it may be a slip of the keys: one letter in a short
// name, two in one of six or more. Case does not count.
func nearest(name string, candidates []string) string {
	best, within := "", 2
	if len([]rune(name)) < 6 {
		within = 1
	}
	for _, c := range candidates {
		if d := spelling.Distance(strings.ToLower(name), strings.ToLower(c)); d <= within {
			if d == 0 {
				return c
			}
			best, within = c, d-1
		}
	}
	return best
}
