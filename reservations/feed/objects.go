package feed

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/fetch"
)

// ReadBody reads a body as [ReadFrom] does. Lines are those of the objects, which
// problems and notes name; an unread object is a problem. An error also says what
// can be done about it, as far as that is known.
func ReadBody(ctx context.Context, b fetch.Body, o Options) (Result, error) {
	o.body = b
	result, err := ReadFrom(ctx, b.Text.Reader(), o)
	if err != nil {
		return Result{}, fmt.Errorf("%w%s", err, fetch.Advice(err))
	}
	for i := range result.Reservations {
		_, result.Reservations[i].Line = b.Place(result.Reservations[i].Line)
	}
	for i := range result.Mapped {
		locate(&result.Mapped[i].Problem, b)
	}
	for i := range result.Unresolved {
		locate(&result.Unresolved[i], b)
	}
	relocate(&result.Reading, b)
	open := doubts{result.Doubt}
	for _, u := range b.Unread {
		switch { // missing information ends no booking
		case u.Known:
		case u.UID != "": // a calendar server keeps the UIDs it was given
			mark(&open.UIDs, u.UID)
		default:
			open.event(reservations.Lost{})
		}
	}
	result.Doubt = open.Doubt
	return result, nil
}

// BodyOccurrences reads a body as [expandCalendar] does, with lines and problems
// as in [ReadBody].
func BodyOccurrences(ctx context.Context, b fetch.Body, window reservations.Span, zone *time.Location) (Reading, error) {
	reading, err := expandCalendar(ctx, b.Text.Reader(), expandOptions{Window: window, Zone: zone})
	if err != nil {
		return Reading{}, fmt.Errorf("%w%s", err, fetch.Advice(err))
	}
	relocate(&reading, b)
	return reading, nil
}

// relocate gives a reading the lines of objects.
func relocate(r *Reading, b fetch.Body) {
	if b.Objects == nil && b.Unread == nil {
		return
	}
	done := make(map[*Event]bool)
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
	p := reservations.Problem{UID: u.UID, What: fmt.Sprintf("%s: %s", u.Name, u.Why), Hint: "mend or delete the object at the calendar server"}
	switch {
	case u.Known:
		p.Hint += "; till then what it said before stays"
	case u.UID == "":
		p.Hint += "; till then no booking is taken away that the calendar does not list"
	}
	return p
}
