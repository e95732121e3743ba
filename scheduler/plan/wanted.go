package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
)

// World is what the bookings say: desks, people and the reservations around
// now. It is read once per round and not changed.
type World struct {
	Desks    []reservations.Desk
	People   map[string]reservations.Person // by reservations.PersonKey
	Calendar reservations.Calendar
	// Feeds are the configured feeds by name; nil stands for every name.
	Feeds map[string]reservations.Feed
}

// orphan is the feed that booked r, if the configuration has none of that name,
// and empty for all other bookings.
func (w World) orphan(r reservations.Reservation) string {
	name, of := strings.CutPrefix(r.Source, reservations.FeedSource(""))
	if !of || w.Feeds == nil {
		return ""
	}
	if _, configured := w.Feeds[name]; configured {
		return ""
	}
	return name
}

// unattested is the feed that booked r, if nothing but what anybody may write into its
// calendar says that r is its person's; empty for all other bookings.
func (w World) unattested(r reservations.Reservation) string {
	name, of := strings.CutPrefix(r.Source, reservations.FeedSource(""))
	if !of || r.Person == "" || w.Feeds[name].Attests(r.Vouched) {
		return ""
	}
	return name
}

// horizon is how far ahead of now a World's calendar has to reach for chains of
// back-to-back bookings to be seen whole.
const horizon = 24 * time.Hour

// Window is the span of reservations that a World for now has to hold.
func (p Policy) Window(now time.Time) reservations.Span {
	return reservations.Span{Start: now.Add(-p.Grace - time.Second), End: now.Add(p.Lead + horizon)}
}

// Wanted returns, by device and start, the logins the bookings ask for around
// now: on each desk the booking that runs, the one that ended less than
// p.Grace ago, and the first that starts within p.Lead. A booking whose person
// is unknown comes with an empty Person: its desk is occupied, and nobody is to
// be logged in.
func Wanted(w World, p Policy, now time.Time) []Login { return NewAgenda(w, p, nil).At(now) }

// loginFor is the login of the first of booked, the desk's reservations from it on.
func loginFor(d reservations.Desk, booked []reservations.Reservation, w World, p Policy) Login {
	r, people := booked[0], w.People
	if strings.HasPrefix(r.Source, reservations.FeedSource("")) && people[reservations.PersonKey(r.Person)].Protected {
		r.Person = "" // protected people are never logged in because of a feed
	}
	_, known := people[reservations.PersonKey(r.Person)]
	l := Login{
		Desk: d.ID, Device: d.Device, Person: r.Person, Reservation: r.ID,
		Profile: people[reservations.PersonKey(r.Person)].Profile,
		From:    r.Start, Until: r.End, Known: r.Updated,
	}
	if r.Person != "" && !known {
		l.Doubt = fmt.Sprintf("the booking names %q, whom deskd does not know: import the person, or correct the booking", r.Person)
	}
	if r.Person != "" {
		l.Orphan = w.orphan(r)
		l.Unattested = w.unattested(r)
	}
	booked = w.believed(booked)
	l.Through = endOf(booked, 0)
	l.Stays = endOf(booked, p.Lead+p.Grace) // so long before the next start the session is not ended any more
	return l
}

// believed are the first of booked and those after it up to the first of a feed
// that is not configured: no session is begun for that one.
func (w World) believed(booked []reservations.Reservation) []reservations.Reservation {
	for i, r := range booked {
		if i > 0 && w.orphan(r) != "" {
			return booked[:i]
		}
	}
	return booked
}

// endOf is the end of the last of booked that belong to the first one's person
// and follow each other with no more than gap between.
func endOf(booked []reservations.Reservation, gap time.Duration) time.Time {
	end := booked[0].End
	for _, next := range booked[1:] {
		if next.Start.Before(end) || next.Start.After(end.Add(gap)) || !reservations.SamePerson(next.Person, booked[0].Person) {
			break
		}
		end = next.End
	}
	return end
}

// release is the earliest instant the login of r may go out: not while another
// person's booking runs on the desk, and not while the person's own booking
// runs on another one. It is never later than the start of r.
func release(r reservations.Reservation, before, own []reservations.Reservation, p Policy) time.Time {
	at := r.Start.Add(-p.Lead)
	if len(before) > 0 {
		last := before[len(before)-1]
		if !reservations.SamePerson(last.Person, r.Person) {
			at = reservations.Latest(at, last.End)
		}
	}
	for _, o := range own {
		if o.Desk != r.Desk && o.Start.Before(r.Start) {
			at = reservations.Latest(at, o.End)
		}
	}
	if at.After(r.Start) {
		return r.Start
	}
	return at
}

// Release is the earliest instant at which l, one of [Wanted], may go out by p: another
// lead than that it was wanted by gives another one.
func (w World) Release(l Login, p Policy) time.Time {
	booked := w.Calendar.ByDesk()[l.Desk]
	i := slices.IndexFunc(booked, func(r reservations.Reservation) bool { return r.ID == l.Reservation })
	if i < 0 {
		return l.Release
	}
	return release(booked[i], booked[:i], w.Calendar.ByPerson()[l.PersonKey()], p)
}

// NewWorld returns the world of one cluster.
func NewWorld(cluster string, desks []reservations.Desk, people []reservations.Person, booked []reservations.Reservation) World {
	w := World{People: make(map[string]reservations.Person, len(people)), Calendar: reservations.NewCalendar(booked)}
	for _, d := range desks {
		if d.Cluster == cluster {
			w.Desks = append(w.Desks, d)
		}
	}
	for _, p := range people {
		w.People[reservations.PersonKey(p.ID)] = p
	}
	return w
}
