package booking

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// Scope is how much of a series an operation on one of its occurrences is about. Those that
// are over stay as they are.
type Scope string

// The scopes. The zero value is the one occurrence, which stays in its series.
const (
	// Rest: the occurrence, and all behind it by their original starts.
	Rest Scope = "rest"
	// All: all occurrences.
	All Scope = "all"
)

// meant are the occurrences that are meant beside r, in the order of their original starts:
// those that are not over.
func (t *try) meant(r reservations.Reservation, scope Scope) ([]reservations.Reservation, error) {
	switch {
	case scope == "":
		return nil, nil
	case scope != Rest && scope != All:
		return nil, fmt.Errorf("%w: scope %q is not one of rest and all", ErrRequest, scope)
	case r.Series == "":
		return nil, fmt.Errorf("%w: it is not part of a series", ErrRequest)
	}
	all, err := t.book.Occurrences(r.Series)
	return slices.DeleteFunc(all, func(o reservations.Reservation) bool {
		return o.ID == r.ID || !o.End.After(t.now) || scope == Rest && o.Occurrence < r.Occurrence
	}), err
}

// more are those that are meant and count.
func (t *try) more(r reservations.Reservation, scope Scope) ([]reservations.Reservation, error) {
	all, err := t.meant(r, scope)
	all = slices.DeleteFunc(all, func(o reservations.Reservation) bool { return !counts(o) })
	for _, o := range all {
		if err = cmp.Or(err, t.how.allows(o)); err != nil {
			return nil, err
		}
	}
	return all, err
}

// counts reports whether a booking has its desk, or waits for it.
func counts(r reservations.Reservation) bool {
	return r.Status == reservations.Confirmed || r.Status == reservations.Conflict
}

// cancelMore takes back the occurrences that are meant beside r. What an absence has
// cancelled of them, and r, stays cancelled.
func (t *try) cancelMore(r reservations.Reservation, scope Scope) error {
	all, err := t.meant(r, scope)
	if err != nil {
		return err
	}
	var released []string
	for _, o := range append(all, r) {
		if o.Status == reservations.Cancelled && t.how.allows(o) == nil {
			released = append(released, o.ID)
		}
	}
	if err := t.book.StayCancelled(released); err != nil {
		return err
	}
	more, err := t.more(r, scope)
	for _, o := range more {
		o.Status = reservations.Cancelled
		if o, err = t.book.Put(o); err != nil {
			return err
		}
		t.answer.Others = append(t.answer.Others, o)
	}
	return err
}

// shift is what a change of one occurrence does to the others, on the wall clock: nine to ten
// o'clock is an hour, whatever clocks do that day.
type shift struct {
	desk       string // '' is the one it has
	zone       *time.Location
	start, end time.Duration
}

// shiftOf is the shift from before to after. A desk that is asked for is that of all, also
// where one of them is there already.
func shiftOf(before, after reservations.Reservation, desk string, zone *time.Location) shift {
	s := shift{
		desk: desk, zone: zone, start: rules.Wall(after.Start, zone).Sub(rules.Wall(before.Start, zone)),
		end: rules.Wall(after.End, zone).Sub(rules.Wall(before.End, zone)),
	}
	return s
}

// of is r as it becomes.
func (s shift) of(r reservations.Reservation) reservations.Reservation {
	r.Desk = cmp.Or(s.desk, r.Desk)
	r.Start, r.End = rules.At(rules.Wall(r.Start, s.zone).Add(s.start), s.zone), rules.At(rules.Wall(r.End, s.zone).Add(s.end), s.zone)
	return r
}

// alterMore changes before to after, and the occurrences that are meant beside it alike: all
// of them, or nothing. They are in each other's way only as they become.
func (t *try) alterMore(c Change, before, after reservations.Reservation) error {
	more, err := t.more(before, c.Scope)
	if err != nil {
		return err
	}
	d, err := t.book.Desk(after.Desk)
	if err != nil {
		return err
	}
	s := shiftOf(before, after, c.Desk, t.Rules(d).Location())
	var all []reservations.Reservation
	for _, o := range append(more, before) {
		if !reservations.SamePerson(o.Person, before.Person) {
			return fmt.Errorf("%w: reservation %s of the series is another person's: change it by itself", ErrRequest, o.ID)
		}
		to := s.of(o)
		if o.ID == after.ID {
			to = after
		}
		if to.Desk != o.Desk || !to.Span.Equal(o.Span) {
			all = append(all, to)
		}
	}
	back, err := t.shiftReleased(before, c.Scope, s)
	if err != nil {
		return err
	}
	all = append(all, back...)
	t.answer.Reservation, t.answer.Already = before, len(all)+len(t.answer.Others) == 0 // it may be as it is asked for
	if len(all) == 0 {
		return nil
	}
	sortByStart(all)
	if err := t.judgeAll(all); err != nil {
		return err
	}
	if s.start > 0 { // the last one first: it makes room for the one before
		slices.Reverse(all)
	}
	return t.putAll(all, after.ID)
}

