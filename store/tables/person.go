package tables

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"deskd/reservations"
)

// MailsOf are the addresses of p as they are stored.
func MailsOf(p reservations.Person) []Mail {
	var rows []Mail
	for _, m := range FoldMail(p.Mail) {
		rows = append(rows, Mail{m, p.ID})
	}
	return rows
}

// Person is a person without addresses and aliases.
type Person struct {
	ID        string `gorm:"primaryKey"`
	Name      string
	Profile   string
	Protected bool
	Groups    string // with a semicolon between two
	Role      string
}

// TableName implements gorm's Tabler.
func (Person) TableName() string { return "people" }

// Mail is a mail address of a person.
type Mail struct {
	Mail   string `gorm:"primaryKey"`
	Person string
}

// TableName implements gorm's Tabler.
func (Mail) TableName() string { return "person_mail" }

// Alias is an alias of a person.
type Alias struct {
	Key    string `gorm:"primaryKey"` // reservations.NameKey of Alias
	Alias  string
	Person string
}

// TableName implements gorm's Tabler.
func (Alias) TableName() string { return "person_aliases" }

// People reads the people of these user ids, all of them when there are none, in the
// order of their ids.
func People(tx *gorm.DB, ids ...string) ([]reservations.Person, error) {
	var rows []Person
	if err := only(tx, "id", ids).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	var mails []Mail
	if err := only(tx, "person", ids).Order("mail").Find(&mails).Error; err != nil {
		return nil, err
	}
	var named []Alias
	if err := only(tx, "person", ids).Order("key").Find(&named).Error; err != nil {
		return nil, err
	}
	byPerson, aliases := make(map[string][]string, len(rows)), make(map[string][]string)
	for _, m := range mails {
		byPerson[m.Person] = append(byPerson[m.Person], m.Mail)
	}
	for _, a := range named {
		aliases[a.Person] = append(aliases[a.Person], a.Alias)
	}
	people := make([]reservations.Person, len(rows))
	for i, r := range rows {
		people[i] = r.Decode(byPerson[r.ID], aliases[r.ID])
	}
	return people, nil
}

// Decode is the person that r stands for, with these addresses and aliases.
func (r Person) Decode(mail, aliases []string) reservations.Person {
	return reservations.Person{ID: r.ID, Mail: mail, Name: r.Name, Aliases: aliases, Profile: r.Profile, Protected: r.Protected, Groups: groupsOf(r.Groups), Role: reservations.Role(r.Role)}
}

func groupsOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ";")
}

// FindPerson reads the person with that user id or else that mail address, in any case.
// The error is [reservations.ErrUnknownPerson] and names the nearest user id there is.
func FindPerson(tx *gorm.DB, idOrMail string) (reservations.Person, error) {
	p, err := personNamed(tx, idOrMail)
	if !errors.Is(err, reservations.ErrUnknownPerson) {
		return p, err
	}
	if id, folded := RequirePerson(tx, idOrMail); folded == nil {
		return personNamed(tx, id)
	}
	return p, err
}

// personNamed is findPerson of one who is spelled as known, but for the case of
// the letters that the database folds.
func personNamed(tx *gorm.DB, idOrMail string) (reservations.Person, error) {
	var rows []Person
	byMail := tx.Model(&Mail{}).Select("person").Where("mail = ?", idOrMail)
	err := tx.Where("id = ?", idOrMail).Or("id IN (?)", byMail).Find(&rows).Error
	if err != nil {
		return reservations.Person{}, err
	}
	if len(rows) == 0 {
		known, err := ReadDirectory(tx)
		if err != nil {
			return reservations.Person{}, err
		}
		return reservations.Person{}, known.UnknownPerson(idOrMail)
	}
	row := rows[0] // two when one person's id is another's address: the id wins
	if i := slices.IndexFunc(rows, func(r Person) bool { return reservations.SamePerson(r.ID, idOrMail) }); i > 0 {
		row = rows[i]
	}
	all, err := People(tx, row.ID)
	if err != nil || len(all) == 0 {
		return reservations.Person{}, err
	}
	return all[0], nil
}

// RequirePerson returns the user id as its person spells it.
func RequirePerson(tx *gorm.DB, id string) (string, error) {
	var row Person
	err := tx.Where("id = ?", id).Take(&row).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return row.ID, err
	}
	known, err := ReadDirectory(tx)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(known.People, func(p string) bool { return reservations.SamePerson(p, id) }); i >= 0 {
		return known.People[i], nil // a database may fold ASCII alone, the phone system folds more
	}
	return "", known.UnknownPerson(id)
}

// AliasesOf are the aliases of p by key. One that is also an address of p is
// left to that.
func AliasesOf(p reservations.Person) []Alias {
	seen := make(map[string]bool)
	for _, m := range p.Mail {
		seen[reservations.NameKey(m)] = true
	}
	var rows []Alias
	for _, a := range p.Aliases {
		if key := reservations.NameKey(a); !seen[key] {
			seen[key] = true
			rows = append(rows, Alias{key, a, p.ID})
		}
	}
	slices.SortFunc(rows, func(a, b Alias) int { return strings.Compare(a.Key, b.Key) })
	return rows
}

// FoldMail returns the addresses in lower case, in order and each once.
func FoldMail(mail []string) []string {
	folded := make([]string, len(mail))
	for i, m := range mail {
		folded[i] = strings.ToLower(m)
	}
	slices.Sort(folded)
	return slices.Compact(folded)
}

// GroupsText are the groups of p, as they will be stored.
func GroupsText(p reservations.Person) string {
	groups := make(map[string]string)
	for _, g := range p.Groups {
		groups[reservations.NameKey(g)] = strings.TrimSpace(g)
	}
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		texts = append(texts, groups[key])
	}
	return strings.Join(texts, ";")
}
