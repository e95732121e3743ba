package booking

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Closure is a time in which the desks of a place cannot be booked. What is booked in it
// already stays booked, and is obeyed.
type Closure struct {
	ID string `json:"id"`
	Place
	reservations.Span
	Why  string    `json:"reason"` // a person's text
	Made time.Time `json:"made"`
	Feed string    `json:"feed,omitempty"` // the calendar of holidays that it is of
}

// Closed is what is closed, and what was booked there.
type Closed interface {
	// Closures are those of all places that share an instant with a span, in the order
	// of their starts.
	Closures(span reservations.Span) ([]Closure, error)
	// Closure is the one whose id begins so, else the error is [ErrNoClosure].
	Closure(id string) (Closure, error)
	// Within are the confirmed bookings of a place that share an instant with a span, in
	// their order.
	Within(place Place, span reservations.Span) ([]reservations.Reservation, error)
}

// Closer writes closures.
type Closer interface {
	// Close keeps a closure, and returns it with its id.
	Close(c Closure) (Closure, error)
	// Reopen forgets a closure.
	Reopen(id string) error
}

var (
	// ErrNoClosure says that there is no closure with an id.
	ErrNoClosure = errors.New("there is no closure with that id")
	// ErrNoDesks says that a place is to be closed in which there is no desk.
	ErrNoDesks = errors.New("there is no desk in that place")
)

// closing are the closures that a desk is in, without holidays.
func closing(all []Closure, d reservations.Desk) (its []rules.Closure) {
	for _, c := range all {
		if c.Feed == "" && c.Holds(d) {
			its = append(its, rules.Closure{Span: c.Span, Why: c.Why})
		}
	}
	return its
}

// holidays are the days of calendars of holidays on which the site of a desk is closed, by its
// clock.
func holidays(all []Closure, d reservations.Desk, zone *time.Location) (its []rules.Holiday) {
	for _, c := range all {
		if c.Feed != "" && c.Holds(d) {
			its = append(its, rules.HolidayOf(c.Span, c.Why, zone))
		}
	}
	return its
}

// Closing is a closure as it is asked for.
type Closing struct {
	Place
	reservations.Span // it begins now, where Start is zero
	Why               string
	// Cancel takes back what is booked in it and is deskd's own: see [Closing.cancels].
	Cancel bool
	Key    string // an idempotency key: asked again with it, nothing is closed twice. '' is none.
	DryRun bool
}

// asked is what tells closures apart that are asked for.
func (c Closing) asked() string {
	return fmt.Sprintf("close %q %d %d %q %t", []string{c.Site, c.Floor, c.Zone, c.Desk}, c.Start.Unix(), c.End.Unix(), c.Why, c.Cancel)
}

// Check reports the first thing that makes c unusable.
func (c Closing) Check() error {
	switch {
	case c.Site == "" && c.Desk == "":
		return errors.New("a closure is of a desk, or of a site, or of a floor or zone of one")
	case c.Empty():
		return fmt.Errorf("a closure ends %s, not after its start %s", c.End.Format(time.RFC3339), c.Start.Format(time.RFC3339))
	case strings.TrimSpace(c.Why) == "":
		return errors.New("a closure has a reason, which those are told who cannot book")
	}
	return reservations.CheckNote(c.Why)
}

// cancels reports whether a booking goes, if c cancels: it is no calendar's and no other
// program's, which own theirs and are told.
func (c Closing) cancels(r reservations.Reservation) bool {
	return c.Cancel && r.Source != reservations.SourceSQL && !strings.HasPrefix(r.Source, reservations.FeedSource(""))
}

// ClosureAnswer is what has become of a closure.
type ClosureAnswer struct {
	Closure
	// Stays are the bookings in it that stay, and are obeyed; Gone are those that were
	// cancelled, or ended as it begins where they run already: as they are then.
	Stays  []reservations.Reservation `json:"stays"`
	Gone   []reservations.Reservation `json:"gone"`
	DryRun bool                       `json:"dry_run,omitempty"`
	// Already says that it was closed before, with the same key: Stays are as they are now.
	Already bool `json:"already,omitempty"`
}

// Close closes a place for a time. Who has booked there is told before it is kept, by a dry
// run, and in the answer. The errors are those of [Closing.Check], [ErrNoDesks] and
// [reservations.ErrUnknownDesk].
func (b Bookings) Close(ctx context.Context, _ Actor, c Closing, now time.Time) (done ClosureAnswer, err error) {
	asked := c.asked()
	if c.Start.IsZero() {
		c.Start = now
	}
	c.Span = reservations.Span{Start: c.Start.UTC().Truncate(time.Second), End: c.End.UTC().Truncate(time.Second)}
	if err := c.Check(); err != nil {
		return done, err
	}
	err = b.Store.Change(ctx, Deed{"close", c.DryRun, now}, func(book Book) (err error) {
		done = ClosureAnswer{DryRun: c.DryRun, Stays: []reservations.Reservation{}, Gone: []reservations.Reservation{}}
		err = asking{c.Key, asked}.once(book,
			func() (string, error) { return done.close(book, c, now) },
			func(id string) error { return done.again(book, id, now) })
		if c.DryRun && !done.Already {
			done.ID = "" // it will be another one
		}
		return err
	})
	if err != nil {
		return ClosureAnswer{}, fmt.Errorf("close %s: %w", c.Place, err)
	}
	return done, nil
}

