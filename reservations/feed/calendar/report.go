package calendar

import (
	"cmp"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

// maxReported bounds the list of problems and that of notes: a hostile feed has
// something to complain about in every line.
const maxReported = 10_000

// Report collects problems (an event was lost) and notes (an event was kept,
// but something about it is odd). The same text about the same line is kept
// once and counted, so that a series does not report each of its occurrences.
type Report struct {
	Problems, Notes entries
	nameless        bool // an event was lost of which not even the UID is known
}

type entries struct {
	list   []reservations.Problem
	more   []int // how often each of list was met again
	seen   map[entryKey]int
	lost   int   // beyond maxReported
	marked bool  // what is met again is written down
	again  []int // of list, since the mark
}

// checkpoint is a place in a report to go back to.
type checkpoint [2]struct{ listed, lost int }

// mark begins what may be undone, until the next mark.
func (r *Report) mark() (m checkpoint) {
	for i, e := range []*entries{&r.Problems, &r.Notes} {
		e.marked, e.again = true, e.again[:0]
		m[i].listed, m[i].lost = len(e.list), e.lost
	}
	return m
}

// undo takes back what was reported since m, which is the last mark.
func (r *Report) undo(m checkpoint) {
	for i, e := range []*entries{&r.Problems, &r.Notes} {
		for _, at := range e.again {
			e.more[at]--
		}
		for _, p := range e.list[m[i].listed:] {
			delete(e.seen, keyOf(p))
		}
		e.list, e.more, e.lost = e.list[:m[i].listed], e.more[:m[i].listed], m[i].lost
	}
}

func keyOf(p reservations.Problem) entryKey { return entryKey{p.Line, p.UID, p.What} }

type entryKey struct {
	line      int
	uid, what string
}

// full reports whether one more would only be counted, and counts it: what it
// says need not be put into words.
func (e *entries) full() bool {
	if len(e.list) < maxReported {
		return false
	}
	e.lost++
	return true
}

func (e *entries) Add(p reservations.Problem) {
	key := keyOf(p)
	if at, ok := e.seen[key]; ok {
		e.more[at]++
		if e.marked {
			e.again = append(e.again, at)
		}
		return
	}
	if len(e.list) >= maxReported {
		e.lost++
		return
	}
	if e.seen == nil {
		e.seen = make(map[entryKey]int)
	}
	e.seen[key] = len(e.list)
	e.list = append(e.list, p)
	e.more = append(e.more, 0)
}

// All returns the entries in the order they were met; counted adds how many
// occurrences of a series each stands for.
func (e *entries) All(counted bool) []reservations.Problem {
	var out []reservations.Problem
	for i, p := range e.list {
		if n := e.more[i]; n > 0 && counted {
			p.What += fmt.Sprintf(" (and %d more of the series)", n)
		}
		out = append(out, p)
	}
	if e.lost > 0 {
		out = append(out, reservations.Problem{What: fmt.Sprintf("%d more are not listed", e.lost)})
	}
	return out
}

// Problem reports the loss of an event, or of a part of it.
func (r *Report) Problem(p reservations.Problem) { r.Problems.Add(p) }

func (r *Report) note(line int, uid, what, hint string) {
	r.Notes.Add(reservations.Problem{Line: line, UID: uid, What: what, Hint: hint})
}

// odd is a note of no event that is known.
func (r *Report) odd(line int, format string, args ...any) {
	if !r.Notes.full() {
		r.note(line, "", fmt.Sprintf(format, args...), "")
	}
}

// strange reports what may hide an event of which nothing is known.
func (r *Report) strange(line int, what, hint string) {
	r.nameless = true
	r.Problem(reservations.Problem{Line: line, What: what, Hint: hint + "; " + glimpse{}.hint()})
}

// tell is a note that the feed's owner should see without asking for it.
func (r *Report) tell(line int, uid, what, hint string) {
	r.Notes.Add(reservations.Problem{Line: line, UID: uid, What: what, Hint: hint, Note: true})
}

// Label says to people which event a problem is of.
func (d *Event) Label(p *reservations.Problem) {
	if !d.Private {
		p.Title, p.Organizer = ical.Clip(d.Summary), ical.Clip(cmp.Or(d.Organizer.Name, d.Organizer.Address))
	}
}

// lose reports the loss of the event e. seen is what it says besides its time, nil where
// that could not be read.
func (r *Report) lose(e *event, why ical.Fault, hint string, seen *Event) {
	p := reservations.Problem{Line: why.Line, UID: e.id(), What: why.Error(), Hint: hint, Excess: excessive(why.Err)}
	if seen != nil {
		seen.Label(&p)
	}
	if e.start.UTC { // other zones may be what is wrong with it
		p.Start = time.Unix(int64(e.start.Wall), 0).UTC()
	}
	r.Problem(p)
}
