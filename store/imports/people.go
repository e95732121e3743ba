package imports

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/tables"
)

// ImportPeople is [Importer.ImportPersonRows] for people that are told whole, without
// the list of changes.
func (s Importer) ImportPeople(ctx context.Context, people []reservations.Person, dryRun bool) (Imported, error) {
	return s.ImportPersonRows(ctx, Import[reservations.Person]{Rows: whole(people), DryRun: dryRun})
}

// ImportPersonRows adds people and updates those with a known user id. Mail
// addresses and aliases may move between people in any order. A row that is not a
// usable person, stands there twice, is spelled with other letters than the person
// here whom the phone system takes it for, or wants another's address or alias is
// refused and the rest goes on. Nobody is ever removed. With a dry run the answer is the
// same and nothing changes. See [Importer.ImportDeskRows] for what holds while it
// writes.
func (s Importer) ImportPersonRows(ctx context.Context, in Import[reservations.Person]) (im Imported, err error) {
	var parts [][]claim
	people, known := make([]reservations.Person, len(in.Rows)), make(map[string]reservations.Person)
	err = s.db.Snapshot(ctx, func(tx *gorm.DB) error {
		have, err := tables.People(tx)
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
			return !im.count(Change{c.row, people[c.row], !ok, differences(old, people[c.row], personColumns)}, in.List)
		}), held)
		return nil
	})
	if err != nil || in.DryRun {
		return im.ended("people", err)
	}
	err = s.inBatches(ctx, sizes(parts), in.Progress, func(i int) error {
		return s.writePart(ctx, &im, part{parts[i], func(c claim) bool { _, ok := known[c.owner]; return !ok }}, func(tx *gorm.DB) error {
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
	for _, a := range tables.AliasesOf(p) {
		things = append(things, a.Key)
	}
	return things
}

// writePeople writes the rows of claims, if the people are still those known: all
// people before all addresses and aliases, because one may be on its way from one
// person to another.
func writePeople(tx *gorm.DB, people []reservations.Person, claims []claim, known map[string]reservations.Person) error {
	ids := make([]string, len(claims))
	for i, c := range claims {
		ids[i] = cmp.Or(known[c.owner].ID, people[c.row].ID)
	}
	have, err := tables.People(tx, ids...)
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
	var mails []tables.Mail
	var aliases []tables.Alias
	for _, c := range claims {
		p, old := people[c.row], known[c.owner]
		if !samePerson(old, now[c.owner]) {
			return fmt.Errorf("person %q: %w", p.ID, ErrChanged)
		}
		if err := writePerson(tx, cmp.Or(old.ID, p.ID), p); err != nil {
			return fmt.Errorf("person %q: %w", p.ID, err)
		}
		gone, come := namesChanged(named.mails[c.owner], tables.MailsOf(p), mailStays)
		goneToo, comeToo := namesChanged(named.aliases[c.owner], tables.AliasesOf(p), aliasStays)
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
	row := tables.Person{ID: p.ID, Name: p.Name, Profile: p.Profile, Protected: p.Protected, Groups: tables.GroupsText(p), Role: string(p.Role)}
	done := tx.Model(&tables.Person{}).Where("id = ?", old).Select("*").Updates(&row)
	if done.Error != nil || done.RowsAffected > 0 {
		return done.Error
	}
	return tx.Create(&row).Error
}

func samePerson(a, b reservations.Person) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Profile == b.Profile && a.Protected == b.Protected && a.Role == b.Role && tables.GroupsText(a) == tables.GroupsText(b) &&
		slices.Equal(tables.FoldMail(a.Mail), tables.FoldMail(b.Mail)) && slices.EqualFunc(tables.AliasesOf(a), tables.AliasesOf(b), sameAlias)
}

// sameAlias leaves the user id aside, whose spelling is compared by itself.
func sameAlias(a, b tables.Alias) bool { return a.Key == b.Key && a.Alias == b.Alias }
