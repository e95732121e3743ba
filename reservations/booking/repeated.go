package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"deskd/reservations"
	"deskd/reservations/rules"
	"deskd/reservations/series"
	"time"
)

// OnConflict is what becomes of a series of which an occurrence cannot be booked.
type OnConflict string

// What may become of it. The zero value is Fail.
const (
	// Fail: nothing is booked.
	Fail OnConflict = "fail"
	// Skip: the other occurrences are booked.
	Skip OnConflict = "skip"
	// Nearest: it is booked at the nearest desk that is free and granted, else skipped.
	Nearest OnConflict = "nearest"
)

// SeriesWish is a series as it is asked for: its span is that of the first occurrence.
type SeriesWish struct {
	Wish
	Rule       string // an RRULE, with a COUNT or an UNTIL
	OnConflict OnConflict
}

// Outcome is what has become of an occurrence.
type Outcome string

// The outcomes.
const (
	Booked  Outcome = "booked"
	Moved   Outcome = "moved"   // booked at another desk
	Skipped Outcome = "skipped" // not booked, and the others were
	Failed  Outcome = "failed"  // not booked, so that nothing was
	// NotBooked could be booked, and was not because another failed.
	NotBooked Outcome = "not_booked"
	// Gone was booked before, with the same key, and does not count any more.
	Gone Outcome = "cancelled"
)

// Occurrence is one booking of a series.
type Occurrence struct {
	reservations.Reservation         // as it is then; of one that is not booked without an id
	Outcome                  Outcome `json:"outcome"`
	// Against is what stands, or has stood, against the booking at the desk of the series.
	Against []rules.Refusal `json:"against,omitempty"`
	// Beside are the person's bookings of other desks at the same time.
	Beside []reservations.Reservation `json:"beside,omitempty"`
}

// SeriesAnswer is what has been booked, or would have been.
type SeriesAnswer struct {
	Series      reservations.Series `json:"series"`
	Occurrences []Occurrence        `json:"occurrences"` // in their order
	Already     bool                `json:"already"`     // booked before, with the same key: occurrences are as they are now
	DryRun      bool                `json:"dry_run,omitempty"`
}

// Count is how many occurrences have one of these outcomes.
func (a SeriesAnswer) Count(outcomes ...Outcome) (n int) {
	for _, o := range a.Occurrences {
		for _, is := range outcomes {
			if o.Outcome == is {
				n++
			}
		}
	}
	return n
}

// Repeats writes series, and absences from them.
type Repeats interface {
	// PutSeries keeps a series, and returns it with its id, when it was made, and by whom.
	PutSeries(s reservations.Series) (reservations.Series, error)
	// PutNew books all, which have no ids yet, and returns them as they are then. The error
	// is [reservations.ErrOverlap] where another program's booking is in the way.
	PutNew(all []reservations.Reservation) ([]reservations.Reservation, error)
	Leave
}

// Check reports the first thing that makes w unusable, whatever the rules.
func (w SeriesWish) Check() error {
	switch w.OnConflict {
	case "", Fail, Skip, Nearest:
	default:
		return fmt.Errorf("on_conflict %q is not one of fail, skip and nearest", w.OnConflict)
	}
	if len(w.Rule) > 500 {
		return fmt.Errorf("a rule has at most 500 characters, and this one %d", len(w.Rule))
	}
	return w.Wish.Check()
}

// BookSeries books a desk again and again, in one transaction. The answer has each
// occurrence, also when the error is a [Refusal]: that of the first one that stands in the
// way of all, with the desks that are free then. Other errors are those of [Bookings.Book], and
// [series.ErrRule].
func (b Bookings) BookSeries(ctx context.Context, actor Actor, w SeriesWish, now time.Time) (SeriesAnswer, error) {
	if err := w.Check(); err != nil {
		return SeriesAnswer{}, err
	}
	t := &repeating{
		try:  try{Bookings: b, actor: actor, how: w.How, verb: "reserve", what: fmt.Sprintf("reserve desk %q", w.Desk), now: now},
		wish: w,
	}
	_, err := t.run(ctx, t.once)
	if _, refused := errors.AsType[*Refusal](err); err != nil && !refused {
		return SeriesAnswer{}, err
	}
	t.done.DryRun = w.DryRun
	for i := range t.done.Occurrences {
		if o := &t.done.Occurrences[i]; o.Outcome != Booked && o.Outcome != Moved && o.Outcome != Gone {
			o.Status = "" // it has none
		}
	}
	return t.done, err
}

