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
	Groups    string // with a semicolon between two
}

func (personRow) TableName() string { return "people" }

type mailRow struct {
	Mail   string `gorm:"primaryKey"`
	Person string
}

func (mailRow) TableName() string { return "person_mail" }

// aliasRow is an alias of a person.
type aliasRow struct {
	Key    string `gorm:"primaryKey"` // reservations.NameKey of Alias
	Alias  string
	Person string
}

func (aliasRow) TableName() string { return "person_aliases" }

// People implements [deskd/scheduler.Book]. Mail addresses and aliases are in
// alphabetical order.
func (s *Store) People(ctx context.Context) ([]reservations.Person, error) {
	people, err := peopleOf(s.db.Read(ctx))
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return people, nil
}

// peopleOf reads the people of these user ids, all of them when there are none.
func peopleOf(tx *gorm.DB, ids ...string) ([]reservations.Person, error) {
	var rows []personRow
	if err := only(tx, "id", ids).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	var mails []mailRow
	if err := only(tx, "person", ids).Order("mail").Find(&mails).Error; err != nil {
		return nil, err
	}
	var named []aliasRow
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
		people[i] = r.noun(byPerson[r.ID], aliases[r.ID])
	}
	return people, nil
}

func (r personRow) noun(mail, aliases []string) reservations.Person {
	return reservations.Person{ID: r.ID, Mail: mail, Name: r.Name, Aliases: aliases, Profile: r.Profile, Protected: r.Protected, Groups: groupsOf(r.Groups)}
}

func groupsOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ";")
}

// Person returns the person with that user id or else that mail address,
// neither of which minds case. The error is [reservations.ErrUnknownPerson] and
// names the nearest user id there is.
func (s *Store) Person(ctx context.Context, idOrMail string) (reservations.Person, error) {
	p, err := findPerson(s.db.Read(ctx), idOrMail)
	return p, err
}

func findPerson(tx *gorm.DB, idOrMail string) (reservations.Person, error) {
	p, err := personNamed(tx, idOrMail)
	if !errors.Is(err, reservations.ErrUnknownPerson) {
		return p, err
	}
	if id, folded := requirePerson(tx, idOrMail); folded == nil {
		return personNamed(tx, id)
	}
	return p, err
}

// personNamed is findPerson of one who is spelled as known, but for the case of
// ASCII letters, which are all that SQLite folds.
func personNamed(tx *gorm.DB, idOrMail string) (reservations.Person, error) {
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
	all, err := peopleOf(tx, row.ID)
	if err != nil || len(all) == 0 {
		return reservations.Person{}, err
	}
	return all[0], nil
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
	if i := slices.IndexFunc(known.people, func(p string) bool { return reservations.SamePerson(p, id) }); i >= 0 {
		return known.people[i], nil // SQLite folds ASCII alone, the phone system more
	}
	return "", known.unknownPerson(id)
}

// ImportPeople is [Store.ImportPersonRows] for people that are told whole, without
// the list of changes.
func (s *Store) ImportPeople(ctx context.Context, people []reservations.Person, dryRun bool) (Imported, error) {
	im, err := s.ImportPersonRows(ctx, Import[reservations.Person]{Rows: whole(people), DryRun: dryRun})
	im.Changes = nil
	return im, err
}

// ImportPersonRows adds people and updates those with a known user id. Mail
// addresses and aliases may move between people in any order. A row that is not a
// usable person, stands there twice, is spelled with other letters than the person
// here whom the phone system takes it for, or wants another's address or alias is
// refused and the rest goes on. Nobody is ever removed. With a dry run the answer is the
// same and nothing changes. See [Store.ImportDeskRows] for what holds while it
// writes.
func (s *Store) ImportPersonRows(ctx context.Context, in Import[reservations.Person]) (im Imported, err error) {
	var parts [][]claim
	people, known := make([]reservations.Person, len(in.Rows)), make(map[string]reservations.Person)
	err = s.checked(ctx, func(tx *gorm.DB) error {
		have, err := peopleOf(tx)
		if err != nil {
			return err
		}
		held := make(map[string]string)
		for _, p := range have {
			known[reservations.PersonKey(p.ID)] = p
			for _, thing := range personThings(p) {
				held[thing] = reservations.PersonKey(p.ID)
			}
		}
		claims, refused := settleClaims("person", checkPeople(in.Rows, people, known, &im), held)
		im.Refused = append(im.Refused, refused...)
		im.Notes = sharedAliases(people, claims, have)
		parts = batches(slices.DeleteFunc(claims, func(c claim) bool {
			old, ok := known[c.owner]
			return !im.count(changeOf(c.row, old, people[c.row], !ok, personColumns))
		}), held)
		return nil
	})
	if err != nil || in.DryRun {
		return im.ended("people", err)
	}
	err = s.inBatches(ctx, sizes(parts), in.Progress, func(i int) error {
		return s.writePart(ctx, parts[i], &im, func(c claim) bool { _, ok := known[c.owner]; return !ok }, func(tx *gorm.DB) error {
			return writePeople(tx, people, parts[i], known)
		})
	})
	return im.ended("people", err)
}

