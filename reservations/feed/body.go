package feed

import (
	"context"
	"fmt"
	"sort"
	"time"

	"deskd/reservations"
)

// Body is the answer of a fetch. With NotModified the body asked about is still
// the current one and all else but its validators is empty.
type Body struct {
	Text Text
	// Objects are, of the calendar of a CalDAV server, the objects in Text by the
	// line they begin on.
	Objects []Object
	// Unread are its objects that could not be had, or not be read, by name.
	Unread []Unread
	Validators
	NotModified bool
}

// Object is a part of a body that is a resource of its own at the server.
type Object struct {
	Name string // last part of its address
	Line int    // of the body, 1-based
}

// Unread is an object that says nothing.
type Unread struct {
	Name string
	UID  string // as far as it can be seen
	Why  string
	// Known says that Text has what the object said before.
	Known bool
}

// Read reads the body as [ReadFrom] does. Lines are those of the objects, which
// problems and notes name; an unread object is a problem. An error also says what
// can be done about it, as far as that is known.
func (b Body) Read(ctx context.Context, o Options) (Result, error) {
	o.body = b
	result, err := ReadFrom(ctx, b.Text.Reader(), o)
	if err != nil {
		return Result{}, fmt.Errorf("%w%s", err, advice(err))
	}
	for i := range result.Reservations {
		_, result.Reservations[i].Line = b.place(result.Reservations[i].Line)
	}
	for i := range result.Mapped {
		b.locate(&result.Mapped[i].Problem)
	}
	for i := range result.Unresolved {
		b.locate(&result.Unresolved[i])
	}
	b.settle(&result.Reading)
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

// Occurrences reads the body as [OccurrencesFrom] does, with lines and problems
// as in [Body.Read].
func (b Body) Occurrences(ctx context.Context, window reservations.Span, zone *time.Location) (Reading, error) {
	reading, err := OccurrencesFrom(ctx, b.Text.Reader(), window, zone)
	if err != nil {
		return Reading{}, fmt.Errorf("%w%s", err, advice(err))
	}
	b.settle(&reading)
	return reading, nil
}

// settle gives a reading the lines of objects.
func (b Body) settle(r *Reading) {
	if b.Objects == nil && b.Unread == nil {
		return
	}
	done := make(map[*Event]bool)
	for _, o := range r.Occurrences {
		if !done[o.Event] {
			done[o.Event] = true
			_, o.Line = b.place(o.Line)
		}
	}
	for _, list := range [][]reservations.Problem{r.Problems, r.Notes} {
		for i := range list {
			b.locate(&list[i])
		}
	}
	for _, u := range b.Unread {
		r.Problems = append(r.Problems, u.problem())
	}
}

// locate gives a problem the line of its object, and the object's name.
func (b Body) locate(p *reservations.Problem) {
	if name, line := b.place(p.Line); name != "" && p.What != "" {
		p.Line, p.What = line, name+": "+p.What
	}
}

func (u Unread) problem() reservations.Problem {
	p := reservations.Problem{UID: u.UID, What: fmt.Sprintf("%s: %s", u.Name, u.Why), Hint: "mend or delete the object at the calendar server"}
	switch {
	case u.Known:
		p.Hint += "; till then what it said before stays"
	case u.UID == "":
		p.Hint += "; till then no booking is taken away that the calendar does not list"
	}
	return p
}

// place is the object a line of the body stands in, and the line of it. Without
// objects a line is one of the body.
func (b Body) place(line int) (name string, of int) {
	n := sort.Search(len(b.Objects), func(i int) bool { return b.Objects[i].Line > line }) - 1
	if n < 0 {
		return "", line
	}
	return b.Objects[n].Name, line - b.Objects[n].Line + 1
}

// where says where a line is.
func (b Body) where(line int) string {
	name, of := b.place(line)
	if name == "" {
		return fmt.Sprintf("on line %d", of)
	}
	return fmt.Sprintf("in %s", name)
}
