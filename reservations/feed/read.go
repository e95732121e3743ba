package feed

import (
	"cmp"
	"fmt"
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
	// no two overlap on a desk. Person is empty where the calendar of a desk
	// (a fixed desk) does not say who has it.
	Reservations []reservations.Reservation
}

// Occurrences reads a feed and expands it inside window. The error refuses the
// feed as a whole ([ErrEmpty], [ErrHTML], [ErrJSON], [ErrNotCalendar],
// [ErrTruncated], [ErrTooLarge], or a limit it exceeds); single events that are
// not understood are in Problems. Zone must not be nil.
func Occurrences(data []byte, window reservations.Span, zone *time.Location) (Reading, error) {
	if window.Empty() || zone == nil {
		return Reading{}, fmt.Errorf("read calendar: the window is empty or the site has no zone")
	}
	var log report
	out, err := occurrences(data, newExpander(window, zone, &log))
	if err != nil {
		return Reading{}, err
	}
	return Reading{out, log.problems.all(true), log.notes.all(false)}, nil
}

func occurrences(data []byte, x *expander) ([]Occurrence, error) {
	if err := decode(data, x.log, x.add); err != nil {
		return nil, fmt.Errorf("read calendar: %w", err)
	}
	out, err := x.all()
	if err != nil {
		return nil, fmt.Errorf("read calendar: %w", err)
	}
	return out, nil
}

// Read reads a feed and resolves its occurrences to reservations. Its errors
// are those of [Occurrences]; an occurrence that names no desk or person that
// the directory and the feed's rules allow is in Problems.
func Read(data []byte, o Options) (Result, error) {
	if o.Window.Empty() || o.Zone == nil || o.Directory == nil {
		return Result{}, fmt.Errorf("read calendar: the window is empty, or the site has no zone, or there is no directory")
	}
	var log report
	out, err := occurrences(data, newExpander(o.Window, o.Zone, &log))
	if err != nil {
		return Result{}, err
	}
	r := reader{id: newIdentifier(o.Feed, o.Directory), log: &log, body: o.body, source: reservations.FeedSource(o.Feed.Name), known: make(map[*Event]identity)}
	for _, occurrence := range out {
		r.resolve(occurrence)
	}
	kept := r.settle()
	return Result{Reading{out, log.problems.all(true), log.notes.all(false)}, kept}, nil
}

// reader turns occurrences into claims on desks.
type reader struct {
	id     *identifier
	log    *report
	source string
	body   Body
	known  map[*Event]identity
	claims []claim
}

// identity is what an event names; all its occurrences name the same.
type identity struct {
	desks  []string
	missed []*miss // texts that are no desk
	person string
	nobody *miss // why there is no person
}

// claim is a desk an occurrence wants and another of the feed may have.
type claim struct {
	Occurrence
	desk, person string
}

// resolve finds desk and person of one occurrence.
func (r *reader) resolve(o Occurrence) {
	if o.Free {
		return
	}
	defer func() {
		if cause := recover(); cause != nil {
			r.lose(o, &miss{fmt.Sprintf("the event broke the reader: %v", cause), "please report this with the event's text"})
		}
	}()
	if o.Empty() {
		r.lose(o, &miss{"the event has no length", "give it an end"})
		return
	}
	i := r.identity(o.Event)
	for _, m := range i.missed {
		r.missedDesk(o, m, len(i.desks) > 0)
	}
	if len(i.desks) == 0 {
		return
	}
	if i.nobody != nil {
		r.lose(o, i.nobody)
		// The calendar of one desk says at least that the desk is taken.
		if r.id.rules.Desk.From != reservations.FromFixed {
			return
		}
	}
	for _, desk := range i.desks {
		r.claim(claim{o, desk, i.person})
	}
}

func (r *reader) identity(e *Event) identity {
	i, ok := r.known[e]
	if !ok {
		i.desks, i.missed = r.id.desks(e)
		if len(i.desks) > 0 {
			i.person, i.nobody = r.id.person(e)
		}
		r.known[e] = i
	}
	return i
}

// missedDesk reports a desk that was not found. Beside one that was, it is only
// noted: "4.12; 3rd floor" is booked.
func (r *reader) missedDesk(o Occurrence, m *miss, found bool) {
	if found {
		r.log.note(o.Line, o.UID, m.what, m.hint)
		return
	}
	r.lose(o, m)
}

func (r *reader) claim(c claim) {
	if m := r.id.allowed(c.desk); m != nil {
		r.lose(c.Occurrence, m)
		return
	}
	if err := r.reservation(c).Check(); err != nil {
		r.lose(c.Occurrence, &miss{err.Error(), ""})
		return
	}
	r.claims = append(r.claims, c)
}

func (r *reader) reservation(c claim) reservations.Reservation {
	return reservations.Reservation{
		Desk: c.desk, Person: c.person, Span: c.Span, Status: reservations.Confirmed,
		Source: r.source, UID: c.UID, Occurrence: c.Recurrence, Line: c.Line,
	}
}

func (r *reader) lose(o Occurrence, m *miss) {
	r.log.problem(reservations.Problem{Line: o.Line, UID: o.UID, Start: o.Start, What: m.what, Hint: m.hint})
}

// maxClaims is the most a feed may book of one desk in a window.
const maxClaims = 5_000

// settle keeps, of claims on one desk at one time, the one created first (the
// one further up the feed where that is not said) and reports the others.
func (r *reader) settle() []reservations.Reservation {
	slices.SortFunc(r.claims, older)
	taken := make(map[string][]int) // per desk the claims that stand, by start
	stand := 0
	for i, c := range r.claims {
		have := taken[c.desk]
		at, _ := slices.BinarySearchFunc(have, c, func(k int, c claim) int { return r.claims[k].Start.Compare(c.Start) })
		near := have[max(0, at-1):min(len(have), at+1)]
		rival := slices.IndexFunc(near, func(k int) bool { return r.claims[k].Overlaps(c.Span) })
		switch {
		case rival >= 0:
			r.lose(c.Occurrence, &miss{
				fmt.Sprintf("desk %q is taken by the event %s in that time", c.desk, r.body.where(r.claims[near[rival]].Line)),
				"move or delete one of the two",
			})
		case len(have) == maxClaims:
			r.lose(c.Occurrence, &miss{fmt.Sprintf("more than %d bookings of desk %q", maxClaims, c.desk), ""})
		default:
			taken[c.desk] = slices.Insert(have, at, i)
			stand++
		}
	}
	return r.standing(taken, stand)
}

// older orders claims by age; those of unknown age come last.
func older(a, b claim) int {
	switch {
	case a.Created.Equal(b.Created):
		return cmp.Or(cmp.Compare(a.Line, b.Line), a.Start.Compare(b.Start), cmp.Compare(a.desk, b.desk))
	case a.Created.IsZero():
		return 1
	case b.Created.IsZero():
		return -1
	}
	return a.Created.Compare(b.Created)
}

// standing lists the n claims of all desks in the order of a calendar.
func (r *reader) standing(taken map[string][]int, n int) []reservations.Reservation {
	order := make([]int, 0, n)
	for _, claims := range taken {
		order = append(order, claims...)
	}
	slices.SortFunc(order, func(i, k int) int {
		a, b := &r.claims[i], &r.claims[k]
		if n := a.Start.Compare(b.Start); n != 0 {
			return n
		}
		return cmp.Compare(a.desk, b.desk)
	})
	kept := make([]reservations.Reservation, 0, n)
	for _, i := range order {
		kept = append(kept, r.reservation(r.claims[i]))
	}
	return kept
}
