package web

import (
	"cmp"
	"strings"
	"time"

	"deskd/scheduler/plan/board"
)

// row is a desk on the page.
type row struct {
	Site, Floor, Area  string
	Desk, Name, Device string
	Owner              string // of an owned desk, as people are called
	State, Tone        string // Tone is a class of the style sheet
	Booked             session
	Phone              session
	Next               session
	Problem            string
	Trouble            bool
}

// Place says where the desk is, away from its floor's table.
func (r row) Place() string { return r.Site + ", " + floorTitle(r.Floor) }

// session is a person at a time: "Jane Doe until 17:00". The zero session is
// not shown.
type session struct {
	Name, ID string // ID is the user id where Name is another
	Word     string // "until", "since"
	When     moment
	Faint    bool // Name is not a person's
}

// tones colours the states; the word always stands beside the colour.
var tones = map[board.State]string{
	board.Free:     "quiet",
	board.Ready:    "good",
	board.Starting: "busy",
	board.Missing:  "bad",
	board.Stranger: "bad",
	board.Occupied: "busy",
	board.Walkup:   "busy",
	board.Ending:   "busy",
	board.Unknown:  "doubt",
	board.NoDevice: "bad",
}

// looks reports whether a desk needs a look, and whether it cannot be looked at because its
// whole cluster is silent.
func (v wording) looks(n *board.Desk) (trouble, blind bool) {
	blind = n.State == board.Unknown && v.down[n.Desk.Cluster]
	return n.State.Trouble() && !blind, blind
}

// row shows one desk. A phone that is unknown because its whole cluster is
// silent is a matter for the banner, not the desk: five hundred rows of it would
// hide the two desks that a person can fix.
func (v wording) row(n *board.Desk) row {
	trouble, blind := v.looks(n)
	r := row{
		Site: n.Desk.Site, Floor: n.Desk.Floor, Area: n.Desk.Zone,
		Desk: n.Desk.ID, Name: n.Desk.Name, Device: n.Desk.Device,
		State: string(n.State), Tone: tones[n.State],
		Trouble: trouble,
		Problem: n.Problem,
	}
	if blind {
		r.Problem = ""
	}
	if n.Desk.Owner != "" {
		r.Owner = v.name(n.Desk.Owner)
	}
	r.Problem = v.remarked(cmp.Or(r.Problem, v.ahead(n), callList(n)), n)
	zone := v.zone(n.Desk.Site)
	if b := n.Booking; b != nil {
		r.Booked = v.session(b.Person, "until", clock(b.End, v.now, zone))
	}
	if b := n.Next; b != nil {
		r.Next = v.session(b.Person, "", clock(b.Start, v.now, zone))
	}
	r.Phone = v.phone(n, zone)
	return r
}

// callList says that the phone still has the calls of the last session, and why.
func callList(n *board.Desk) string {
	if n.CallList == "" || n.CallList == "cleared" {
		return ""
	}
	return "call list of the last session: " + n.CallList
}

// remarked is what is wrong with a desk, and what else there is to say of it.
func (v wording) remarked(problem string, n *board.Desk) string {
	for _, r := range v.remarks[n.Desk.ID] {
		if problem != "" {
			problem += "; "
		}
		problem += strings.TrimSpace(r.Before + " " + clock(r.At, v.now, v.zone(n.Desk.Site)).Text + " " + r.After)
	}
	return problem
}

// session shows a booking; one without a person says that the desk is taken.
func (v wording) session(person, word string, when moment) session {
	if person == "" {
		return session{Name: "not named", Faint: true, Word: word, When: when}
	}
	name := v.name(person)
	if name == person {
		return session{Name: name, Word: word, When: when}
	}
	return session{Name: name, ID: person, Word: word, When: when}
}

// phone shows who is on the desk's phone; who was, if that is all that is known.
func (v wording) phone(n *board.Desk, zone *time.Location) session {
	p := n.Phone
	switch {
	case !p.Known && p.At.IsZero():
		return session{Name: "not known", Faint: true}
	case !p.Known && p.Person == "":
		return session{Name: "not known", Faint: true, Word: "nobody", When: ago(p.At, v.now)}
	case !p.Known:
		return session{Name: "not known", Faint: true, Word: v.name(p.Person), When: ago(p.At, v.now)}
	case !p.Exists:
		return session{Name: "no such device", Faint: true}
	case p.Person == "" && n.State.Trouble() && !p.Since.IsZero():
		return session{Name: "nobody", Faint: true, Word: "since", When: clock(p.Since, v.now, zone)}
	case p.Person == "":
		return session{Name: "nobody", Faint: true}
	case p.Since.IsZero():
		return v.session(p.Person, "", moment{})
	}
	return v.session(p.Person, "since", clock(p.Since, v.now, zone))
}
