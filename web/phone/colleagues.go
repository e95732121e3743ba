package phone

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"deskd/phone"
	"deskd/reservations"
	"deskd/scheduler/plan/board"
)

const (
	peopleFor  = 30 * time.Second // are remembered
	leastFound = 2                // letters by which is looked for
	mostFound  = 20               // people that are listed
	mostTyped  = 12               // letters that count: the address of the next page has them
)

// mayFind reports whether someone is logged in who may ask where others are.
func (v *visit) mayFind() bool { return v.Colleagues != "" && v.on != "" }

func (v *visit) notFindable() phone.Object {
	if v.Colleagues == "" {
		return v.text("Not offered here\nThe configuration of deskd names no group of people who may be found (phones.colleagues).")
	}
	return v.text("Nobody is logged in\nOnly someone who is logged in here can look for others.")
}

// find asks for whom is looked.
func (v *visit) find() phone.Object {
	if !v.mayFind() {
		return v.notFindable()
	}
	return v.laid(v.at.LayForm(phone.Head{Title: "Find a colleague", Prompt: "First letters of a name"}, v.page(pageFound),
		[]phone.InputItem{{DisplayName: "Name", QueryStringParam: "q", Flags: phone.FlagText}}))
}

// findable are those who may be found: the people of the group that the configuration names,
// and nobody else.
func (v *visit) findable() ([]reservations.Person, error) {
	all, err := v.people.get(v.ctx, question[struct{}]{struct{}{}, peopleFor, v.now}, v.People)
	if err != nil {
		return nil, err
	}
	group := reservations.NameKey(v.Colleagues)
	var found []reservations.Person
	for _, p := range all {
		if slices.ContainsFunc(p.Groups, func(g string) bool { return reservations.NameKey(g) == group }) {
			found = append(found, p)
		}
	}
	return found, nil
}

// found lists those of them whose name has a word that begins so.
func (v *visit) found() phone.Object {
	if !v.mayFind() {
		return v.notFindable()
	}
	q := keyed(v.query.Get("q"))
	if all := []rune(q); len(all) > mostTyped {
		q = string(all[:mostTyped])
	}
	if utf8.RuneCountInString(q) < leastFound {
		return v.text("Two letters, please\nEnter more of the name.", phone.SoftKeyItem{Name: "Find", URL: v.page(pageFind)})
	}
	all, err := v.findable()
	if err != nil {
		return v.blind(err)
	}
	all = slices.DeleteFunc(all, func(p reservations.Person) bool { return !begins(p, q) })
	slices.SortFunc(all, func(a, b reservations.Person) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	var items []phone.MenuItem
	for _, p := range all[:min(len(all), mostFound)] {
		items = append(items, phone.MenuItem{Name: v.called(p.ID), URL: v.page(pagePerson, "w", reference(reservations.PersonKey(p.ID)))})
	}
	if len(items) == 0 {
		return v.text("Nobody found\nOnly those are shown who want to be.", phone.SoftKeyItem{Name: "Find", URL: v.page(pageFind)})
	}
	return v.menu("Colleagues", items, pageFound, "q", q)
}

// begins reports whether a word of a person's name begins with q.
func begins(p reservations.Person, q string) bool {
	key := keyed(p.Name)
	return strings.HasPrefix(key, q) || strings.Contains(key, " "+q) || strings.HasPrefix(keyed(p.ID), q)
}

// keyed is a name as it can be entered at a phone, whose keys have no accents.
func keyed(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(reservations.NameKey(phone.Transliterate(name))))
}

// person shows where someone is who may be found.
func (v *visit) person() phone.Object {
	if !v.mayFind() {
		return v.notFindable()
	}
	all, err := v.findable()
	if err != nil {
		return v.blind(err)
	}
	at := slices.IndexFunc(all, func(p reservations.Person) bool {
		return reference(reservations.PersonKey(p.ID)) == v.query.Get("w")
	})
	if at < 0 {
		return v.text("Nobody found\nOnly those are shown who want to be.")
	}
	id := all[at].ID
	text := "Not at a desk now"
	if d := v.deskWith(id); d != nil {
		text = "At desk " + reservations.Legible(d.Desk.ID)
		if d.Booking != nil && reservations.SamePerson(d.Booking.Person, id) {
			text += "\nuntil " + v.clock(d.Booking.End)
		}
		if d.Desk.Floor != "" {
			text += "\nFloor " + reservations.Legible(d.Desk.Floor)
		}
	}
	return v.text(text+"\n"+v.called(id), phone.SoftKeyItem{Name: "Find", URL: v.page(pageFind)})
}

// deskWith is the desk at which someone is logged in, else that which is booked for them now.
func (v *visit) deskWith(person string) *board.Desk {
	var booked *board.Desk
	for _, d := range v.snapshot.Desks {
		if d.Phone.Known && reservations.SamePerson(d.Phone.Person, person) && !d.Phone.Visitor {
			return d
		}
		if d.Booking != nil && booked == nil && reservations.SamePerson(d.Booking.Person, person) {
			booked = d
		}
	}
	return booked
}
