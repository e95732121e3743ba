package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// The sources of evidence that are deskd's own.
const (
	// ByLogin: the person's own login at the desk's phone was seen.
	ByLogin = "login"
	// ByCLI: deskd check-in.
	ByCLI = "cli"
)

// The codes of refusals of check-ins.
const (
	// NotYet: it is too early to check in.
	NotYet rules.Code = "not_yet"
	// OfNobody: the booking is nobody's, so that nobody can come.
	OfNobody rules.Code = "of_nobody"
)

// Evidence is what says that the person of a booking has come.
type Evidence struct {
	Source string    `json:"source"`
	At     time.Time `json:"at"`
}

// Arrivals is what says who has come.
type Arrivals interface {
	// Evidence is that of some bookings, by their ids, in the order of time.
	Evidence(ids []string) (map[string][]Evidence, error)
}

// Witness writes down who has come.
type Witness interface {
	// Arrived keeps evidence of a booking. What is kept already stays as it is.
	Arrived(id string, e Evidence) error
}

// Arrival is a booking whose person has to come, from when on that counts, and what says
// that they have.
type Arrival struct {
	reservations.Reservation
	From     time.Time `json:"from"`
	Due      time.Time `json:"-"`        // from then on they have the time that the rules give
	Deadline time.Time `json:"deadline"` // it is released then, unless they come
	// Evidence is what counts. Empty: they have not come.
	Evidence []Evidence `json:"evidence"`
}

// Came reports whether they have.
func (a Arrival) Came() bool { return len(a.Evidence) > 0 }

// arrival is what is asked of a booking at a desk, and whether anything is.
func (b Bookings) arrival(d reservations.Desk, r reservations.Reservation) (a Arrival, asked bool) {
	c, asked := b.Rules(d).Coming(r)
	return Arrival{Reservation: r, From: c.Start, Due: c.Due, Deadline: c.End, Evidence: []Evidence{}}, asked
}

// Arrivals are the bookings of a place whose people can check in now: those that are not over and
// have begun, or begin soon, where something is asked of them.
func (b Bookings) Arrivals(ctx context.Context, place Place, now time.Time) (found []Arrival, err error) {
	found = []Arrival{}
	err = b.Store.Read(ctx, func(book Reader) error {
		standing, err := book.Around(place, now)
		if err != nil {
			return err
		}
		for _, s := range standing {
			for _, r := range s.Near {
				if a, asked := b.arrival(s.Desk, r); asked && !now.Before(a.From) && r.End.After(now) {
					found = append(found, a)
				}
			}
		}
		found, err = counted(book, found...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who has come: %w", err)
	}
	slices.SortStableFunc(found, func(x, y Arrival) int { return x.Deadline.Compare(y.Deadline) })
	return found, nil
}

// counted are arrivals with what says that their people have come.
func counted(book Reader, all ...Arrival) ([]Arrival, error) {
	ids := make([]string, 0, len(all))
	for _, a := range all {
		ids = append(ids, a.ID)
	}
	known, err := book.Evidence(ids)
	told := make([]Arrival, 0, len(all))
	for _, a := range all {
		for _, e := range known[a.ID] {
			if !e.At.Before(a.From) {
				a.Evidence = append(a.Evidence, e)
			}
		}
		told = append(told, a)
	}
	return told, err
}

// Presence says that the person of a booking has come.
type Presence struct {
	ID     string // of the booking
	Source string
	At     time.Time // zero: now
	How              // of it, EvenSo changes nothing: no rule is against coming
}

// ArrivalAnswer is what has become of a check-in, or of a release.
type ArrivalAnswer struct {
	Arrival
	// Asked says that the booking would be released without it.
	Asked   bool `json:"asked"`
	Already bool `json:"already"` // there was evidence before
	DryRun  bool `json:"dry_run,omitempty"`
}

// CheckIn keeps that the person of a booking has come: evidence. It counts from shortly before the
// booking, as the rules say, until its end: also after the deadline, while it is not released.
func (b Bookings) CheckIn(ctx context.Context, actor Actor, p Presence, now time.Time) (done ArrivalAnswer, err error) {
	t := &try{Bookings: b, actor: actor, how: p.How, verb: "check-in", what: fmt.Sprintf("check in for reservation %q", p.ID), now: now}
	_, err = t.run(ctx, func() error {
		done = ArrivalAnswer{DryRun: p.DryRun}
		if done.Arrival, done.Asked, err = t.expected(p.ID); err != nil {
			return err
		}
		at := p.At
		if at.IsZero() {
			at = now
		}
		if at.Before(done.From) {
			refusal := refuseChange(t.what, NotYet, fmt.Sprintf("it begins %s, and one can check in from %s on", done.Start.Format(time.RFC3339), done.From.Format(time.RFC3339)))
			refusal.Until = done.From
			return refusal
		}
		done.Already = done.Came()
		e := Evidence{p.Source, at.UTC().Truncate(time.Millisecond)}
		if !slices.Contains(done.Evidence, e) {
			done.Evidence = append(done.Evidence, e)
		}
		return t.book.Arrived(done.ID, e)
	})
	if err != nil {
		return ArrivalAnswer{}, err
	}
	return done, nil
}

// expected is what is asked of a booking that counts and is not over.
func (t *try) expected(id string) (a Arrival, asked bool, err error) {
	r, err := t.book.Reservation(id)
	if err == nil {
		err = t.how.allows(r)
	}
	switch {
	case err != nil:
		return a, false, err
	case r.Status != reservations.Confirmed:
		return a, false, gone(r)
	case !r.End.After(t.now):
		return a, false, refuseChange(t.what, Over, fmt.Sprintf("it was over at %s", r.End.Format(time.RFC3339)))
	case r.Person == "":
		return a, false, refuseChange(t.what, OfNobody, "it names nobody who could come")
	}
	d, err := t.book.Desk(r.Desk)
	if err != nil {
		return a, false, err
	}
	a, asked = t.arrival(d, r)
	told, err := counted(t.book, a)
	return told[0], asked, err
}

// releasedAt begins why a booking was released.
const releasedAt = "released at "

// WasReleased reports whether a booking was released because nobody had come.
func WasReleased(r reservations.Reservation) bool { return strings.HasPrefix(r.Why, releasedAt) }

// Release ends a booking to which nobody has come by its deadline: now, so that its past
// stays true. A calendar's is cancelled, for the calendar would bring back one that was cut
// short. It reads again whether they came, and releases nobody who did, or of whom nothing
// is asked any more: then it is answered with Already.
func (b Bookings) Release(ctx context.Context, actor Actor, id string, now time.Time) (done ArrivalAnswer, err error) {
	t := &try{Bookings: b, actor: actor, verb: "release", what: fmt.Sprintf("release reservation %q", id), now: now}
	_, err = t.run(ctx, func() error {
		done = ArrivalAnswer{}
		if done.Arrival, done.Asked, err = t.expected(id); err != nil {
			return err
		}
		if done.Already = !done.Asked || done.Came() || now.Before(done.Deadline); done.Already {
			return nil
		}
		r := done.Reservation
		end := nextSecond(now)
		r.Why = fmt.Sprintf(releasedAt+"%s: nobody had checked in by %s", end.Format(time.RFC3339), done.Deadline.Format(time.RFC3339))
		if strings.HasPrefix(r.Source, reservations.FeedSource("")) || !end.Before(r.End) {
			r.Status = reservations.Cancelled
		} else {
			r.End = end
		}
		done.Reservation, err = t.book.Put(r)
		return err
	})
	if err != nil {
		return ArrivalAnswer{}, err
	}
	return done, nil
}