// repeating is the booking of a series under way.
type repeating struct {
	try
	wish   SeriesWish
	rules  rules.Rules // of the desk
	done   SeriesAnswer
	failed int
	// request is that of the first occurrence, first that of the one that failed first.
	request, first rules.Request
	state
}

func (t *repeating) zone() *time.Location { return t.rules.Location() }

// once books the series, unless its key has done so. What a key is kept for is told by the
// desk, the rule, and what is done in a conflict, together.
func (t *repeating) once() error {
	t.done, t.failed = SeriesAnswer{}, 0
	asked := t.wish.reservation()
	asked.Desk += "\n" + t.wish.Rule + "\n" + string(t.wish.OnConflict)
	if t.wish.Key != "" {
		before, err := t.book.Keyed(t.wish.Key, asked)
		if errors.Is(err, reservations.ErrCancelled) { // one of them, and the others may count
			return t.again(before, err)
		}
		if err != nil || before.ID != "" {
			return cmp.Or(err, t.again(before, nil))
		}
	}
	if err := t.prepare(); err != nil {
		return err
	}
	if err := t.judge(); err != nil {
		return err
	}
	if err := t.write(); err != nil || t.wish.Key == "" {
		return err
	}
	for _, o := range t.done.Occurrences {
		if o.ID != "" {
			return t.book.Remember(t.wish.Key, o.ID, asked)
		}
	}
	return nil
}

// again answers with what a key has booked. Where none of it counts any more, gone is the
// error.
func (t *repeating) again(one reservations.Reservation, gone error) (err error) {
	if one.Series == "" {
		return gone
	}
	if t.done.Series, err = t.book.Series(one.Series); err != nil {
		return err
	}
	all, err := t.book.Occurrences(one.Series)
	for _, r := range all {
		o := Occurrence{Reservation: r, Outcome: Gone}
		if counts(r) {
			o.Outcome, gone = Booked, nil
		}
		t.done.Occurrences = append(t.done.Occurrences, o)
	}
	t.done.Already = true
	return cmp.Or(err, gone)
}

// prepare reads what all occurrences are held against, once.
func (t *repeating) prepare() error {
	d, err := t.book.Desk(t.wish.Desk)
	if err != nil {
		return err
	}
	q := rules.Request{Desk: d, Span: t.wish.Span.UTC()}
	if t.wish.Person != "" {
		if q.Person, err = t.book.Person(t.wish.Person); err != nil {
			return err
		}
	}
	if !q.End.After(t.now) {
		return fmt.Errorf("%w: the first booking would be over already, at %s", ErrRequest, q.End.Format(time.RFC3339))
	}
	t.rules = t.Rules(d)
	spans, err := series.Repeated{Rule: t.wish.Rule, First: q.Span, Zone: t.zone(), Last: t.now.Add(reservations.Longest)}.Occurrences()
	if err != nil {
		return err
	}
	t.request = q
	if err := t.state.read(&t.try, q, spans); err != nil {
		return err
	}
	t.done.Series = reservations.Series{
		Desk: d.ID, Person: q.Person.ID, Rule: t.wish.Rule, Note: t.wish.Note, Zone: t.zone().String(),
		Starts: q.Start.In(t.zone()).Format(reservations.WallLayout), Ends: q.End.In(t.zone()).Format(reservations.WallLayout),
	}
	for _, s := range spans {
		r := t.wish.reservation()
		r.Desk, r.Person, r.Span, r.Occurrence = d.ID, q.Person.ID, s, OccurrenceAt(s.Start)
		t.done.Occurrences = append(t.done.Occurrences, Occurrence{Reservation: r})
	}
	return nil
}

