package erasure

import (
	"net/url"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/tables"
)

// removeTokens removes the tokens of the person, and their name from those that they have
// made, or whose note names them.
func (e *erasing) removeTokens(tx *gorm.DB) error {
	var all []tables.Token
	if err := tx.Find(&all).Error; err != nil {
		return err
	}
	for _, row := range all {
		t := row.Decode()
		var err error
		switch {
		case e.theirs(t):
			err = tx.Delete(&row).Error
		case e.inElsewhere.in(t.By+" "+t.Note) && row.Proven(e.sign):
			t.By, t.Note = e.inElsewhere.replaced(t.By), e.inElsewhere.replaced(t.Note)
			err = tx.Save(new(tables.TokenOf(e.sign, t, row.Hash))).Error
		case e.inElsewhere.in(t.By + " " + t.Note + " " + t.Shows):
			err = tx.Delete(&row).Error // it opens nothing
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// theirs reports whether a token is the person's, or shows their calendar.
func (e *erasing) theirs(t reservations.Token) bool {
	shows, _ := url.ParseQuery(t.Shows) // as web/calendars writes it; the rest of what is not so counts
	return reservations.SamePerson(t.Person, e.Person.ID) || reservations.SamePerson(shows.Get("person"), e.Person.ID)
}

// tokensOf are the tokens of a person, and those that show their calendar.
func tokensOf(tx *gorm.DB, id string) ([]reservations.Token, error) {
	var rows []tables.Token
	if err := tx.Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	found, e := []reservations.Token{}, erasing{Erasure: Erasure{Person: reservations.Person{ID: id}}}
	for _, r := range rows {
		if t := r.Decode(); e.theirs(t) {
			found = append(found, t)
		}
	}
	return found, nil
}
