package booked

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"deskd/reservations"
)

// Book is where desks, people and reservations are read.
type Book interface {
	// Desks returns all desks by id.
	Desks(ctx context.Context) ([]reservations.Desk, error)
	// People returns all people by id.
	People(ctx context.Context) ([]reservations.Person, error)
	// Reservations returns the confirmed reservations of known desks that overlap s, in
	// calendar order.
	Reservations(ctx context.Context, s reservations.Span) ([]reservations.Reservation, error)
}

// Changes is where it is heard what was changed.
type Changes interface {
	// Touched returns what the audit says was changed behind one of its rows, by any
	// program. Behind a negative one it says only how far the audit goes.
	Touched(ctx context.Context, from int64) (reservations.Touched, error)
	// ReservationsByID returns those with these ids, whatever their status, in any order.
	ReservationsByID(ctx context.Context, ids []string) ([]reservations.Reservation, error)
}

// What was read whole is gone on from for so long, and by a clock that is so much behind that
// by which it was read. So much more than what a plan asks for is read.
const (
	keeps = time.Hour
	slack = time.Minute
)

// House is what is booked in all clusters, kept up to date. Make one with [New]; it may be
// used by several goroutines.
type House struct {
	book    Book
	changes Changes
	window  func(now time.Time) reservations.Span

	mu      sync.Mutex // guards what follows
	known   Known
	all     map[string]reservations.Reservation // of known.Calendar, by id
	cluster map[string]string                   // of a desk
	whole   time.Time                           // when all was read; zero: it has to be
	span    reservations.Span                   // of what was read
	upto    int64                               // the row of the audit
	told    unsaid
}

// Known is what is known of a house at a moment. It is not changed.
type Known struct {
	// Version counts what was found to be another than before. Furnished is the version with
	// these desks and people.
	Version, Furnished int64

	Desks    []reservations.Desk
	People   []reservations.Person
	Calendar reservations.Calendar // of the window that was asked for, and an hour more

	rebooked []rebooked // the newest, in the order of their versions
}

// rebooked are the desks for which a version asks something else: their bookings are others,
// or those that its people have elsewhere.
type rebooked struct {
	version int64
	desks   map[string]bool
}

// remembered is how many versions are told apart by what has changed.
const remembered = 64

// Since returns the desks that were rebooked since a version. Known is false when that is
// too long ago to say.
func (k Known) Since(version int64) (desks map[string]bool, known bool) {
	if version < k.Version-int64(len(k.rebooked)) {
		return nil, false
	}
	desks = make(map[string]bool)
	for _, r := range k.rebooked {
		if r.version <= version {
			continue
		}
		for desk := range r.desks {
			desks[desk] = true
		}
	}
	return desks, true
}

// New returns a house of which nothing was read yet. Without changes, all is read by each
// look. Window is the time around now of which the reservations have to be known.
func New(book Book, changes Changes, window func(now time.Time) reservations.Span) *House {
	return &House{book: book, changes: changes, window: window}
}

// Look returns what is booked around now. Whatever was committed before it was called is in
// it, if the audit tells of it. The error is that of the database.
func (h *House) Look(ctx context.Context, now time.Time) (Known, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.look(ctx, now)
	return h.known, err
}

// look brings h up to date.
func (h *House) look(ctx context.Context, now time.Time) error {
	if h.changes == nil || !h.covers(now) {
		return h.read(ctx, now)
	}
	t, err := h.changes.Touched(ctx, h.upto)
	if err != nil {
		return err //nolint:wrapcheck // it says what was read
	}
	if t.More {
		return h.read(ctx, now)
	}
	if len(t.Reservations) > 0 {
		slices.Sort(t.Reservations)
		ids := slices.Compact(t.Reservations)
		rows, err := h.changes.ReservationsByID(ctx, ids)
		if err != nil {
			return err //nolint:wrapcheck // it says what was read
		}
		h.rebook(ids, rows)
	}
	h.upto = t.Upto
	h.told.hear(t)
	return nil
}

// covers reports whether what was read whole is gone on from.
func (h *House) covers(now time.Time) bool {
	w := h.window(now)
	return !h.whole.IsZero() && now.Before(h.whole.Add(keeps)) && !w.Start.Before(h.span.Start) && !w.End.After(h.span.End)
}

// read reads everything. What is changed meanwhile is behind upto, and taken in by the next
// look.
func (h *House) read(ctx context.Context, now time.Time) error {
	h.whole = time.Time{} // until all of it was read
	upto, err := h.newest(ctx)
	if err != nil {
		return err
	}
	desks, err := h.book.Desks(ctx)
	if err != nil {
		return fmt.Errorf("read desks: %w", err)
	}
	people, err := h.book.People(ctx)
	if err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	span := h.window(now)
	span.Start, span.End = span.Start.Add(-slack), span.End.Add(keeps)
	booked, err := h.book.Reservations(ctx, span)
	if err != nil {
		return fmt.Errorf("read reservations: %w", err)
	}
	if !reflect.DeepEqual(h.known.Desks, desks) || !reflect.DeepEqual(h.known.People, people) || h.known.Version == 0 {
		h.furnish(desks, people)
	}
	h.whole, h.span, h.upto, h.told.all = now, span, upto, true
	h.replace(booked)
	return nil
}

// newest is how far the audit goes.
func (h *House) newest(ctx context.Context) (int64, error) {
	if h.changes == nil {
		return 0, nil
	}
	t, err := h.changes.Touched(ctx, -1)
	return t.Upto, err //nolint:wrapcheck // it says what was read
}

// furnish takes in other desks and people: nothing is gone on from.
func (h *House) furnish(desks []reservations.Desk, people []reservations.Person) {
	h.known.Version++
	h.known.Desks, h.known.People, h.known.Furnished, h.known.rebooked = desks, people, h.known.Version, nil
	h.cluster = make(map[string]string, len(desks))
	for _, d := range desks {
		h.cluster[d.ID] = d.Cluster
	}
}
