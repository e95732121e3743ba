package feed

import (
	"fmt"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"
	"deskd/reservations/feed/fetch"
)

// relocate gives a reading the lines of objects.
func relocate(r *calendar.Reading, b fetch.Body) {
	if b.Objects == nil && b.Unread == nil {
		return
	}
	done := make(map[*calendar.Event]bool)
	for _, o := range r.Occurrences {
		if !done[o.Event] {
			done[o.Event] = true
			_, o.Line = b.Place(o.Line)
		}
	}
	for _, list := range [][]reservations.Problem{r.Problems, r.Notes} {
		for i := range list {
			locate(&list[i], b)
		}
	}
	for _, u := range b.Unread {
		r.Problems = append(r.Problems, problemOfObject(u))
	}
}

// locate gives a problem the line of its object, and the object's name.
func locate(p *reservations.Problem, b fetch.Body) {
	if name, line := b.Place(p.Line); name != "" && p.What != "" {
		p.Line, p.What = line, name+": "+p.What
	}
}

func problemOfObject(u fetch.Unread) reservations.Problem {
	p := reservations.Problem{UID: u.UID, What: fmt.Sprintf("%s: %s", u.Name, u.Why), Hint: "correct or delete the object at the calendar server"}
	switch {
	case u.Known:
		p.Hint += "; until then what it said before stays"
	case u.UID == "":
		p.Hint += "; until then no booking is taken away that the calendar does not list"
	}
	return p
}
