package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Plans are what a [Reader] knows of series and absences.
type Plans interface {
	// Series is the one with that id, else the error is [reservations.ErrNotFound].
	Series(id string) (reservations.Series, error)
	// Occurrences are the bookings of a series, of every status, in the order of their
	// original starts.
	Occurrences(series string) ([]reservations.Reservation, error)
	// Absences are those of a person, or of everyone for '', that are not over by a day like
	// 2026-03-02, the earliest first.
	Absences(person, since string) ([]reservations.Absence, error)
	// Absence is the one whose id begins so, with the ids of the bookings that it has
	// cancelled, else the error is [ErrNoAbsence].
	Absence(id string) (a reservations.Absence, released []string, err error)
	// Owned are the desks of a person, in their order.
	Owned(person string) ([]reservations.Desk, error)
}

// Leave writes absences.
type Leave interface {
	// PutAbsence keeps an absence and the ids of the bookings that it has cancelled, and
	// returns it with its id, when it was made, and by whom.
	PutAbsence(a reservations.Absence, released []string) (reservations.Absence, error)
	// DropAbsence forgets an absence.
	DropAbsence(id string) error
	// StayCancelled forgets that absences have cancelled some bookings: who takes them back
	// does not get those back.
	StayCancelled(ids []string) error
}

// ErrNoAbsence says that there is no absence with an id.
var ErrNoAbsence = errors.New("there is no absence with that id")

// AbsenceAnswer is what has become of an absence.
type AbsenceAnswer struct {
	reservations.Absence
	// Released are the bookings of the person's series on those days, which are cancelled;
	// when the absence is taken back, those that are booked again.
	Released []reservations.Reservation `json:"released"`
	// Kept are the person's bookings that touch those days and stay: those that are of no
	// series, have begun, or are on other days as well.
	Kept []reservations.Reservation `json:"kept"`
	// Lost are the released bookings that cannot be booked again, and why.
	Lost []Lost `json:"lost,omitempty"`
	// Desks are those that the person owns, which others can book on those days; Guests who
	// has, when the absence is taken back: these bookings stay.
	Desks  []string                   `json:"desks"`
	Guests []reservations.Reservation `json:"guests,omitempty"`
	DryRun bool                       `json:"dry_run,omitempty"`
	// Already says that they were away before, by the same key: Kept and Desks are as now.
	Already bool `json:"already,omitempty"`
}

// Lost is a booking that cannot be booked again.
type Lost struct {
	reservations.Reservation
	Against []rules.Refusal `json:"against"`
}

// Leaving is an absence as it is asked for: of it the person, the days and the note count.
type Leaving struct {
	reservations.Absence
	// Key is an idempotency key: asked again with it, the absence is made once. It goes with
	// the absence. '' is none.
	Key string
	How
}

// asked is what tells absences apart that are asked for.
func (l Leaving) asked() string {
	return fmt.Sprintf("away %q", []string{reservations.PersonKey(l.Person), l.First, l.Last, l.Note})
}

// Away says that a person is away for some days: bookings of their series on these days are
// cancelled, the series go on, and others can book the desks that they own. The errors are those of [reservations.Absence.Check],
// [reservations.ErrUnknownPerson], and [ErrRequest] where they are away already.
func (b Bookings) Away(ctx context.Context, actor Actor, l Leaving, now time.Time) (done AbsenceAnswer, err error) {
	if err := l.Check(); err != nil {
		return done, err
	}
	t := &try{Bookings: b, actor: actor, how: l.How, now: now}
	err = b.Store.Change(ctx, Deed{"away", l.DryRun, now}, func(book Book) error {
		t.book = book
		err := asking{l.Key, l.asked()}.once(book,
			func() (id string, err error) {
				done, err = t.away(l.Absence)
				return done.ID, err
			},
			func(id string) (err error) {
				done, err = t.awayAlready(id)
				return err
			})
		if l.DryRun && !done.Already {
			done.ID = "" // it will be another one
		}
		return err
	})
	if err != nil {
		return AbsenceAnswer{}, fmt.Errorf("absence of %q: %w", l.Person, err)
	}
	return done, nil
}

