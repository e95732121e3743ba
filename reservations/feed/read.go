package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"
	"deskd/reservations/feed/fetch"
)

// Options say how a feed is read.
type Options struct {
	// Window bounds what is returned: occurrences that share an instant with it.
	Window reservations.Span
	// Zone is the site's: floating times and all-day events are read in it.
	Zone *time.Location
	// Feed names the source and says where an event names desk and person.
	Feed      reservations.Feed
	Directory *Directory
	// Booked are the feed's bookings as they are stored, by start, and Waiting those of its
	// claims that had to wait at the last reading: the first has the desk.
	// Both may be nil.
	Booked  []reservations.Reservation
	Waiting []reservations.Waiting
	// Self is the id of the database that reads: what it has published itself is not
	// booked again, and a calendar of its own refused ([calendar.ErrOwn]). '' knows none.
	Self string

	body fetch.Body // whose lines messages name
}

// Result is a feed read to the end.
type Result struct {
	calendar.Reading
	// Reservations are confirmed, in UTC, sorted by start and desk, and no two overlap on
	// a desk, but for those that a person has cancelled. Person is empty where the
	// calendar does not say who has it, or names a guest or a person who is never logged
	// in because of a calendar.
	Reservations []reservations.Reservation
	// Mapped is what became of each occurrence, in their order.
	Mapped []Mapped
	// Unresolved names the events of which desk or person are not clear, once for
	// a series. Like Problems it is bounded.
	Unresolved []reservations.Problem
	// Tentative counts the occurrences whose desk was invited and has not
	// answered yes or no.
	Tentative int
	// Titled counts the events that name a person only by a text in SUMMARY, where the
	// feed does not look; in TitledKnown it is the name of one person.
	Titled, TitledKnown int
	// Waiting are the claims on desks that other events have. Those without an instant
	// are new.
	Waiting []reservations.Waiting
}

// Read reads a body and resolves its occurrences to reservations. An occurrence that names
// no desk or person that the directory and the feed's rules allow is in Unresolved. Lines
// are those of the objects, which problems and notes name; an unread object is a problem.
// The error is one of [calendar.Read], and says what can be done about it.
func Read(ctx context.Context, b fetch.Body, o Options) (Result, error) {
	o.body = b
	result, err := readFrom(ctx, b.Text.Reader(), o)
	if errors.Is(err, calendar.ErrOwn) {
		return Result{}, fmt.Errorf("%w; take the feed out of the configuration, or give it the address of the calendar that was meant", err)
	}
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
	open := calendar.Doubts{Doubt: result.Doubt}
	for _, u := range b.Unread {
		switch { // missing information ends no booking
		case u.Known:
		case u.UID != "": // a calendar server keeps the UIDs it was given
			open.UID(u.UID)
		default:
			open.Event(reservations.Lost{})
		}
	}
	result.Doubt = open.Doubt
	return result, nil
}

// Occurrences reads a body, and looks up neither desks nor people: what it says is
// [calendar.Reading], with lines and errors as in [Read].
func Occurrences(ctx context.Context, b fetch.Body, window reservations.Span, zone *time.Location) (calendar.Reading, error) {
	reading, err := calendar.Read(ctx, b.Text.Reader(), calendar.Options{Window: window, Zone: zone})
	if err != nil {
		return calendar.Reading{}, fmt.Errorf("%w%s", err, fetch.Advice(err))
	}
	relocate(&reading, b)
	return reading, nil
}

// readFrom does what [Read] does, without a body.
func readFrom(ctx context.Context, src io.Reader, o Options) (Result, error) {
	if o.Window.Empty() || o.Zone == nil || o.Directory == nil {
		return Result{}, fmt.Errorf("read calendar: the window is empty, or the site has no zone, or there is no directory")
	}
	m := newMapper(o)
	reading, err := calendar.Read(ctx, src, calendar.Options{Window: o.Window, Zone: o.Zone, Names: m.id, Self: o.Self})
	if err != nil {
		return Result{}, err
	}
	m.out = make([]Mapped, 0, len(reading.Occurrences))
	m.doubts.Doubt = reading.Doubt
	m.doubts.Bookable = m.id.bookable
	for _, occurrence := range reading.Occurrences {
		m.resolve(occurrence)
	}
	m.crowd()
	kept := m.settle()
	reading.Notes, reading.Doubt = slices.Concat(reading.Notes, m.log.Notes.All(true)), m.doubts.Doubt
	return Result{
		Reading: reading, Reservations: kept, Mapped: m.out, Unresolved: m.log.Problems.All(true),
		Tentative: m.tentative, Titled: m.titled, TitledKnown: m.titledKnown, Waiting: m.waiting,
	}, nil
}
