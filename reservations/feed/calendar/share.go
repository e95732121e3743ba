package calendar

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"slices"

	"deskd/reservations/feed/ical"
)

// allowance is what a series may use in one turn. After the last there is none.
type allowance struct {
	occurrences, work int
	last              bool
}

// allowances are those of the turns, one after the other.
func (x *expander) allowances() []allowance {
	days := int(min((x.to-x.from)/ical.DaySeconds+2, 1000))
	return []allowance{
		{occurrences: min(days+10, maxSeries), work: 3 * days},
		{occurrences: maxSeries, work: max(4_000, 6*days)},
		{occurrences: maxSeries, work: maxSeriesWork, last: true},
	}
}

// turn is a series that waits for its turn: by its first record, its organizer, and
// how many of that one wait.
type turn struct {
	first    int32
	among    int32
	writer   uint64
	deskless bool
}

// last is 1 of a turn behind all others.
func (t turn) last() int {
	if t.deskless {
		return 1
	}
	return 0
}

// tally is what an organizer's events have used.
type tally struct{ occurrences, work int32 }

// share expands every series. Its error refuses the feed.
func (x *expander) share() error {
	turns := x.allowances()
	many := x.names != nil && x.repeating()*turns[0].occurrences > maxOccurrences/2
	var waiting []turn
	for n := int32(1); n < x.shelf.n; n++ {
		r := x.shelf.record(n)
		if r.chained || r.level != whole && r.next == 0 && !r.unread {
			continue // it cannot touch the window, and nothing changes it
		}
		t := turn{first: n, writer: x.writerOf(r), deskless: many && r.several() && !x.namesDesk(r)}
		later, err := x.first(t, turns[0])
		if err != nil {
			return err
		}
		if later {
			waiting = append(waiting, t)
		}
	}
	for _, a := range turns[1:] {
		var err error
		if waiting, err = x.again(waiting, a); err != nil {
			return err
		}
	}
	return nil
}

// first gives a series its first turn, or lets it wait for its second at once.
func (x *expander) first(t turn, a allowance) (later bool, err error) {
	if t.deskless || x.crowded() && x.shelf.record(t.first).several() {
		return true, nil
	}
	return x.expand(t, a)
}

// several reports whether there may be several instances of the event, or several events.
func (r *record) several() bool { return r.repeats || r.next != 0 }

// repeating is how many events begin a series.
func (x *expander) repeating() (series int) {
	for n := int32(1); n < x.shelf.n; n++ {
		if r := x.shelf.record(n); r.repeats && !r.chained {
			series++
		}
	}
	return series
}

// namesDesk reports whether any event of a series names a desk, as the feed's rules tell.
func (x *expander) namesDesk(r *record) bool {
	for {
		e := event{record: r, text: x.shelf.text(r)}
		if len(x.glimpse(describe(&e, &x.prop)).desks) > 0 {
			return true
		}
		if r.next == 0 {
			return false
		}
		r = x.shelf.record(r.next)
	}
}

// again gives the series that wait another turn, and returns those that wait still.
func (x *expander) again(waiting []turn, a allowance) ([]turn, error) {
	queue(waiting)
	still := waiting[:0]
	for _, t := range waiting {
		later, err := x.expand(t, a)
		if err != nil {
			return nil, err
		}
		if later {
			still = append(still, t)
		}
	}
	return still, nil
}

// crowded reports whether half of the feed's room is gone: what repeats waits then.
func (x *expander) crowded() bool {
	return len(x.out) >= maxOccurrences/2 || x.work.Total <= maxFeedWork/2
}

// queue puts series first whose organizer has few that wait.
func queue(waiting []turn) {
	count := make(map[uint64]int32)
	for _, t := range waiting {
		count[t.writer]++
	}
	for i := range waiting {
		if waiting[i].among = 1; waiting[i].writer != 0 {
			waiting[i].among = count[waiting[i].writer]
		}
	}
	slices.SortStableFunc(waiting, func(a, b turn) int {
		return cmp.Or(cmp.Compare(a.last(), b.last()), cmp.Compare(a.among, b.among))
	})
}

// writerOf tells the organizer of an event from others, 0 for none.
func (x *expander) writerOf(r *record) uint64 {
	for text := x.shelf.text(r); len(text) > 0; {
		var n ical.Name
		var rest []byte
		if n, _, rest, text = text.Next(); n != ical.PropOrganizer {
			continue
		}
		if x.prop.Name = n; x.prop.Split(rest) != nil {
			return 0
		}
		x.folded = append(x.folded[:0], bytes.TrimSpace(x.prop.Value)...)
		for i, c := range x.folded {
			if c >= 'A' && c <= 'Z' {
				x.folded[i] = c + 'a' - 'A'
			}
		}
		return maphash.Bytes(x.shelf.seed, x.folded) | 1
	}
	return 0
}

// grant gives the series of t what a allows, and what its organizer has left.
func (x *expander) grant(t turn, a allowance) {
	x.allowed, x.room, x.full = a, a.occurrences, errSeries
	x.work.Series, x.work.OverSeries = a.work, errSeriesWork
	if t.writer == 0 {
		return
	}
	had := x.had[t.writer]
	if left := maxWriter - int(had.occurrences); left <= x.room {
		x.room, x.full = left, errWriter
	}
	if left := maxWriterWork - int(had.work); left <= x.work.Series {
		x.work.Series, x.work.OverSeries = left, errWriterWork
	}
}

// grantShared gives several events with one UID more, at their last turn.
func (x *expander) grantShared() {
	if x.allowed.last && errors.Is(x.full, errSeries) {
		x.room = maxWriter
	}
	if x.allowed.last && errors.Is(x.work.OverSeries, errSeriesWork) {
		x.work.Series = max(x.work.Series, maxWriterWork)
	}
}

// charge counts what t has used: occurrences, and work since feed was left of it.
func (x *expander) charge(t turn, occurrences, feed int) {
	if t.writer == 0 {
		return
	}
	if x.had == nil {
		x.had = make(map[uint64]tally)
	}
	had := x.had[t.writer]
	had.occurrences += int32(occurrences)                                          //nolint:gosec // at most maxOccurrences
	had.work += int32(min(max(0, feed-x.work.Total), math.MaxInt32/2-maxFeedWork)) //nolint:gosec // likewise
	x.had[t.writer] = had
}

// waits reports whether err is that of a series that wants more than this turn
// allows, and has another.
func (x *expander) waits(err error) bool {
	return !x.allowed.last && (errors.Is(err, errSeries) || errors.Is(err, errSeriesWork))
}

// culprit says by whom most events are, for a feed that is refused as a whole; "" if
// most have no organizer, or are private.
func (x *expander) culprit() string {
	count, top, first := make(map[uint64]int), uint64(0), int32(0)
	for n := int32(1); n < x.shelf.n; n++ {
		if w := x.writerOf(x.shelf.record(n)); w != 0 {
			if count[w]++; count[w] > count[top] {
				top, first = w, n
			}
		}
	}
	if top == 0 || 2*count[top] < int(x.shelf.n) {
		return ""
	}
	e := event{record: x.shelf.record(first)}
	e.text = x.shelf.text(e.record)
	d := describe(&e, &x.prop)
	if d.Private {
		return ""
	}
	return fmt.Sprintf("; %d of its events are by %s", count[top], ical.Clip(cmp.Or(d.Organizer.Name, d.Organizer.Address)))
}
