package phone

import (
	"deskd/phone"
	"deskd/phone/uri"
	"deskd/reservations"
)

// home is the first page: whose desk it is, until when, and who is next.
func (v *visit) home() phone.Object {
	text := v.fact()
	for _, line := range v.facts() {
		text += "\n" + line
	}
	keys, all := v.keys(), 3 // and Exit
	if !v.at.Runs(uri.SoftKeyFamily) {
		all = 4
	}
	keys = keys[:min(len(keys), all-1)]
	keys = append(keys, choice{label: "More", url: v.page(pageMore)})
	var soft []phone.SoftKeyItem
	for _, k := range keys {
		soft = append(soft, phone.SoftKeyItem{Name: k.label, URL: k.url})
	}
	return v.laid(v.at.LayText(phone.Head{Title: v.title(), SoftKeys: soft}, text))
}

// fact is the first line: it carries what people want to know.
func (v *visit) fact() string {
	switch {
	case v.closed != nil:
		return "Closed until " + v.clock(v.closed.End)
	case v.runs() != nil:
		return "Yours until " + v.clock(v.runs().End)
	}
	return v.taken()
}

// taken is whether the desk is, and until when: all that a stranger gets to know.
func (v *visit) taken() string {
	switch b, next := v.desk.Booking, v.desk.Next; {
	case b != nil:
		return "Taken until " + v.clock(b.End)
	case next != nil:
		return "Free until " + v.clock(next.Start)
	}
	return "Free today"
}

// facts are the lines behind the first.
func (v *visit) facts() (lines []string) {
	add := func(line string) {
		if line != "" {
			lines = append(lines, line)
		}
	}
	if v.closed != nil {
		add(reservations.Legible(v.closed.Why))
	}
	b, next := v.desk.Booking, v.desk.Next
	if b != nil && v.runs() == nil && b.Person != "" {
		add(v.called(b.Person))
	}
	if a, asked := v.expected(); asked {
		add("Check in by " + v.clock(a.Deadline))
	}
	if b == nil && v.desk.Desk.Owner != "" {
		add("Owner: " + v.called(v.desk.Desk.Owner))
	}
	add(v.nextLine(next))
	if v.paused() {
		add("Logins are paused: log in yourself, bookings stand.")
	}
	if v.on == "" && v.walked.expects(v.desk.Desk.Device, v.now) {
		v.Look(v.desk.Desk.Cluster)
		add("deskd looks who has logged in: open this page again in a moment.")
	}
	add(v.onIt())
	if v.desk.InCall && b != nil && v.on != "" && v.mine() == nil {
		add("They are in a call: the login of " + v.called(b.Person) + " waits for its end, for " + minutes(v.WaitForCall) + " at most.")
	}
	return lines
}

// onIt is who is logged in, where it is not the one whose desk it is, or why that is not known.
func (v *visit) onIt() string {
	if v.unsure == "" && v.on != "" && v.mine() == nil {
		return "Logged in: " + v.called(v.on)
	}
	return v.unsure
}

func (v *visit) nextLine(next *reservations.Reservation) string {
	switch {
	case next == nil:
		return ""
	case next.Person == "":
		return "Next: booked " + v.clock(next.Start)
	}
	return "Next: " + v.called(next.Person) + " " + v.clock(next.Start)
}

// called is what a person is called.
func (v *visit) called(person string) string { return name(v.snapshot, person) }

// choice is something to do from the first page.
type choice struct{ label, long, url string }

// keys are what can be done, the most wanted first.
func (v *visit) keys() (all []choice) {
	if _, asked := v.expected(); asked {
		all = append(all, choice{"Check in", "Check in", v.link(act{do: doCheckIn})})
	}
	switch {
	case v.runs() != nil:
		all = append(all, choice{"Extend", "Extend", v.page(pageExtend)}, choice{"End", "End now", v.page(pageEnd)})
	case v.closed != nil || v.mine() != nil:
	case v.desk.Booking == nil && v.on != "":
		all = append(all, choice{"Book", "Book this desk", v.page(pageTake)})
	case v.on == "" && (v.desk.Booking == nil || v.paused()):
		all = append(all, choice{"Log in", "Log in here", v.page(pageLogin)})
	}
	all = append(all, choice{"Free", "Free desks", v.page(pageFree)})
	if v.Colleagues != "" && v.on != "" {
		all = append(all, choice{"Find", "Find a colleague", v.page(pageFind)})
	}
	return all
}

// more lists all that can be done.
func (v *visit) more() phone.Object {
	var items []phone.MenuItem
	for _, c := range v.keys() {
		items = append(items, phone.MenuItem{Name: c.long, URL: c.url})
	}
	return v.menu(v.fact(), items, pageMore)
}

// menu is a menu of which a phone shows a page at a time: that of the query.
func (v *visit) menu(prompt string, items []phone.MenuItem, page string, with ...string) phone.Object {
	n := int(number(v.query.Get("n")))
	head := phone.Head{Title: v.title(), Prompt: prompt, SoftKeys: []phone.SoftKeyItem{v.back()}}
	return v.laid(v.at.LayMenu(head, items, min(n, len(items)), func(n int) string { return v.page(page, append(with, "n", decimal(n))...) }))
}
