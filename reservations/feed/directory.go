package feed

import (
	"slices"
	"strings"

	"deskd/reservations"
)

// Directory finds the desks and people that calendars name. Build one with
// [NewDirectory]; it does not change afterwards and may be used by several
// goroutines.
type Directory struct {
	desks  map[string][]string             // ids by key; several: the desks share the name
	ids    map[string]*reservations.Person // by user id as it is spelled
	people map[string]*reservations.Person // by user id and mail address; nil: several people share it
	names  map[string]*reservations.Person // by display name and alias; nil: several people share it
}

// NewDirectory returns the directory of desks and people. A desk is found by its id, a
// mail address, an alias or its name, a person by user id or any mail address; an id
// goes before other names with the same spelling, the name of a desk after them. A name
// that several share finds none, except a user id that is spelled exactly so. See
// [reservations.NameKey].
func NewDirectory(desks []reservations.Desk, people []reservations.Person) *Directory {
	d := &Directory{
		desks:  make(map[string][]string),
		ids:    make(map[string]*reservations.Person),
		people: make(map[string]*reservations.Person),
		names:  make(map[string]*reservations.Person),
	}
	for _, names := range []func(reservations.Desk) []string{
		func(desk reservations.Desk) []string { return []string{desk.ID} },
		func(desk reservations.Desk) []string { return slices.Concat(desk.Mail, desk.Aliases) },
		func(desk reservations.Desk) []string { return []string{desk.Name} },
	} {
		d.enter(desks, names)
	}
	isID := make(map[string]bool, len(people))
	for _, p := range people {
		key := reservations.NameKey(p.ID)
		d.ids[p.ID], isID[key] = &p, true
		share(d.people, key, &p)
		for _, name := range append([]string{p.Name}, p.Aliases...) {
			if key := reservations.NameKey(name); key != "" {
				share(d.names, key, &p)
			}
		}
	}
	for _, p := range people {
		for _, mail := range p.Mail {
			key := reservations.NameKey(mail)
			if !isID[key] {
				share(d.people, key, &p)
			}
		}
	}
	return d
}

// enter enters names of desks that are not taken yet.
func (d *Directory) enter(desks []reservations.Desk, names func(reservations.Desk) []string) {
	added := make(map[string][]string)
	for _, desk := range desks {
		for _, name := range names(desk) {
			key := reservations.NameKey(name)
			if _, taken := d.desks[key]; key != "" && !taken && !slices.Contains(added[key], desk.ID) {
				added[key] = append(added[key], desk.ID)
			}
		}
	}
	for key, ids := range added {
		d.desks[key] = ids
	}
}

// share enters p under key, or nobody if another is there.
func share(table map[string]*reservations.Person, key string, p *reservations.Person) {
	if was, taken := table[key]; taken && (was == nil || was.ID != p.ID) {
		table[key] = nil
		return
	}
	table[key] = p
}

// Desk returns the id of the desk that text names exactly, but for case and
// blanks. It never looks for a desk inside a longer text.
func (d *Directory) Desk(text string) (id string, ok bool) {
	if ids := d.desksOf(text); len(ids) == 1 {
		return ids[0], true
	}
	return "", false
}

// desksOf are the ids of all desks that share the name text.
func (d *Directory) desksOf(text string) []string { return d.desks[reservations.NameKey(text)] }

// Named returns the person who alone has the display name or alias text.
func (d *Directory) Named(text string) (p reservations.Person, ok bool) {
	if found := d.names[reservations.NameKey(text)]; found != nil {
		return *found, true
	}
	return p, false
}

// shared reports whether text is the name of several people.
func (d *Directory) shared(text string) bool {
	p, known := d.names[reservations.NameKey(text)]
	return known && p == nil
}

// Person returns the person whose user id or mail address text is, but for case,
// blanks and what else [reservations.NameKey] folds. Where two share it, it is the one
// whose user id is spelled exactly so, else nobody.
func (d *Directory) Person(text string) (p reservations.Person, ok bool) {
	if found := d.ids[strings.TrimSpace(text)]; found != nil {
		return *found, true
	}
	if found := d.people[reservations.NameKey(text)]; found != nil {
		return *found, true
	}
	return p, false
}
