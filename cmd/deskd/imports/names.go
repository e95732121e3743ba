package imports

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deskd/cmd/deskd/daemon"
	"deskd/reservations"
	"deskd/store"
)

// noteNames tells of the lines whose person is called like another one, once the
// import is through, and which feeds look for people by what they are called. There is
// nothing to tell where none does. The lines are imported.
func (i *Importer) noteNames(ctx context.Context, rows []store.Row[reservations.Person], done *store.Imported) error {
	by := feedsByName(i)
	if by == "" {
		return nil
	}
	people, err := i.peopleAfter(ctx, *done)
	if err != nil {
		return err
	}
	done.Notes = nil // of aliases, and said here of all names
	called := callNames(people)
	in := used(done.Refused)
	for n, r := range rows {
		if !in(n) {
			continue
		}
		told := make(map[string]bool)
		for _, name := range namesOf(people[reservations.PersonKey(r.Is.ID)]) {
			key := reservations.NameKey(name)
			if what := called.shared(key); what != "" && !told[key] {
				told[key] = true
				i.notes = append(i.notes, complaint{r.Line, fmt.Errorf("%s: %s %s by it", what, by, called.finds(key))})
			}
		}
	}
	return nil
}

// feedsByName names the feeds that take a person's display name or alias from a
// summary; empty when there is none.
func feedsByName(i *Importer) string {
	var names []string
	for _, f := range daemon.Feeds(i.Config) {
		if f.Person.From == reservations.FromSummary && f.Person.Match == reservations.MatchName {
			names = append(names, fmt.Sprintf("%q", f.Name))
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "feed " + names[0] + " (match: name) finds"
	}
	return "feeds " + strings.Join(names, ", ") + " (match: name) find"
}

// peopleAfter are all people as they are after the import, or would be, by their key.
func (i *Importer) peopleAfter(ctx context.Context, done store.Imported) (map[string]reservations.Person, error) {
	people, err := i.Store.People(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[string]reservations.Person, len(people))
	for _, p := range people {
		all[reservations.PersonKey(p.ID)] = p
	}
	for _, c := range done.Changes {
		if p, ok := c.New.(reservations.Person); ok && i.DryRun {
			all[reservations.PersonKey(p.ID)] = p
		}
	}
	return all, nil
}

// namesOf are what p is called besides user id and addresses.
func namesOf(p reservations.Person) []string { return append([]string{p.Name}, p.Aliases...) }

// callings says who is called what, by the key of the name: as display name or alias,
// and as user id or address, which goes first.
type callings struct{ names, ids map[string][]string }

func callNames(people map[string]reservations.Person) callings {
	c := callings{make(map[string][]string), make(map[string][]string)}
	enter := func(to map[string][]string, p reservations.Person, names []string) {
		for _, name := range names {
			if key := reservations.NameKey(name); key != "" && !slices.Contains(to[key], p.ID) {
				to[key] = append(to[key], p.ID)
			}
		}
	}
	for _, p := range people {
		enter(c.names, p, namesOf(p))
		enter(c.ids, p, append([]string{p.ID}, p.Mail...))
	}
	for _, ids := range c.names {
		slices.Sort(ids)
	}
	return c
}

// shared says who is called by key, empty if nobody is besides one person.
func (c callings) shared(key string) string {
	all := slices.Clone(c.names[key])
	for _, id := range c.ids[key] {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	if len(all) < 2 {
		return ""
	}
	return fmt.Sprintf("several people are called %q: %s", key, others(all, ""))
}

// finds says whom a feed finds by key.
func (c callings) finds(key string) string {
	if ids := c.ids[key]; len(ids) == 1 {
		return fmt.Sprintf("%q, whose user id or address it is,", ids[0])
	}
	return "nobody"
}
