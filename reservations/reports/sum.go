package reports

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// Sum adds up what is reported. Nothing of it is safe for concurrent use.
type Sum struct {
	asked       Asked
	first, last string
	now         time.Time
	since       Since
	lines       map[key]*line
	openings    map[string][]opened // by desk
}

// key is what tells lines apart.
type key struct {
	Place
	weekday Weekday
}

// line is one that is added up.
type line struct {
	Line
	late []time.Duration
}

// New begins a report on desks, which are those of the places asked for, with what is known
// since when.
func New(asked Asked, since Since, desks []Desk, now time.Time) *Sum {
	s := &Sum{asked: asked, since: since, now: now, lines: make(map[key]*line), openings: make(map[string][]opened)}
	s.first, s.last = asked.days()
	for _, d := range desks {
		s.open(d)
	}
	return s
}

// at is the line of what is at a place on a day.
func (s *Sum) at(p Place, day string) *line {
	k := key{s.asked.of(p), s.asked.weekday(day)}
	if s.lines[k] == nil {
		s.lines[k] = &line{Line: Line{Place: k.Place, Weekday: k.weekday}}
	}
	return s.lines[k]
}

// holds reports whether a day is one of those asked for.
func (s *Sum) holds(day string) bool { return day >= s.first && day <= s.last }

// AddKept adds counts of what retention has removed. They are of whole sites: a report on parts
// of one does without.
func (s *Sum) AddKept(k Kept) {
	if s.asked.Floor != "" || s.asked.By != BySite && s.asked.By != "" || !s.holds(k.Day) {
		return
	}
	l := s.at(Place{Site: k.Site}, k.Day)
	l.Bookings, l.Minutes, l.Cancelled, l.Nameless = l.Bookings+k.Bookings, l.Minutes+k.Minutes, l.Cancelled+k.Cancelled, l.Nameless+k.Bookings+k.Cancelled
}

// AddBooking adds a booking.
func (s *Sum) AddBooking(b Booking) {
	if !s.holds(b.Day) {
		return
	}
	l := s.at(b.Place, b.Day)
	l.Released += one(b.Released)
	l.Nameless += one(b.Nameless)
	if !b.Confirmed {
		l.Cancelled++
		return
	}
	l.Bookings++
	l.Minutes += int(b.Duration().Minutes())
	l.Used += one(b.Came)
	l.Walkups += one(b.Walkup)
	if b.Asked && !b.Released && !b.Nameless && b.Day >= s.since.Presence && !b.End.After(s.now) {
		l.Asked++
		l.Unseen += one(!b.Came)
	}
	s.take(b)
}

// AddLogin adds a login that has ended.
func (s *Sum) AddLogin(login Login) {
	if !s.holds(login.Day) {
		return
	}
	l := s.at(login.Place, login.Day)
	switch {
	case login.Done:
		l.Logins++
	case login.Busy:
		l.Busy++
	default:
		l.Failed++
	}
	if login.Done && login.Late > LateAfter {
		l.late = append(l.late, login.Late)
	}
}

func one(so bool) int {
	if so {
		return 1
	}
	return 0
}

// Report is what has been added up.
func (s *Sum) Report() Report {
	all := make([]Line, 0, len(s.lines))
	for _, l := range s.lines {
		slices.Sort(l.late)
		l.Late, l.P50, l.P95, l.Most = len(l.late), rank(l.late, 0.5), rank(l.late, 0.95), rank(l.late, 1)
		all = append(all, l.Line)
	}
	slices.SortFunc(all, func(a, b Line) int {
		return cmp.Or(strings.Compare(a.Site, b.Site), strings.Compare(a.Floor, b.Floor), strings.Compare(a.Zone, b.Zone),
			strings.Compare(a.Desk, b.Desk), cmp.Compare(a.Weekday.Number(), b.Weekday.Number()))
	})
	return Report{all, s.since}
}

// rank is the least of some values that so great a part of them does not exceed.
func rank(sorted []time.Duration, part float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(math.Ceil(part*float64(len(sorted))))-1]
}