// OccurrenceAt is how the original start of a reservation is kept: in the order of time.
func OccurrenceAt(start time.Time) string { return start.UTC().Format("20060102T150405Z") }

// judge decides about each occurrence, in their order: those that are granted count for the
// next.
func (t *repeating) judge() error {
	for i := range t.done.Occurrences {
		o := &t.done.Occurrences[i]
		q := t.request
		q.Span = o.Span
		if err := t.judgeOne(o, q); err != nil {
			return err
		}
		if o.Outcome == Booked || o.Outcome == Moved {
			t.granted(o.Reservation)
			continue
		}
		if t.failed++; t.failed == 1 {
			t.first = q
		}
	}
	if t.failed > 0 && (cmp.Or(t.wish.OnConflict, Fail) == Fail || t.failed == len(t.done.Occurrences)) {
		return t.refuse()
	}
	return nil
}

func (t *repeating) judgeOne(o *Occurrence, q rules.Request) (err error) {
	o.Outcome, o.Beside = Booked, t.beside(q)
	if o.Against, err = t.against(q); err != nil || len(o.Against) == 0 {
		return err
	}
	if o.Against[0].Code != Taken && t.actor.Operator && t.how.EvenSo {
		return nil
	}
	return t.elsewhere(o, q)
}

// elsewhere decides about an occurrence that cannot be booked as it is asked for.
func (t *repeating) elsewhere(o *Occurrence, q rules.Request) error {
	o.Outcome = Skipped
	switch t.wish.OnConflict {
	case Nearest:
		d, err := t.nearestFree(q)
		if err != nil || d == "" {
			return err
		}
		o.Outcome, o.Desk = Moved, d
	case Skip:
	default:
		o.Outcome = Failed
	}
	return nil
}

// refuse says that nothing is booked, for what stands against the first that failed.
func (t *repeating) refuse() error {
	var against []rules.Refusal
	for i := range t.done.Occurrences {
		switch o := &t.done.Occurrences[i]; {
		case o.Outcome != Failed && o.Outcome != Skipped:
			o.Outcome = NotBooked
		case against == nil:
			against = o.Against
			fallthrough
		default:
			o.Outcome = Failed
		}
	}
	var cause error
	if against[0].Code == Taken {
		cause = reservations.ErrOverlap
	}
	what := fmt.Sprintf("reserve desk %q: %d of %d bookings cannot be made, first that of %s", t.first.Desk.ID, t.failed, len(t.done.Occurrences),
		t.first.Start.In(t.zone()).Format("Mon 2006-01-02"))
	refusal := refuse(what, against, cause)
	refusal.Desk = t.first.Desk.ID
	desks, err := t.nearest(t.first) // beside the others of the series
	for _, d := range desks[:min(fewDesks, len(desks))] {
		refusal.Alternatives = append(refusal.Alternatives, Alternative{d.ID, t.first.Span})
	}
	return cmp.Or(err, error(refusal))
}

// write books what is granted.
func (t *repeating) write() (err error) {
	if t.done.Series, err = t.book.PutSeries(t.done.Series); err != nil {
		return err
	}
	var rows []reservations.Reservation
	for _, o := range t.done.Occurrences {
		if o.Outcome != Skipped {
			o.Series = t.done.Series.ID
			rows = append(rows, o.Reservation)
		}
	}
	if rows, err = t.book.PutNew(rows); err != nil {
		return err
	}
	for i := range t.done.Occurrences {
		if o := &t.done.Occurrences[i]; o.Outcome != Skipped {
			o.Reservation, rows = rows[0], rows[1:]
		}
		if t.how.DryRun { // they will be others
			t.done.Occurrences[i].ID, t.done.Occurrences[i].Series = "", ""
		}
	}
	if t.how.DryRun {
		t.done.Series.ID = ""
	}
	return nil
}
