package poll

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"deskd/reservations"
)

// Patience is how many polls of a feed may fail, or how many of its periods
// may pass without one that succeeds, before its bookings count as out of date.
const Patience = 3

// mood is how a feed stands, as far as the log is told: a change of it is a line,
// and another text for the same trouble is none. A server that says something
// else at each poll would fill the log.
type mood struct {
	failing, stale, held, rejected bool
	since                          time.Time // the change that is held
	unread                         bool
}

func moodOf(s reservations.FeedState, every time.Duration) mood {
	m := mood{failing: s.Failures > 0, held: s.HeldSeen > 0, rejected: s.HeldRejected, unread: s.Unread > 0}
	if m.held {
		m.since = s.HeldSince
	}
	m.stale = m.failing && (s.Failures >= Patience || !s.Good.IsZero() && s.Checked.Sub(s.Good) > Patience*every)
	return m
}

// tell logs a feed's trouble when it begins, changes and ends.
func (f *Poller) tell(every time.Duration, before, after reservations.FeedState) {
	was, is := moodOf(before, every), moodOf(after, every)
	log := f.Log.With("feed", after.Name)
	switch {
	case is.stale && !was.stale:
		log.Error("feed cannot be read: its bookings stay as they were, and are out of date", "failures", after.Failures, "err", after.Problem)
	case is.failing && !was.failing:
		log.Warn("feed cannot be read: its bookings stay as they were", "err", after.Problem)
	case is.rejected && !was.rejected:
		log.Warn("feed is not followed: its change is rejected", "err", after.Problem)
	case is.held && !is.rejected && (!was.held || was.rejected || !is.since.Equal(was.since)):
		what := "feed drops many bookings at once: the change is held until a person decides"
		if after.HeldLoss == 0 {
			what = "feed adds many bookings at once: they are held until a person decides"
		}
		log.Error(what, "err", after.Problem)
	case (was.failing || was.held) && !is.failing && !is.held:
		log.Info("feed is read again")
	}
	switch {
	case is.unread && !was.unread:
		log.Warn("feed has events that are not understood: what they booked stays as it was, nobody is logged in for what is new", "events", after.Unread, "kept", after.Kept)
	case after.Kept > before.Kept:
		log.Warn("feed leaves bookings as they were: their events are not understood any more", "events", after.Unread, "kept", after.Kept)
	case was.unread && !is.unread:
		log.Info("feed is understood again")
	}
}

// mostNotes bounds the lines about one reading; the lists have all of them.
const mostNotes = 20

// notes are what the log was told of each feed's events: another note is a line, though
// there are as many as before. The zero notes have told nothing.
type notes struct{ told sync.Map } // name → map[noteKey]bool

type noteKey struct{ uid, what string } // not the line: an event above moves all of them

// fresh are those of now that the log was not told. With known, what a process before
// has read counts as told by it.
func (n *notes) fresh(feed string, now []reservations.Problem, known bool) []reservations.Problem {
	is := make(map[noteKey]bool, len(now))
	was, read := n.told.Load(feed)
	var further []reservations.Problem
	for _, p := range now {
		key := noteKey{p.UID, p.What}
		if !is[key] && (read && !was.(map[noteKey]bool)[key] || !read && (!known || p.Excess)) {
			further = append(further, p)
		}
		is[key] = true
	}
	n.told.Store(feed, is)
	return further
}

// excessive are the events that want more than their share: by count they may be no
// more than were unread before.
func excessive(unread []reservations.Problem) []reservations.Problem {
	var all []reservations.Problem
	for _, p := range unread {
		if p.Excess {
			all = append(all, p)
		}
	}
	return all
}

// tellNotes logs what was understood in a way the feed's owner should know of.
func (f *Poller) tellNotes(name string, told []reservations.Problem) {
	for _, p := range told[:min(mostNotes, len(told))] {
		if p.Excess {
			f.Log.Warn("feed event wants more than its share: what is beyond is not booked", "feed", name, "line", p.Line, "uid", p.UID, "err", p.What)
			continue
		}
		f.Log.Warn("feed event is read with a note", "feed", name, "line", p.Line, "uid", p.UID, "note", p.What)
	}
	if more := len(told) - mostNotes; more > 0 {
		f.Log.Warn("feed has more events with a note", "feed", name, "more", more)
	}
}

// tellHandovers logs which bookings are another person's now, by the word of their
// events.
func (f *Poller) tellHandovers(name string, have []reservations.Reservation, change reservations.Change) {
	was := make(map[string]string, len(have))
	for _, h := range have {
		was[h.ID] = h.Person
	}
	n := 0
	for _, u := range change.Update {
		if from := was[u.ID]; from == "" || u.Person == "" || reservations.SamePerson(from, u.Person) {
			continue
		}
		if n++; n <= mostNotes {
			f.Log.Info("feed gives a booking to another person", "feed", name, "desk", u.Desk, "start", u.Start, "from", was[u.ID], "to", u.Person, "line", u.Line)
		}
	}
	if more := n - mostNotes; more > 0 {
		f.Log.Info("feed gives more bookings to others", "feed", name, "more", more)
	}
}

// panicked makes an error of a panic in the reading of a feed: one calendar must
// not end the rest. The stack goes to the log.
func (f *Poller) panicked(name string, err *error) {
	if cause := recover(); cause != nil {
		f.Log.Error("reading a feed panicked", "feed", name, "err", cause, "stack", string(debug.Stack()))
		*err = fmt.Errorf("reading it panicked: %v", cause)
	}
}