// released are the occurrences meant beside r that absences have cancelled, and the absences by
// their ids.
func (t *try) released(r reservations.Reservation, scope Scope) ([]reservations.Reservation, map[string]reservations.Absence, error) {
	if r.Person == "" {
		return nil, nil, nil
	}
	by := make(map[string]reservations.Absence)
	away, err := t.book.Absences(r.Person, t.now.UTC().AddDate(0, 0, -1).Format(time.DateOnly))
	for _, a := range away {
		_, ids, gone := t.book.Absence(a.ID)
		for _, id := range ids {
			by[id] = a
		}
		err = cmp.Or(err, gone)
	}
	if err != nil || len(by) == 0 {
		return nil, nil, err
	}
	all, err := t.meant(r, scope)
	return slices.DeleteFunc(all, func(o reservations.Reservation) bool {
		return by[o.ID].ID == "" || o.Status != reservations.Cancelled || t.how.allows(o) != nil
	}), by, err
}

// shiftReleased changes what absences have cancelled as the others are changed, so that it
// comes back as those are. What is out of the absence's days then counts again: back is held
// against the rules with the others.
func (t *try) shiftReleased(r reservations.Reservation, scope Scope, s shift) (back []reservations.Reservation, err error) {
	all, by, err := t.released(r, scope)
	var ids []string
	for _, o := range all {
		to := s.of(o)
		if to.Desk == o.Desk && to.Span.Equal(o.Span) {
			continue
		}
		if days, known := t.daysAt(to.Desk, by[o.ID]); known && !days.Overlaps(to.Span) {
			to.Status = reservations.Confirmed
			back, ids = append(back, to), append(ids, to.ID)
			continue
		}
		if to, err = t.book.Put(to); err != nil {
			return nil, err
		}
		t.answer.Others = append(t.answer.Others, to)
	}
	return back, cmp.Or(err, t.book.StayCancelled(ids))
}

// judgeAll holds bookings of one person that change together against the rules, and adds what
// an operator wants even so to the answer.
func (t *try) judgeAll(all []reservations.Reservation) error {
	q, err := t.requestOf(all[0])
	if err != nil {
		return err
	}
	var s state
	ids := make(map[string]bool, len(all))
	for _, r := range all {
		ids[r.ID] = true
	}
	if err := s.read(t, q, spansOf(all)); err != nil {
		return err
	}
	s.forget(ids)
	for _, r := range all {
		q.Span, q.Of = r.Span, r.ID
		if q.Desk, err = t.book.Desk(r.Desk); err != nil {
			return err
		}
		if err := t.judgeOne(&s, q, r, t.whatOf(r, len(all), q.Desk)); err != nil {
			return err
		}
		s.granted(r)
	}
	return nil
}

// requestOf is a booking as it is asked for, at its desk and for its person.
func (t *try) requestOf(r reservations.Reservation) (q rules.Request, err error) {
	q = rules.Request{Of: r.ID, Span: r.Span}
	if q.Desk, err = t.book.Desk(r.Desk); err == nil && r.Person != "" {
		q.Person, err = t.book.Person(r.Person)
	}
	return q, err
}

// whatOf is what is being done, and with which of n bookings.
func (t *try) whatOf(r reservations.Reservation, n int, d reservations.Desk) string {
	if n == 1 {
		return t.what
	}
	return fmt.Sprintf("%s: of its series that of %s (reservation %s)", t.what, r.Start.In(t.Rules(d).Location()).Format("Mon 2006-01-02"), r.ID)
}

// judgeOne holds one of them against the rules; what says with which of them what is being done.
func (t *try) judgeOne(s *state, q rules.Request, r reservations.Reservation, what string) error {
	if err := r.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if !r.End.After(t.now) {
		return fmt.Errorf("%w: reservation %s would be over already, at %s", ErrRequest, r.ID, r.End.Format(time.RFC3339))
	}
	against, err := s.against(q)
	if err != nil || len(against) == 0 {
		return err
	}
	if against[0].Code != Taken && t.actor.Operator && t.how.EvenSo {
		t.answer.Despite = append(t.answer.Despite, against...)
		return nil
	}
	t.asked = q
	var cause error
	if against[0].Code == Taken {
		cause = reservations.ErrOverlap
	}
	return refuse(what, against, cause)
}

// putAll writes bookings that change together; id is the one that was named.
func (t *try) putAll(all []reservations.Reservation, id string) error {
	for _, r := range all {
		r, err := t.book.Put(r)
		if err != nil {
			return err
		}
		if r.ID == id {
			t.answer.Reservation = r
		} else {
			t.answer.Others = append(t.answer.Others, r)
		}
	}
	slices.SortFunc(t.answer.Others, func(a, b reservations.Reservation) int { return cmp.Compare(a.Occurrence, b.Occurrence) })
	return nil
}
