package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"deskd/reservations"
)

type personRow struct {
	ID        string `gorm:"primaryKey"`
	Name      string
	Profile   string
	Protected bool
}

func (personRow) TableName() string { return "people" }

type mailRow struct {
	Mail   string `gorm:"primaryKey"`
	Person string
}

func (mailRow) TableName() string { return "person_mail" }

// People implements [deskd/scheduler.Book]. Mail addresses are in alphabetical
// order.
func (s *Store) People(ctx context.Context) ([]reservations.Person, error) {
	people, err := peopleOf(s.read.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("read people: %w", explain(err))
	}
	return people, nil
}

func peopleOf(tx *gorm.DB) ([]reservations.Person, error) {
	var rows []personRow
	if err := tx.Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	var mails []mailRow
	if err := tx.Order("mail").Find(&mails).Error; err != nil {
		return nil, err
	}
	byPerson := make(map[string][]string, len(rows))
	for _, m := range mails {
		byPerson[m.Person] = append(byPerson[m.Person], m.Mail)
	}
	people := make([]reservations.Person, len(rows))
	for i, r := range rows {
		people[i] = r.noun(byPerson[r.ID])
	}
	return people, nil
}

func (r personRow) noun(mail []string) reservations.Person {
	return reservations.Person{ID: r.ID, Mail: mail, Name: r.Name, Profile: r.Profile, Protected: r.Protected}
}

// Person returns the person with that user id or else that mail address,
// neither of which minds case. The error is [reservations.ErrUnknownPerson] and
// names the nearest user id there is.
func (s *Store) Person(ctx context.Context, idOrMail string) (reservations.Person, error) {
	p, err := findPerson(s.read.WithContext(ctx), idOrMail)
	return p, explain(err)
}

func findPerson(tx *gorm.DB, idOrMail string) (reservations.Person, error) {
	var rows []personRow
	byMail := tx.Model(&mailRow{}).Select("person").Where("mail = ?", idOrMail)
	err := tx.Where("id = ?", idOrMail).Or("id IN (?)", byMail).Find(&rows).Error
	if err != nil {
		return reservations.Person{}, err
	}
	if len(rows) == 0 {
		known, err := readDirectory(tx)
		if err != nil {
			return reservations.Person{}, err
		}
		return reservations.Person{}, known.unknownPerson(idOrMail)
	}
	row := rows[0] // two when one person's id is another's address: the id wins
	if i := slices.IndexFunc(rows, func(r personRow) bool { return reservations.SamePerson(r.ID, idOrMail) }); i > 0 {
		row = rows[i]
	}
	var mail []string
	err = tx.Model(&mailRow{}).Where("person = ?", row.ID).Order("mail").Pluck("mail", &mail).Error
	return row.noun(mail), err
}

// requirePerson returns the user id as its person spells it.
func requirePerson(tx *gorm.DB, id string) (string, error) {
	var row personRow
	err := tx.Where("id = ?", id).Take(&row).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return row.ID, err
	}
	known, err := readDirectory(tx)
	if err != nil {
		return "", err
	}
	return "", known.unknownPerson(id)
}

// ImportPeople adds people and updates those with a known user id, in one
// transaction. Mail addresses may move between people in any order. A row that
// is not a usable person, stands there twice or wants another's address is
// refused and the rest goes on. Nobody is ever removed. With dryRun the answer
// is the same and nothing changes.
func (s *Store) ImportPeople(ctx context.Context, people []reservations.Person, dryRun bool) (Imported, error) {
	return s.importing(ctx, "people", dryRun, func(tx *gorm.DB, im *Imported) error {
		have, err := peopleOf(tx)
		if err != nil {
			return err
		}
		known := make(map[string]reservations.Person, len(have))
		mails := make(map[string]string)
		for _, p := range have {
			known[reservations.PersonKey(p.ID)] = p
			for _, m := range p.Mail {
				mails[strings.ToLower(m)] = reservations.PersonKey(p.ID)
			}
		}
		claims, refused := settleClaims("person", checkPeople(people, im), mails)
		im.Refused = append(im.Refused, refused...)
		return writePeople(tx, people, claims, known, im)
	})
}

// checkPeople refuses the rows that cannot be people and returns the addresses
// the others claim.
func checkPeople(people []reservations.Person, im *Imported) []claim {
	seen := make(map[string]bool)
	var claims []claim
	for i, p := range people {
		key := reservations.PersonKey(p.ID)
		err := p.Check()
		if err == nil && seen[key] {
			err = fmt.Errorf("person %q is listed twice", p.ID)
		}
		if err != nil {
			im.refuse(i, err)
			continue
		}
		seen[key] = true
		claims = append(claims, claim{i, key, foldMail(p.Mail)})
	}
	return claims
}

// foldMail returns the addresses in lower case, in order and each once.
func foldMail(mail []string) []string {
	folded := make([]string, len(mail))
	for i, m := range mail {
		folded[i] = strings.ToLower(m)
	}
	slices.Sort(folded)
	return slices.Compact(folded)
}

// writePeople writes the rows of claims, all people before all addresses,
// because an address may be on its way from one to another.
func writePeople(tx *gorm.DB, people []reservations.Person, claims []claim, known map[string]reservations.Person, im *Imported) error {
	var mails []mailRow
	for _, c := range claims {
		p := people[c.row]
		old, ok := known[c.owner]
		switch {
		case !ok:
			im.Added++
		case !samePerson(old, p):
			im.Updated++
		default:
			im.Unchanged++
			continue
		}
		if err := writePerson(tx, cmp.Or(old.ID, p.ID), p); err != nil {
			return fmt.Errorf("person %q: %w", p.ID, err)
		}
		for _, m := range c.things {
			mails = append(mails, mailRow{m, p.ID})
		}
	}
	if len(mails) == 0 {
		return nil
	}
	return tx.CreateInBatches(&mails, 500).Error
}

// writePerson writes a person without addresses over the one spelled old, whose
// case may differ.
func writePerson(tx *gorm.DB, old string, p reservations.Person) error {
	row := personRow{ID: p.ID, Name: p.Name, Profile: p.Profile, Protected: p.Protected}
	done := tx.Model(&personRow{}).Where("id = ?", old).Select("*").Updates(&row)
	if done.Error != nil {
		return done.Error
	}
	if done.RowsAffected == 0 {
		return tx.Create(&row).Error
	}
	return tx.Where("person = ?", p.ID).Delete(&mailRow{}).Error
}

func samePerson(a, b reservations.Person) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Profile == b.Profile && a.Protected == b.Protected &&
		slices.Equal(foldMail(a.Mail), foldMail(b.Mail))
}
