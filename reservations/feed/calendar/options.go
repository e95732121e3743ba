package calendar

import (
	"time"

	"deskd/reservations"
)

// Options say how a calendar is read.
type Options struct {
	// Window bounds what is returned: occurrences that share an instant with it.
	Window reservations.Span
	// Zone is the site's: floating times and all-day events are read in it.
	Zone *time.Location
	// Names knows desks and people; nil where nobody does.
	Names Names
	// Self is the id of the database that reads it: a calendar of its own is refused
	// ([ErrOwn]). '' refuses none.
	Self string
}

// Names tells what an event names, by tables of desks and people.
type Names interface {
	// Place tells the desks of events apart: it is the same text for the same desks,
	// and "" for none.
	Place(e *Event) string
	// Named are the desks and the person that e names beyond doubt.
	Named(e *Event) (desks []string, person string)
	// Who has an address: one text for all addresses of a person.
	Who(address string) string
}
