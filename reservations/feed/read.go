package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"deskd/reservations"
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
	// Booked are the feed's bookings as they are stored, by start, and Waiting those of
	// its claims that had to wait at the last reading: who was first has the desk.
	// Both may be nil.
	Booked  []reservations.Reservation
	Waiting []reservations.Waiting

	body Body // whose lines messages name
}

// Reading is what a feed says, before desks and people are looked up.
type Reading struct {
	// Occurrences are sorted by start, UID and original start.
	Occurrences []Occurrence
	// Problems name the events that were lost, Notes what is odd about events
	// that were kept. Both are bounded; a last entry counts what is not listed.
	Problems, Notes []reservations.Problem
}

// Result is a feed read to the end.
type Result struct {
	Reading
	// Reservations are confirmed, in UTC, sorted by start and desk, and
	// no two overlap on a desk, but for those that a person has cancelled. Person is empty where the calendar does not say
	// who has it, or names a guest or somebody who is never logged in because of
	// a calendar.
	Reservations []reservations.Reservation
	// Mapped is what became of each occurrence, in their order.
	Mapped []Mapped
	// Unresolved names the events of which desk or person are not clear, once for
	// a series. Like Problems it is bounded.
	Unresolved []reservations.Problem
	// Tentative counts the occurrences whose desk was invited and has not
	// answered yes or no.
	Tentative int
	// Titled counts the events that name nobody but by a text in SUMMARY, which the
	// feed does not take people from; of TitledKnown that is the name of one person.
	Titled, TitledKnown int
	// Waiting are the claims on desks that other events have. Those without an instant
	// are new.
	Waiting []reservations.Waiting
	// Doubt is what the reading leaves open about bookings that are stored.
	Doubt reservations.Doubt
}

// Told are the notes that the feed's owner should see without asking for them.
func (r Reading) Told() []reservations.Problem {
	return slices.DeleteFunc(slices.Clone(r.Notes), func(p reservations.Problem) bool { return !p.Note })
}

// Occurrences reads a feed and expands it inside window. The error refuses the
// feed as a whole ([ErrEmpty], [ErrHTML], [ErrJSON], [ErrNotCalendar],
// [ErrTruncated], [ErrTooLarge], or more components than are read); single events that are
// not understood are in Problems. Zone must not be nil.
func Occurrences(data []byte, window reservations.Span, zone *time.Location) (Reading, error) {
	return OccurrencesFrom(context.Background(), bytes.NewReader(data), window, zone)
}

// OccurrencesFrom does what [Occurrences] does with a feed that is not in memory:
// it reads src to its end, and keeps what may matter in the window. Its errors
// are also those of src and of ctx, which is looked at now and then.
func OccurrencesFrom(ctx context.Context, src io.Reader, window reservations.Span, zone *time.Location) (Reading, error) {
	if window.Empty() || zone == nil {
		return Reading{}, fmt.Errorf("read calendar: the window is empty or the site has no zone")
	}
	var log report
	out, err := occurrences(ctx, src, newExpander(window, zone, &log))
	if err != nil {
		return Reading{}, err
	}
	return Reading{out, log.problems.all(true), log.notes.all(false)}, nil
}

// occurrences names the organizer of most events where the feed is too large.
func occurrences(ctx context.Context, src io.Reader, x *expander) ([]Occurrence, error) {
	x.work.stop = ctx.Err
	err := decode(contextReader{ctx, src}, x.log, x.zones.knows, x.add)
	if errors.Is(err, errComponents) || errors.Is(err, ErrTooLarge) {
		return nil, fmt.Errorf("read calendar: %w%s", err, x.culprit())
	}
	if err != nil {
		return nil, fmt.Errorf("read calendar: %w", err)
	}
	out, err := x.all()
	if err != nil {
		return nil, fmt.Errorf("read calendar: %w", err)
	}
	return out, nil
}

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context
	src io.Reader
}

// Len is how much there is to read, as far as that is known.
func (r contextReader) Len() int {
	if known, ok := r.src.(interface{ Len() int }); ok {
		return known.Len()
	}
	return maxFeed
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.src.Read(p)
}

// Read reads a feed and resolves its occurrences to reservations. Its errors
// are those of [Occurrences]; an occurrence that names no desk or person that
// the directory and the feed's rules allow is in Unresolved.
func Read(data []byte, o Options) (Result, error) {
	return ReadFrom(context.Background(), bytes.NewReader(data), o)
}

// ReadFrom does what [Read] does with a feed that is not in memory; see
// [OccurrencesFrom].
func ReadFrom(ctx context.Context, src io.Reader, o Options) (Result, error) {
	if o.Window.Empty() || o.Zone == nil || o.Directory == nil {
		return Result{}, fmt.Errorf("read calendar: the window is empty, or the site has no zone, or there is no directory")
	}
	var log report
	x := newExpander(o.Window, o.Zone, &log)
	m := newMapper(o)
	x.where, x.names, x.who = m.id.where, m.id.names, m.id.who
	out, err := occurrences(ctx, src, x)
	if err != nil {
		return Result{}, err
	}
	m.out = make([]Mapped, 0, len(out))
	m.doubts = x.doubts
	m.doubts.Bookable = m.id.bookable
	if log.nameless {
		m.doubts.event(reservations.Lost{})
	}
	for _, occurrence := range out {
		m.resolve(occurrence)
	}
	m.crowd()
	kept := m.settle()
	return Result{
		Reading:      Reading{out, log.problems.all(true), slices.Concat(log.notes.all(false), m.log.notes.all(true))},
		Reservations: kept, Mapped: m.out, Unresolved: m.log.problems.all(true), Tentative: m.tentative, Titled: m.titled, TitledKnown: m.titledKnown, Waiting: m.waiting, Doubt: m.doubts.Doubt,
	}, nil
}