// close closes what c says.
func (a *ClosureAnswer) close(book Book, c Closing, now time.Time) (id string, err error) {
	if !c.End.After(now) {
		return "", fmt.Errorf("%w: it would be over already, at %s", ErrRequest, c.End.Format(time.RFC3339))
	}
	if err := findDesks(book, c.Place, now); err != nil {
		return "", err
	}
	if a.Closure, err = book.Close(Closure{Place: c.Place, Span: c.Span, Why: strings.TrimSpace(c.Why)}); err != nil {
		return "", err
	}
	return a.ID, a.clear(book, c, now)
}

// again tells of a closure that a key has made.
func (a *ClosureAnswer) again(book Book, id string, now time.Time) (err error) {
	a.Already = true
	if a.Closure, err = book.Closure(id); err != nil {
		if errors.Is(err, ErrNoClosure) {
			err = ErrTakenBack
		}
		return err
	}
	left := reservations.Span{Start: reservations.Latest(a.Start, now), End: a.End}
	if left.Empty() {
		return nil
	}
	booked, err := book.Within(a.Place, left)
	a.Stays = append(a.Stays, booked...)
	return err
}

// findDesks makes sure that there is a desk in a place.
func findDesks(book Book, p Place, now time.Time) error {
	if p.Desk != "" {
		if _, err := book.Desk(p.Desk); err != nil {
			return err
		}
	}
	there, err := book.Around(p, now)
	if err == nil && len(there) == 0 {
		err = ErrNoDesks
	}
	return err
}

// clear finds what is booked in a closure, and takes back what it cancels. A booking that
// has begun ends when the closure does begin: its past stays true.
func (a *ClosureAnswer) clear(book Book, c Closing, now time.Time) error {
	from := reservations.Latest(c.Start, now)
	all, err := book.Within(c.Place, reservations.Span{Start: from, End: c.End})
	for _, r := range all {
		if !c.cancels(r) {
			a.Stays = append(a.Stays, r)
			continue
		}
		if end := nextSecond(from); r.Start.Before(now) && end.After(r.Start) {
			r.End = reservations.Earliest(r.End, end)
		} else {
			r.Status = reservations.Cancelled
		}
		if r, err = book.Put(r); err != nil {
			return err
		}
		a.Gone = append(a.Gone, r)
	}
	return err
}

// nextSecond is the first whole second from an instant on.
func nextSecond(t time.Time) time.Time {
	return t.Add(time.Second - time.Nanosecond).UTC().Truncate(time.Second)
}

// Reopening names a closure that is taken back, by the first digits of its id.
type Reopening struct {
	ID     string
	DryRun bool
}

// Reopen takes a closure back. Bookings that were cancelled for it do not come back. The
// error is [ErrNoClosure].
func (b Bookings) Reopen(ctx context.Context, _ Actor, r Reopening, now time.Time) (c Closure, err error) {
	err = b.Store.Change(ctx, Deed{"reopen", r.DryRun, now}, func(book Book) (err error) {
		if c, err = book.Closure(r.ID); err != nil {
			return err
		}
		if c.Feed != "" {
			return refuseChange(fmt.Sprintf("reopen %q", r.ID), OfFeed, fmt.Sprintf("it is a holiday of the calendar %s: change it there", c.Feed))
		}
		return book.Reopen(c.ID)
	})
	if err != nil {
		return Closure{}, fmt.Errorf("reopen %q: %w", r.ID, err)
	}
	return c, nil
}

// Closures are those that are not over, in the order of their starts: of a place, or all.
func (b Bookings) Closures(ctx context.Context, of Place, now time.Time) (found []Closure, err error) {
	found = []Closure{}
	err = b.Store.Read(ctx, func(book Reader) error {
		all, err := book.Closures(reservations.Span{Start: now, End: farthest})
		if err != nil || of == (Place{}) {
			found = append(found, all...)
			return err
		}
		desks, err := book.Around(of, now)
		for _, c := range all {
			for _, d := range desks {
				if c.Holds(d.Desk) {
					found = append(found, c)
					break
				}
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list closures: %w", err)
	}
	return found, nil
}

// farthest is later than anything that is closed.
var farthest = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
