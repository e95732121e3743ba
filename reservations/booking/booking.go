package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Bookings is the one way to book.
type Bookings struct {
	Store Store
	// Rules are those of a desk, with the clock of its site.
	Rules func(reservations.Desk) rules.Rules
}

// Actor is who asks.
type Actor struct {
	// Operator may have done what the rules forbid: see [How].
	Operator bool
}

// How is how an operation is asked for.
type How struct {
	DryRun bool // say what would be done
	EvenSo bool // an operator wants it though rules are against it
	// If is asked, where it is set, about each booking that is to be changed, as it is in the
	// transaction, the named one first: its error is that of the operation, and nothing is
	// changed.
	If func(reservations.Reservation) error
}

// allows asks If.
func (h How) allows(r reservations.Reservation) error {
	if h.If == nil {
		return nil
	}
	return h.If(r)
}

// Wish is a booking as it is asked for.
type Wish struct {
	Desk, Person string // as they are called
	reservations.Span
	Note, Source string
	// Key is an idempotency key: asked again with it, nothing is booked twice. '' is none.
	Key string
	How
}

// Check reports the first thing that makes w unusable, whatever the rules.
func (w Wish) Check() error {
	return cmp.Or(w.reservation().Check(), reservations.CheckNote(w.Note))
}

// reservation is w as it would be booked.
func (w Wish) reservation() reservations.Reservation {
	return reservations.Reservation{
		Desk: w.Desk, Person: w.Person, Span: w.Span.UTC(), Note: w.Note, Source: w.Source, Status: reservations.Confirmed,
	}
}

// Answer is what an operation has done, or would have done.
type Answer struct {
	reservations.Reservation
	Already bool `json:"already"` // it was so before
	// Beside are the person's bookings of other desks at the same time.
	Beside []reservations.Reservation `json:"beside,omitempty"`
	// Others are the other occurrences of its series that were changed alike, in the order of
	// their original starts.
	Others []reservations.Reservation `json:"others,omitempty"`
	// Despite are the rules that are against it, as an operator wanted.
	Despite []rules.Refusal `json:"despite,omitempty"`
	DryRun  bool            `json:"dry_run,omitempty"`
}

// Book books a desk. The errors beside a [Refusal] are those of
// [reservations.Reservation.Check], [reservations.ErrUnknownDesk],
// [reservations.ErrUnknownPerson] and those of [Book.Keyed].
func (b Bookings) Book(ctx context.Context, actor Actor, w Wish, now time.Time) (Answer, error) {
	if err := w.Check(); err != nil {
		return Answer{}, err
	}
	t := &try{Bookings: b, actor: actor, how: w.How, verb: "reserve", what: fmt.Sprintf("reserve desk %q", w.Desk), now: now}
	return t.run(ctx, func() error {
		asked := w.reservation()
		err := t.once(w.Key, asked, func() error {
			if err := t.begins(asked, t.now.Add(-longestDay)); err != nil {
				return err
			}
			return t.put(asked)
		})
		if w.DryRun && !t.answer.Already {
			t.answer.ID = "" // it will be another one
		}
		return err
	})
}

