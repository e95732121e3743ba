package console

import (
	"io"
	"strings"
	"time"

	"deskd/reservations"
)

// Problems are what of a calendar was not understood, or only with a note.
type Problems struct {
	Title string
	Of    []reservations.Problem
	Most  int            // how many are printed; 0 is all
	Zone  *time.Location // in which their times are shown
}

// Print lists the problems under their title, and nothing when there are none.
func (p Problems) Print(w io.Writer) {
	if len(p.Of) == 0 {
		return
	}
	Say(w, "\n%s (%d)\n", p.Title, len(p.Of))
	shown := p.Of
	if p.Most > 0 {
		shown = shown[:min(p.Most, len(shown))]
	}
	for _, problem := range shown {
		Say(w, "  %s\n", p.line(problem))
	}
}

// line is a problem with the event that it is about.
func (p Problems) line(problem reservations.Problem) string {
	event := Cell(problem.UID)
	if !problem.Start.IsZero() {
		event += " at " + problem.Start.In(p.Zone).Format("2006-01-02 15:04")
	}
	if named := Cell(reservations.Problem{Title: problem.Title, Organizer: problem.Organizer}.Event()); named != "" {
		event = strings.TrimPrefix(event+", "+named, ", ")
	}
	if event == "" {
		return problem.Text()
	}
	return event + ", " + problem.Text()
}

// Cell is outside text on one line, cut to the width of a column.
func Cell(s string) string {
	const most = 80
	s = reservations.Legible(s)
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}