func (t *try) away(a reservations.Absence) (done AbsenceAnswer, err error) {
	p, err := t.book.Person(a.Person)
	if err != nil {
		return done, err
	}
	a.Person = p.ID
	if err := t.free(a); err != nil {
		return done, err
	}
	done = AbsenceAnswer{Absence: a, DryRun: t.how.DryRun, Released: []reservations.Reservation{}, Kept: []reservations.Reservation{}, Desks: []string{}}
	if err := t.release(&done); err != nil {
		return done, err
	}
	ids := make([]string, len(done.Released))
	for i, r := range done.Released {
		ids[i] = r.ID
	}
	if done.Absence, err = t.book.PutAbsence(a, ids); err != nil {
		return done, err
	}
	return done, t.readOwned(&done)
}

// readOwned finds the desks of the person.
func (t *try) readOwned(done *AbsenceAnswer) error {
	owned, err := t.book.Owned(done.Person)
	for _, d := range owned {
		done.Desks = append(done.Desks, d.ID)
	}
	return err
}

// awayAlready tells of an absence that a key has made.
func (t *try) awayAlready(id string) (done AbsenceAnswer, err error) {
	done = AbsenceAnswer{Already: true, DryRun: t.how.DryRun, Released: []reservations.Reservation{}, Kept: []reservations.Reservation{}, Desks: []string{}}
	var released []string
	if done.Absence, released, err = t.book.Absence(id); err != nil {
		return done, err
	}
	for _, id := range released {
		r, err := t.book.Reservation(id)
		if err != nil && !errors.Is(err, reservations.ErrNotFound) {
			return done, err
		}
		if err == nil {
			done.Released = append(done.Released, r)
		}
	}
	sortByStart(done.Released)
	own, err := t.book.Own(done.Person, t.now)
	if err != nil {
		return done, err
	}
	for _, r := range own {
		if days, known := t.daysAt(r.Desk, done.Absence); known && days.Overlaps(r.Span) {
			done.Kept = append(done.Kept, r)
		}
	}
	return done, t.readOwned(&done)
}

// free makes sure that an absence is not over, and shares no day with another one.
func (t *try) free(a reservations.Absence) error {
	if over := t.now.UTC().AddDate(0, 0, -1).Format(time.DateOnly); a.Last < over { // by whichever clock
		return fmt.Errorf("%w: it would be over already, on %s", ErrRequest, a.Last)
	}
	others, err := t.book.Absences(a.Person, a.First)
	for _, o := range others {
		if o.First <= a.Last && o.Last >= a.First {
			return fmt.Errorf("%w: they are away from %s to %s already (absence %s): take that back first", ErrRequest, o.First, o.Last, o.ID)
		}
	}
	return err
}

// release cancels what an absence releases, and finds what stays.
func (t *try) release(done *AbsenceAnswer) error {
	own, err := t.book.Own(done.Person, t.now)
	for _, r := range own {
		days, known := t.daysAt(r.Desk, done.Absence)
		switch {
		case !known || !days.Overlaps(r.Span):
			continue
		case r.Series == "" || !r.Start.After(t.now) || r.Start.Before(days.Start) || r.End.After(days.End):
			done.Kept = append(done.Kept, r)
			continue
		}
		r.Status = reservations.Cancelled
		if r, err = t.book.Put(r); err != nil {
			return err
		}
		done.Released = append(done.Released, r)
	}
	return err
}

// daysAt are the days of an absence by the clock of a desk, unless that is not known any more.
func (t *try) daysAt(desk string, a reservations.Absence) (reservations.Span, bool) {
	d, err := t.book.Desk(desk)
	if err != nil {
		return reservations.Span{}, false
	}
	days, err := rules.DaysOf(a.First, a.Last, t.Rules(d).Location())
	return days, err == nil
}

// Return names an absence that is taken back, by the first digits of its id.
type Return struct {
	ID string
	How
}

