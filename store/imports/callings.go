package imports

import (
	"fmt"
	"slices"

	"deskd/reservations"
	"deskd/store/tables"
)

// callings are what people are called.
type callings struct {
	ids    map[string][]string // user ids, and
	called map[string][]string // ids and names, by what a calendar may call them
	alias  map[string]string   // the person who has an alias
}

func (c *callings) enter(p reservations.Person) {
	id, name := reservations.NameKey(p.ID), reservations.NameKey(p.Name)
	c.ids[id] = append(c.ids[id], p.ID)
	c.called[id], c.called[name] = append(c.called[id], p.ID), append(c.called[name], p.ID)
	for _, a := range tables.AliasesOf(p) {
		c.alias[a.Key] = p.ID
	}
}

// another is the id, of several, of a person other than p, empty for none.
func another(ids []string, p reservations.Person) string {
	i := slices.IndexFunc(ids, func(id string) bool { return !reservations.SamePerson(id, p.ID) })
	if i < 0 {
		return ""
	}
	return ids[i]
}

// shared says what of p is also what another person is called. What the alias of
// someone in the same file is, was told there.
func (c *callings) shared(p reservations.Person, inFile map[string]bool) (notes []error) {
	if other := another(c.ids[reservations.NameKey(p.ID)], p); other != "" {
		notes = append(notes, fmt.Errorf("person %q: calendars do not tell this user id from %q, unless they spell it exactly so", p.ID, other))
	}
	both := func(name, other string) {
		notes = append(notes, fmt.Errorf("person %q: %q is also what %q is called: a calendar that uses it names both", p.ID, name, other))
	}
	for _, a := range tables.AliasesOf(p) {
		if other := another(c.called[a.Key], p); other != "" {
			both(a.Alias, other)
		}
	}
	for _, name := range []string{p.ID, p.Name} {
		if other, ok := c.alias[reservations.NameKey(name)]; ok && !inFile[reservations.PersonKey(other)] {
			both(name, other)
		}
	}
	return notes
}

// sharedAliases says which rows have an alias that is another person's user id or
// name once the claims hold, or the other way round: a calendar that uses it then
// names two people.
func sharedAliases(people []reservations.Person, claims []claim, have []reservations.Person) (notes []Refused) {
	c := callings{make(map[string][]string), make(map[string][]string), make(map[string]string)}
	inFile := make(map[string]bool, len(claims))
	for _, row := range claims {
		inFile[row.owner] = true
		c.enter(people[row.row])
	}
	for _, p := range have {
		if !inFile[reservations.PersonKey(p.ID)] {
			c.enter(p)
		}
	}
	for _, row := range claims {
		for _, err := range c.shared(people[row.row], inFile) {
			notes = append(notes, Refused{row.row, err, -1})
		}
	}
	return notes
}
