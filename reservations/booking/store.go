package booking

import (
	"context"
	"errors"
	"strings"
	"time"

	"deskd/reservations"
)

// Store is where bookings are.
type Store interface {
	// Change runs do in one transaction beside which nobody else writes. It is kept when
	// do returns nil, unless it is a dry run. What its changes free goes to those who wait.
	Change(ctx context.Context, d Deed, do func(Book) error) error
	// Read asks several questions of one state of the database.
	Read(ctx context.Context, do func(Reader) error) error
}

// Deed is what a transaction is for.
type Deed struct {
	Verb   string // for the audit
	DryRun bool
	Now    time.Time
}

// Names is who and what there is.
type Names interface {
	Plans
	// Desk is the desk called id, else the error is [reservations.ErrUnknownDesk].
	Desk(id string) (reservations.Desk, error)
	// Person is the person with that user id, in any case, else the error is
	// [reservations.ErrUnknownPerson].
	Person(id string) (reservations.Person, error)
	// Reservation is the one with that id, else the error is [reservations.ErrNotFound].
	Reservation(id string) (reservations.Reservation, error)
	// Standing are the desks of a place, in their order, without bookings; with the absences
	// of their owners that are not over by an instant.
	Standing(place Place, from time.Time) ([]Standing, error)
}

// Reader is the database within a transaction.
type Reader interface {
	Names
	Closed
	Arrivals
	// Own are a person's confirmed bookings that end after since, in their order.
	Own(person string, since time.Time) ([]reservations.Reservation, error)
	// Around are the desks of a place, in their order, each with the bookings on both
	// sides of the start of a span.
	Around(place Place, start time.Time) ([]Standing, error)
	// Timeline are the confirmed bookings of a desk that share an instant with a span, in
	// their order.
	Timeline(desk string, span reservations.Span) ([]reservations.Reservation, error)
}

// Beside writes what there is beside bookings.
type Beside interface {
	Closer
	Witness
	Repeats
}

// Keys say for what idempotency keys were used.
type Keys interface {
	// Keyed is the reservation that was made with an idempotency key, which has to be
	// that of r and to count still; it has no id when the key is new. The errors are
	// [reservations.ErrKeyUsed], [reservations.ErrCancelled] and [reservations.ErrNotFound].
	Keyed(key string, r reservations.Reservation) (reservations.Reservation, error)
	// Remember keeps for what a key was used: asked is the booking as it was asked for.
	Remember(key, id string, asked reservations.Reservation) error
	// Used is the id of what else was made with a key, '' when the key is new. The error is
	// [reservations.ErrKeyUsed] where that is not what is asked for now.
	Used(key, asked string) (id string, err error)
	// Use keeps for what else a key was used.
	Use(key, id, asked string) error
}

// ErrTakenBack says that what was made with an idempotency key is not there any more.
var ErrTakenBack = errors.New("what was made with that key is not there any more; use another key")

// asking is something that is asked for, maybe again with its key.
type asking struct{ key, asked string }

// once does what is asked for, which gives it an id, unless its key has done so: then again
// looks at it.
func (a asking) once(book Book, do func() (id string, err error), again func(id string) error) error {
	if a.key == "" {
		_, err := do()
		return err
	}
	id, err := book.Used(a.key, a.asked)
	if err != nil {
		return err
	}
	if id != "" {
		return again(id)
	}
	if id, err = do(); err != nil {
		return err
	}
	return book.Use(a.key, id, a.asked)
}

// Book is a [Reader] that writes.
type Book interface {
	Reader
	Beside
	Keys
	// Put books r, or changes the reservation with its id, and returns it as it is then.
	// The error is [reservations.ErrOverlap] where another booking is in the way.
	Put(r reservations.Reservation) (reservations.Reservation, error)
}

// Place narrows desks: a zero field does not.
type Place struct {
	Site  string `json:"site,omitempty"`
	Floor string `json:"floor,omitempty"`
	Zone  string `json:"zone,omitempty"`
	Desk  string `json:"desk,omitempty"`
}

// Holds reports whether a desk is in p.
func (p Place) Holds(d reservations.Desk) bool {
	in := func(place, of string) bool { return place == "" || place == of }
	return in(p.Site, d.Site) && in(p.Floor, d.Floor) && in(p.Zone, d.Zone) && in(p.Desk, d.ID)
}

func (p Place) String() string {
	var parts []string
	for _, part := range []struct{ word, is string }{{"desk", p.Desk}, {"zone", p.Zone}, {"floor", p.Floor}, {"site", p.Site}} {
		if part.is != "" {
			parts = append(parts, part.word+" "+part.is)
		}
	}
	return strings.Join(parts, ", ")
}

// Standing is a desk beside an instant. Desk is without its addresses and aliases.
type Standing struct {
	Desk reservations.Desk
	// Near are the last booking that begins by the instant, and the first that begins
	// after it, as far as there are such: whose they are, when, of
	// which source, and since when.
	Near []reservations.Reservation
	// Away are the absences of the desk's owner that are not over by the instant, the
	// earliest first.
	Away []reservations.Absence
}

// Gather gives each desk those of some bookings that are its own, in their order.
func Gather(all []Standing, some []reservations.Reservation) {
	of := make(map[string][]reservations.Reservation, len(all))
	for _, r := range some {
		of[r.Desk] = append(of[r.Desk], r)
	}
	for i := range all {
		all[i].Near = of[all[i].Desk.ID]
	}
}

// free reports whether nobody has the desk in s, which begins at the instant.
func (d Standing) free(s reservations.Span) bool {
	for _, n := range d.Near {
		if n.Overlaps(s) {
			return false
		}
	}
	return true
}