// checkPeople makes the people of the rows, refuses those that cannot be people
// and returns what the others claim.
func checkPeople(rows []Row[reservations.Person], people []reservations.Person, known map[string]reservations.Person, im *Imported) []claim {
	seen := make(map[string]bool)
	var claims []claim
	for i, r := range rows {
		key := reservations.PersonKey(r.Is.ID)
		was, ok := known[key]
		p := merge(was, r, personColumns)
		p.ID = r.Is.ID // also where the line has no more than its key
		people[i] = p
		err := p.Check()
		switch {
		case err != nil:
		case seen[key]:
			err = fmt.Errorf("person %q is listed twice", p.ID)
		case ok && !reservations.SameSpelling(was.ID, p.ID):
			err = fmt.Errorf("person %q: the phone system takes this user id for %q, who is here already: write it so, or erase that person first", p.ID, was.ID)
		}
		if err != nil {
			im.refuse(i, err)
			continue
		}
		seen[key] = true
		claims = append(claims, claim{i, key, personThings(p)})
	}
	return claims
}

// personThings is what p has to itself: addresses and aliases. The name is not
// among them: there may be two of it.
func personThings(p reservations.Person) []string {
	var things []string
	for _, m := range p.Mail {
		things = append(things, reservations.NameKey(m))
	}
	for _, a := range aliasesOf(p) {
		things = append(things, a.Key)
	}
	return things
}

// aliasesOf are the aliases of p by key. One that is also an address of p is
// left to that.
func aliasesOf(p reservations.Person) []aliasRow {
	seen := make(map[string]bool)
	for _, m := range p.Mail {
		seen[reservations.NameKey(m)] = true
	}
	var rows []aliasRow
	for _, a := range p.Aliases {
		if key := reservations.NameKey(a); !seen[key] {
			seen[key] = true
			rows = append(rows, aliasRow{key, a, p.ID})
		}
	}
	slices.SortFunc(rows, func(a, b aliasRow) int { return strings.Compare(a.Key, b.Key) })
	return rows
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

// writePeople writes the rows of claims, if the people are still those known: all
// people before all addresses and aliases, because one may be on its way from one
// person to another.
func writePeople(tx *gorm.DB, people []reservations.Person, claims []claim, known map[string]reservations.Person) error {
	ids := make([]string, len(claims))
	for i, c := range claims {
		ids[i] = cmp.Or(known[c.owner].ID, people[c.row].ID)
	}
	have, err := peopleOf(tx, ids...)
	if err != nil {
		return err
	}
	now := make(map[string]reservations.Person, len(have))
	for _, p := range have {
		now[reservations.PersonKey(p.ID)] = p
	}
	named, err := namesOf(tx, ids)
	if err != nil {
		return err
	}
	var mails []mailRow
	var aliases []aliasRow
	for _, c := range claims {
		p, old := people[c.row], known[c.owner]
		if !samePerson(old, now[c.owner]) {
			return fmt.Errorf("person %q: %w", p.ID, ErrChanged)
		}
		if err := writePerson(tx, cmp.Or(old.ID, p.ID), p); err != nil {
			return fmt.Errorf("person %q: %w", p.ID, err)
		}
		gone, come := namesChanged(named.mails[c.owner], mailsOf(p), mailRow.stays)
		goneToo, comeToo := namesChanged(named.aliases[c.owner], aliasesOf(p), aliasRow.stays)
		if err := errors.Join(removeAll(tx, gone), removeAll(tx, goneToo)); err != nil {
			return fmt.Errorf("person %q: %w", p.ID, err)
		}
		mails, aliases = append(mails, come...), append(aliases, comeToo...)
	}
	return errors.Join(createAll(tx, mails), createAll(tx, aliases))
}

// writePerson writes a person without addresses and aliases over the one spelled old, whose
// case may differ.
func writePerson(tx *gorm.DB, old string, p reservations.Person) error {
	row := personRow{ID: p.ID, Name: p.Name, Profile: p.Profile, Protected: p.Protected, Groups: groupsText(p)}
	done := tx.Model(&personRow{}).Where("id = ?", old).Select("*").Updates(&row)
	if done.Error != nil || done.RowsAffected > 0 {
		return done.Error
	}
	return tx.Create(&row).Error
}

func samePerson(a, b reservations.Person) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Profile == b.Profile && a.Protected == b.Protected && groupsText(a) == groupsText(b) &&
		slices.Equal(foldMail(a.Mail), foldMail(b.Mail)) && slices.EqualFunc(aliasesOf(a), aliasesOf(b), sameAlias)
}

// sameAlias leaves the user id aside, whose spelling is compared by itself.
func sameAlias(a, b aliasRow) bool { return a.Key == b.Key && a.Alias == b.Alias }
