package notices

import (
	"cmp"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Wishes are which notices are told. The zero Wishes tell none.
type Wishes struct {
	BeforeEnd   []time.Duration // so long before an end
	Moved, Next bool
}

// None reports whether nothing is told.
func (w Wishes) None() bool { return len(w.BeforeEnd) == 0 && !w.Moved && !w.Next }

// Facts are what notices follow from, of one cluster or more.
type Facts struct {
	Desks []reservations.Desk
	// Booked are the confirmed reservations that share an instant with [Window].
	Booked []reservations.Reservation
	// Gone are the reservations of sessions, as they are, that are not in Booked.
	Gone []reservations.Reservation
	// Sessions are those of deskd's that run, as they were seen last, and those that have ended
	// within [Lately].
	Sessions []Session
	// Told are the notices that were told, or are not to be told, by their keys.
	Told map[string]bool
	// Gap is how far apart two bookings of a person at a desk may be for one session to serve both.
	Gap time.Duration
}

// Session is one that deskd has begun for a reservation.
type Session struct {
	Desk, Device, Person, Reservation string

	Ended time.Time // zero while it runs
}

// How far around now bookings are known, and for how long a session that has ended is.
const (
	back   = time.Hour
	ahead  = 12 * time.Hour
	Lately = 2 * time.Minute
)

// Window is the span of the reservations that [Facts] hold.
func Window(now time.Time) reservations.Span {
	return reservations.Span{Start: now.Add(-back), End: now.Add(ahead)}
}

// Running are the sessions of deskd's that the phones of desks were seen with.
func Running(desks []reservations.Desk, seen []plan.Observation) (all []Session) {
	at := make(map[string]string, len(desks)) // an observation may be without its desk
	for _, d := range desks {
		at[d.Device] = d.ID
	}
	for _, h := range seen {
		if h.Ours && h.Person != "" && h.Reservation != "" {
			all = append(all, Session{Desk: at[h.Device], Device: h.Device, Person: h.Person, Reservation: h.Reservation})
		}
	}
	return all
}

// Over are the sessions that logouts have ended of late.
func Over(attempts []plan.Attempt, now time.Time) (all []Session) {
	for _, a := range attempts {
		if a.Op == plan.OpLogout && a.Outcome == plan.Done && a.Reservation != "" && now.Sub(a.Ended) <= Lately {
			all = append(all, Session{Desk: a.Desk, Device: a.Device, Person: a.Person, Reservation: a.Reservation, Ended: a.Ended})
		}
	}
	return all
}

// settling is how long after what it is about a notice is told that a logout may go with: the
// phone is back from that by then, or keeps its person.
const settling = 15 * time.Second

// Due are the notices that are due and were not told, in the order of their instants, and when
// the next one is that is foreseen, the zero time for none.
func (f Facts) Due(w Wishes, now time.Time) (all []Notice, next time.Time) {
	t := f.table()
	add := func(n Notice) {
		switch {
		case f.Told[n.Key()]:
		case !n.Due.After(now):
			all = append(all, n)
		case next.IsZero() || n.Due.Before(next):
			next = n.Due
		}
	}
	t.ends(w.BeforeEnd, add)
	for _, s := range f.Sessions {
		if n, is := t.moved(s, now); is && w.Moved {
			add(n)
		}
		if n, is := t.next(s, now); is && w.Next {
			add(n)
		}
	}
	slices.SortStableFunc(all, func(a, b Notice) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Key(), b.Key()))
	})
	return slices.CompactFunc(all, func(a, b Notice) bool { return a.Key() == b.Key() }), next
}

// table is facts, to look things up in.
type table struct {
	Facts
	desks map[string]reservations.Desk
	at    map[string][]reservations.Reservation // by desk, in the order of their starts
	byID  map[string]reservations.Reservation
}

func (f Facts) table() table {
	t := table{f, make(map[string]reservations.Desk), make(map[string][]reservations.Reservation), make(map[string]reservations.Reservation)}
	for _, d := range f.Desks {
		t.desks[d.ID] = d
	}
	for _, r := range f.Booked {
		t.at[r.Desk] = append(t.at[r.Desk], r)
		t.byID[r.ID] = r
	}
	for _, all := range t.at {
		slices.SortStableFunc(all, func(a, b reservations.Reservation) int { return a.Start.Compare(b.Start) })
	}
	for _, r := range f.Gone {
		t.byID[r.ID] = r
	}
	return t
}