// Back takes an absence back: the bookings that it has
// cancelled are booked again as far as their desks are free and the rules grant them, and what
// others have booked at the person's desks stays. The error is [ErrNoAbsence].
func (b Bookings) Back(ctx context.Context, actor Actor, r Return, now time.Time) (done AbsenceAnswer, err error) {
	t := &try{Bookings: b, actor: actor, how: r.How, now: now}
	err = b.Store.Change(ctx, Deed{"back", r.DryRun, now}, func(book Book) error {
		t.book = book
		done, err = t.back(r.ID)
		return err
	})
	if err != nil {
		return AbsenceAnswer{}, fmt.Errorf("take back absence %q: %w", r.ID, err)
	}
	return done, nil
}

func (t *try) back(id string) (done AbsenceAnswer, err error) {
	done = AbsenceAnswer{DryRun: t.how.DryRun, Released: []reservations.Reservation{}, Kept: []reservations.Reservation{}, Desks: []string{}}
	a, released, err := t.book.Absence(id)
	if err != nil {
		return done, err
	}
	done.Absence = a
	if err := t.book.DropAbsence(a.ID); err != nil {
		return done, err
	}
	owned, err := t.book.Owned(a.Person)
	if err != nil {
		return done, err
	}
	for _, d := range owned {
		done.Desks = append(done.Desks, d.ID)
		if err := t.guests(&done, d); err != nil {
			return done, err
		}
	}
	return done, t.restore(&done, released)
}

// guests finds who has booked a desk while its owner would have been away.
func (t *try) guests(done *AbsenceAnswer, d reservations.Desk) error {
	days, _ := t.daysAt(d.ID, done.Absence)
	days.Start = reservations.Latest(days.Start, t.now)
	if days.Empty() {
		return nil
	}
	all, err := t.book.Timeline(d.ID, days)
	for _, r := range all {
		if !reservations.SamePerson(r.Person, done.Person) {
			done.Guests = append(done.Guests, r)
		}
	}
	return err
}

// restore books again what an absence has cancelled.
func (t *try) restore(done *AbsenceAnswer, released []string) error {
	var all []reservations.Reservation
	for _, id := range released {
		r, err := t.book.Reservation(id)
		if errors.Is(err, reservations.ErrNotFound) || err == nil && (r.Status != reservations.Cancelled || !r.Start.After(t.now) || r.Person == "") {
			continue // it is over, or became another
		}
		if err != nil {
			return err
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil
	}
	sortByStart(all)
	var s state
	q, err := t.requestOf(all[0])
	if err == nil {
		err = s.read(t, q, spansOf(all))
	}
	for _, r := range all {
		if err == nil {
			err = t.restoreOne(done, &s, r)
		}
	}
	return err
}

func (t *try) restoreOne(done *AbsenceAnswer, s *state, r reservations.Reservation) error {
	q, err := t.requestOf(r)
	if errors.Is(err, reservations.ErrUnknownDesk) || errors.Is(err, reservations.ErrUnknownPerson) {
		done.Lost = append(done.Lost, Lost{r, []rules.Refusal{{Text: err.Error()}}})
		return nil
	}
	if err != nil {
		return err
	}
	against, err := s.against(q)
	if err != nil || len(against) > 0 {
		done.Lost = append(done.Lost, Lost{r, against})
		return err
	}
	r.Status = reservations.Confirmed
	if r, err = t.book.Put(r); err != nil {
		return err
	}
	s.granted(r)
	done.Released = append(done.Released, r)
	return nil
}

// Absences are those of a person, or of everyone for ”, that are not over.
func (b Bookings) Absences(ctx context.Context, person string, now time.Time) (all []reservations.Absence, err error) {
	err = b.Store.Read(ctx, func(book Reader) error {
		all, err = book.Absences(person, now.UTC().AddDate(0, 0, -1).Format(time.DateOnly))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list absences: %w", err)
	}
	return all, nil
}

// Series returns a series with its bookings, of every status. The error is
// [reservations.ErrNotFound].
func (b Bookings) Series(ctx context.Context, id string) (of reservations.Series, all []reservations.Reservation, err error) {
	err = b.Store.Read(ctx, func(book Reader) error {
		if of, err = book.Series(id); err != nil {
			return err
		}
		all, err = book.Occurrences(id)
		return err
	})
	return of, all, err
}