// once books what is asked for, as do does it, unless its key has done so.
func (t *try) once(key string, asked reservations.Reservation, do func() error) error {
	if key == "" {
		return do()
	}
	before, err := t.book.Keyed(key, asked)
	if err != nil || before.ID != "" {
		t.answer.Reservation, t.answer.Already = before, err == nil
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return t.book.Remember(key, t.answer.ID, asked)
}

// Change is what a booking is to become; a zero field stays as it is.
type Change struct {
	ID   string
	Desk string
	reservations.Span
	// Scope says what of the reservation's series is meant.
	Scope Scope
	How
}

// change is an attempt to change a booking.
func (b Bookings) change(actor Actor, c Change, verb string, now time.Time) *try {
	return &try{Bookings: b, actor: actor, how: c.How, verb: verb, what: fmt.Sprintf("%s reservation %q", verb, c.ID), now: now}
}

// Move gives a booking another desk, another time, or both. The others that c's scope means
// are moved by as much, on the wall clock of the site; all of them, or none.
func (b Bookings) Move(ctx context.Context, actor Actor, c Change, now time.Time) (Answer, error) {
	t := b.change(actor, c, "move", now)
	return t.run(ctx, func() error {
		return t.alter(c, func(r *reservations.Reservation) error {
			r.Desk = cmp.Or(c.Desk, r.Desk)
			if !c.Start.IsZero() {
				r.Start = c.Start
			}
			if !c.End.IsZero() {
				r.End = c.End
			}
			return nil
		})
	})
}

// Extend moves the end of a booking to a later one: of c, End and Scope count.
func (b Bookings) Extend(ctx context.Context, actor Actor, c Change, now time.Time) (Answer, error) {
	t := b.change(actor, c, "extend", now)
	return t.run(ctx, func() error {
		return t.alter(c, func(r *reservations.Reservation) error {
			if c.End.Before(r.End) {
				return fmt.Errorf("%w: it ends %s, and is to be extended to %s", ErrRequest, r.End.Format(time.RFC3339), c.End.UTC().Format(time.RFC3339))
			}
			r.End = c.End
			return nil
		})
	})
}

// ErrRequest says that what was asked for cannot be, whatever the rules.
var ErrRequest = errors.New("not possible")

// End ends a booking that runs, now or at c.End, and frees its desk. No rule is against
// that.
func (b Bookings) End(ctx context.Context, actor Actor, c Change, now time.Time) (Answer, error) {
	t := b.change(actor, c, "end", now)
	return t.run(ctx, func() error {
		r, err := t.changeable(c.ID)
		if err != nil {
			return err
		}
		end := c.End
		if end.IsZero() {
			end = nextSecond(now)
		}
		end = end.UTC().Truncate(time.Second)
		switch {
		case r.Start.After(now):
			return refuseChange(t.what, NotBegun, fmt.Sprintf("it begins %s: cancel it", r.Start.Format(time.RFC3339)))
		case end.Before(now.Truncate(time.Second)) || end.After(r.End) || !end.After(r.Start):
			return fmt.Errorf("%w: it runs from %s to %s, and is to end %s", ErrRequest, r.Start.Format(time.RFC3339), r.End.Format(time.RFC3339), end.Format(time.RFC3339))
		case end.Equal(r.End):
			t.answer.Reservation, t.answer.Already = r, true
			return nil
		}
		r.End = end
		t.answer.Reservation, err = t.book.Put(r)
		return err
	})
}

// Cancel takes a booking back, whatever its source: of c, only ID and Scope count. One that was
// cancelled before stays so, and is answered with Already; of one that its feed has withdrawn
// the error is [reservations.ErrCancelled]. One that is over stays as it is: it was there, and
// counts. It is refused, unless others of its series are meant with it.
func (b Bookings) Cancel(ctx context.Context, actor Actor, c Change, now time.Time) (Answer, error) {
	t := b.change(actor, c, "cancel", now)
	return t.run(ctx, func() error {
		r, err := t.book.Reservation(c.ID)
		if err == nil {
			err = t.how.allows(r)
		}
		if err != nil {
			return err
		}
		t.answer.Reservation = r
		if err := t.cancelMore(r, c.Scope); err != nil {
			return err
		}
		switch {
		case r.Status == reservations.Cancelled:
			t.answer.Already = len(t.answer.Others) == 0
			return nil
		case r.Status == reservations.Withdrawn:
			return gone(r)
		case !r.End.After(now) && len(t.answer.Others) > 0:
			return nil
		case !r.End.After(now):
			return t.over(r)
		}
		r.Status = reservations.Cancelled
		t.answer.Reservation, err = t.book.Put(r)
		return err
	})
}

// over refuses to change a booking that is over.
func (t *try) over(r reservations.Reservation) error {
	return refuseChange(t.what, Over, fmt.Sprintf("it was over at %s", r.End.Format(time.RFC3339)))
}

// gone is the error of a booking that does not count any more.
func gone(r reservations.Reservation) error {
	return fmt.Errorf("%w: it was %s at %s", reservations.ErrCancelled, r.Status, r.Updated.Format(time.RFC3339))
}