// of is a notice to the person of a booking, at a desk.
func (t table) of(k Kind, desk string, r reservations.Reservation) Notice {
	d := t.desks[desk]
	return Notice{Kind: k, Cluster: d.Cluster, Desk: d.ID, Device: d.Device, Reservation: r.ID, Person: r.Person}
}

// ends adds the notices before ends. One whose instant is before the booking begins is none, and
// someone who ends their booking now has not to be told.
func (t table) ends(before []time.Duration, add func(Notice)) {
	for _, r := range t.Booked {
		if _, known := t.desks[r.Desk]; !known || r.Person == "" || endedAtOnce(r) || t.goesOn(r) {
			continue
		}
		for _, d := range before {
			n := t.of(BeforeEnd, r.Desk, r)
			n.About, n.Ahead, n.Due = r.End, d, r.End.Add(-d)
			if !n.Due.Before(r.Start) {
				add(n)
			}
		}
	}
}

// endedAtOnce reports whether a booking got its end as that came: ends are whole seconds. Other
// programs write by another clock, which may be hours ahead, and their bookings end all the same.
func endedAtOnce(r reservations.Reservation) bool { return r.End.Sub(r.Updated).Abs() <= time.Second }

// goesOn reports whether the session of a booking stays for another one of its person's.
func (t table) goesOn(r reservations.Reservation) bool {
	return slices.ContainsFunc(t.at[r.Desk], func(o reservations.Reservation) bool {
		return o.ID != r.ID && reservations.SamePerson(o.Person, r.Person) && !o.Start.Before(r.Start) && o.End.After(r.End) && !o.Start.After(r.End.Add(t.Gap))
	})
}

// has is the booking that a person has at a desk at an instant, or begins soon.
func (t table) has(desk, person string, now time.Time) bool {
	return slices.ContainsFunc(t.at[desk], func(r reservations.Reservation) bool {
		return reservations.SamePerson(r.Person, person) && now.Before(r.End) && !r.Start.After(now.Add(t.Gap))
	})
}

// moved is the notice to the person of a session whose booking is on another desk by now.
func (t table) moved(s Session, now time.Time) (Notice, bool) {
	if _, known := t.desks[s.Desk]; !known {
		return Notice{}, false
	}
	was := t.byID[s.Reservation]
	is, found := t.whither(s, was)
	if !found || !now.Before(is.End) || t.has(s.Desk, s.Person, now) {
		return Notice{}, false
	}
	n := t.of(Moved, s.Desk, is)
	n.Other, n.Due = is.Desk, reservations.Latest(s.Ended, reservations.Earliest(is.Updated, now)).Add(settling)
	if !s.Ended.IsZero() && s.Ended.Before(is.Updated) {
		return Notice{}, false // the move came after it
	}
	return n, true
}

// whither is the booking of a session as it is on another desk: the same one, or, of a calendar
// that has given its event another desk, the one of the same event.
func (t table) whither(s Session, was reservations.Reservation) (reservations.Reservation, bool) {
	if was.Status == reservations.Confirmed && was.ID != "" {
		return was, was.Desk != s.Desk && reservations.SamePerson(was.Person, s.Person)
	}
	i := slices.IndexFunc(t.Booked, func(r reservations.Reservation) bool {
		return was.UID != "" && r.Source == was.Source && r.UID == was.UID && r.Occurrence == was.Occurrence &&
			r.Desk != s.Desk && reservations.SamePerson(r.Person, s.Person)
	})
	if i < 0 {
		return was, false
	}
	return t.Booked[i], true
}

// waiting is how long after the start of someone's booking it is said that they wait: a logout
// that is on its way needs no notice.
const waiting = 30 * time.Second

// next is the notice to the person of a session that stays beyond its booking while someone else's
// booking of the desk runs.
func (t table) next(s Session, now time.Time) (Notice, bool) {
	if _, known := t.desks[s.Desk]; !known || !s.Ended.IsZero() || t.has(s.Desk, s.Person, now) {
		return Notice{}, false
	}
	i := slices.IndexFunc(t.at[s.Desk], func(r reservations.Reservation) bool { return r.Contains(now) })
	if i < 0 {
		return Notice{}, false
	}
	r := t.at[s.Desk][i]
	n := t.of(Next, s.Desk, reservations.Reservation{ID: s.Reservation, Person: s.Person})
	n.About, n.Other, n.Due = r.Start, r.ID, r.Start.Add(waiting)
	return n, true
}
