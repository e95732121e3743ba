package imports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/store/tables"
)

// column is a column of an import, and the field of what it describes.
type column[T any] struct {
	name string
	// needed by a row that is not there yet.
	needed bool
	text   func(T) string
	copy   func(to *T, from T)
}

var deskColumns = []column[reservations.Desk]{
	{"site", true, func(d reservations.Desk) string { return d.Site }, func(to *reservations.Desk, from reservations.Desk) { to.Site = from.Site }},
	{"cluster", true, func(d reservations.Desk) string { return d.Cluster }, func(to *reservations.Desk, from reservations.Desk) { to.Cluster = from.Cluster }},
	{"device", true, func(d reservations.Desk) string { return d.Device }, func(to *reservations.Desk, from reservations.Desk) { to.Device = from.Device }},
	{"name", false, func(d reservations.Desk) string { return d.Name }, func(to *reservations.Desk, from reservations.Desk) { to.Name = from.Name }},
	{"floor", false, func(d reservations.Desk) string { return d.Floor }, func(to *reservations.Desk, from reservations.Desk) { to.Floor = from.Floor }},
	{"zone", false, func(d reservations.Desk) string { return d.Zone }, func(to *reservations.Desk, from reservations.Desk) { to.Zone = from.Zone }},
	{"owner", false, func(d reservations.Desk) string { return d.Owner }, func(to *reservations.Desk, from reservations.Desk) { to.Owner = from.Owner }},
	{"mail", false, func(d reservations.Desk) string { return deskNamesText(d, true) }, func(to *reservations.Desk, from reservations.Desk) { to.Mail = from.Mail }},
	{"aliases", false, func(d reservations.Desk) string { return deskNamesText(d, false) }, func(to *reservations.Desk, from reservations.Desk) { to.Aliases = from.Aliases }},
}

// The user id is a column, because its spelling may change.
var personColumns = []column[reservations.Person]{
	{"person", true, func(p reservations.Person) string { return p.ID }, func(to *reservations.Person, from reservations.Person) { to.ID = from.ID }},
	{"mail", false, func(p reservations.Person) string { return strings.Join(tables.FoldMail(p.Mail), ";") }, func(to *reservations.Person, from reservations.Person) { to.Mail = from.Mail }},
	{"name", false, func(p reservations.Person) string { return p.Name }, func(to *reservations.Person, from reservations.Person) { to.Name = from.Name }},
	{"profile", false, func(p reservations.Person) string { return p.Profile }, func(to *reservations.Person, from reservations.Person) { to.Profile = from.Profile }},
	{"protected", false, func(p reservations.Person) string { return yesNo(p.Protected) }, func(to *reservations.Person, from reservations.Person) { to.Protected = from.Protected }},
	{"aliases", false, aliasesText, func(to *reservations.Person, from reservations.Person) { to.Aliases = from.Aliases }},
	{"groups", false, tables.GroupsText, func(to *reservations.Person, from reservations.Person) { to.Groups = from.Groups }},
	{"role", false, func(p reservations.Person) string { return string(p.Role) }, func(to *reservations.Person, from reservations.Person) { to.Role = from.Role }},
}

var bookingColumns = []column[Booking]{
	{"person", true, func(b Booking) string { return b.Person }, func(to *Booking, from Booking) { to.Person = from.Person }},
	{"end", true, func(b Booking) string { return instantText(b.End) }, func(to *Booking, from Booking) { to.End = from.End }},
	{"note", false, func(b Booking) string { return b.Note }, func(to *Booking, from Booking) { to.Note = from.Note }},
}

// merge is the row over what is there: with its columns, and the
// others as they were.
func merge[T any](old T, r Row[T], columns []column[T]) T {
	for _, c := range columns {
		if r.has(c.name) {
			c.copy(&old, r.Is)
		}
	}
	return old
}

// lacks is the error of a row that is not there yet and has not all it needs.
func lacks[T any](r Row[T], columns []column[T]) error {
	for _, c := range columns {
		if c.needed && !r.has(c.name) {
			return fmt.Errorf("it is not there yet, and a new one needs the column %s", c.name)
		}
	}
	return nil
}

// differences are the columns in which two nouns differ.
func differences[T any](was, is T, columns []column[T]) []ColumnChange {
	var all []ColumnChange
	for _, c := range columns {
		if a, b := c.text(was), c.text(is); a != b {
			all = append(all, ColumnChange{c.name, a, b})
		}
	}
	return all
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func instantText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// deskNamesText are the addresses or the aliases of d, as they will be stored.
func deskNamesText(d reservations.Desk, mail bool) string {
	var texts []string
	for _, n := range tables.DeskNames(d) {
		if n.Mail == mail {
			texts = append(texts, n.Name)
		}
	}
	return strings.Join(texts, ";")
}

func aliasesText(p reservations.Person) string {
	var texts []string
	for _, a := range tables.AliasesOf(p) {
		texts = append(texts, a.Alias)
	}
	return strings.Join(slices.Compact(texts), ";")
}
