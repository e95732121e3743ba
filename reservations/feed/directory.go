package feed

import (
	"slices"
	"strings"
	"unicode/utf8"

	"deskd/reservations"
)

// Directory finds the desks and people that calendars name. Build one with
// [NewDirectory]; it does not change afterwards and may be used by several
// goroutines.
type Directory struct {
	desks  map[string]string // folded id or name to id; empty: several desks share it
	people map[string]*reservations.Person
	names  map[string]*reservations.Person // by full name, for suggestions only
}

// NewDirectory returns the directory of desks and people. A desk is found by
// its id or name, a person by user id or any mail address; an id goes before a
// name or address that is spelt alike, and what several share finds none.
func NewDirectory(desks []reservations.Desk, people []reservations.Person) *Directory {
	d := &Directory{
		desks:  make(map[string]string),
		people: make(map[string]*reservations.Person),
		names:  make(map[string]*reservations.Person),
	}
	for _, desk := range desks {
		d.desks[fold(desk.ID)] = desk.ID
	}
	for _, desk := range desks {
		key := fold(desk.Name)
		if id, taken := d.desks[key]; key == "" || taken && fold(id) == key {
			continue
		} else if taken && id != desk.ID {
			d.desks[key] = ""
			continue
		}
		d.desks[key] = desk.ID
	}
	for _, p := range people {
		d.people[fold(p.ID)] = &p
		share(d.names, fold(p.Name), &p)
	}
	for _, p := range people {
		for _, mail := range p.Mail {
			key := fold(mail)
			if own := d.people[key]; own != nil && fold(own.ID) == key {
				continue
			}
			share(d.people, key, &p)
		}
	}
	return d
}

// share enters p under key, or nobody if somebody else is there.
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
	id = d.desks[fold(text)]
	return id, id != ""
}

// Person returns the person whose user id or mail address text is, but for
// case.
func (d *Directory) Person(text string) (p reservations.Person, ok bool) {
	if found := d.people[fold(text)]; found != nil {
		return *found, true
	}
	return p, false
}

// fold makes texts equal that differ in case and blanks only.
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// suggestDesk is the hint for a text that names no desk.
func (d *Directory) suggestDesk(text string) string {
	key := fold(text)
	if id, shared := d.desks[key]; shared && id == "" {
		return "several desks have this name; use the id"
	}
	if near, ok := nearest(key, d.desks); ok && d.desks[near] != "" {
		return "did you mean desk " + quote(d.desks[near]) + "?"
	}
	return "add the desk, or correct the event"
}

// suggestPerson is the hint for a text that names nobody.
func (d *Directory) suggestPerson(text string) string {
	key := fold(text)
	if p, shared := d.people[key]; shared && p == nil {
		return "several people have this address"
	}
	if p := d.names[key]; p != nil {
		return "did you mean " + quote(p.ID) + "? Feeds must give the user id or mail address, not the name"
	}
	if near, ok := nearest(key, d.people); ok && d.people[near] != nil {
		return "did you mean " + quote(near) + "?"
	}
	return "add the address to the person in deskd, or correct the event"
}

// nearest is the key of table that is the fewest edits away from text, if those
// are few: one in four letters, three at most. Equal ones are settled by the
// alphabet.
func nearest[V any](text string, table map[string]V) (string, bool) {
	const longest = 64
	runes := utf8.RuneCountInString(text)
	if len(text) > longest {
		return "", false
	}
	best, least := "", min(3, runes/4)+1
	for key := range table {
		if n := len(key) - len(text); n > 4*least || -n > 4*least || len(key) > 4*longest {
			continue
		}
		switch n := edits(text, key); {
		case n < least:
			best, least = key, n
		case n == least && best != "" && key < best:
			best = key
		}
	}
	return best, best != ""
}

// edits is the Levenshtein distance of a and b in letters.
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			n := diagonal
			if r != s {
				n = 1 + slices.Min([]int{diagonal, row[j], row[j+1]})
			}
			diagonal, row[j+1] = row[j+1], n
		}
	}
	return row[len(y)]
}
