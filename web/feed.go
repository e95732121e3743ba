package web

import (
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/poll"
	"deskd/web/view"
)

// mostUnread bounds the list of what was not understood in one feed. A feed
// read with the wrong rules has thousands, all alike.
const mostUnread = 50

// feedState is the state of a feed, in one word.
type feedState string

const (
	feedWaiting  feedState = "waiting"  // never polled
	feedGood     feedState = "good"     // the last poll succeeded
	feedRetrying feedState = "retrying" // the last poll failed, nothing is lost yet
	feedFailing  feedState = "failing"  // failing for so long that bookings may be missing
	feedHeld     feedState = "held"     // a change that takes too much away waits
	feedRejected feedState = "rejected" // a person has rejected its change
)

func stateOf(f view.Feed, now time.Time) feedState {
	since := f.Good
	if since.IsZero() {
		since = f.Checked
	}
	overdue := f.Every > 0 && now.Sub(since) > poll.Patience*f.Every
	switch {
	case f.Checked.IsZero():
		return feedWaiting
	case f.HeldRejected:
		return feedRejected
	case f.HeldSeen > 0:
		return feedHeld
	case f.Failures >= poll.Patience, overdue:
		return feedFailing
	case f.Failures > 0:
		return feedRetrying
	}
	return feedGood
}

var feedTones = map[feedState]string{
	feedWaiting: "quiet", feedGood: "good", feedRetrying: "doubt", feedFailing: "bad", feedHeld: "bad", feedRejected: "doubt",
}

// feedRow is a feed on the page.
type feedRow struct {
	Name, Site string
	State      feedState
	Tone       string
	Good       moment
	Events     int
	Unread     int
	Kept       int
	Tentative  int
	Problem    string
	List       []unread
	More       int      // of Unread that List does not show
	Notes      []unread // odd events that were understood
}

// unread is an event that was not understood.
type unread struct {
	Line      int
	UID       string
	Start     moment
	What, Fix string
}

func (v wording) feed(f view.Feed) feedRow {
	state := stateOf(f, v.now)
	r := feedRow{
		Name: f.Name, Site: f.Site, State: state, Tone: feedTones[state],
		Good: ago(f.Good, v.now), Events: f.Events, Unread: f.Unread, Kept: f.Kept, Tentative: f.Tentative, Problem: f.Problem,
	}
	for _, p := range f.Problems {
		to := &r.List
		if p.Note {
			to = &r.Notes
		}
		if len(*to) < mostUnread {
			*to = append(*to, v.unread(p, v.zone(f.Site)))
		}
	}
	r.More = max(0, f.Unread-len(r.List))
	return r
}

func (v wording) unread(p reservations.Problem, zone *time.Location) unread {
	u := unread{Line: p.Line, UID: p.Event(), What: p.What, Fix: p.Hint}
	if !p.Start.IsZero() {
		u.Start = clock(p.Start, v.now, zone)
	}
	return u
}

// unreadDetail says what becomes of events that are not understood.
func unreadDetail(f view.Feed) string {
	if f.Kept == 0 {
		return "Nobody is logged in for them."
	}
	return fmt.Sprintf("%s as they were, to their own end; nobody is logged in for what is new.", count(f.Kept, "booking stays", "bookings stay"))
}

// feedBanner says what is degraded about f; false when nothing is.
func feedBanner(f view.Feed, now time.Time) (banner, bool) {
	b := banner{Of: f.Name, Bad: true, Detail: because("Its bookings stay as they were.", f.Problem), Link: "#feeds"}
	switch stateOf(f, now) {
	case feedHeld:
		b.Kind, b.Text = view.KindHeld, fmt.Sprintf("Feed %s would %s at once; the change is held.", f.Name, heldText(f.FeedState))
		if f.HeldGain > 0 && f.HeldLoss == 0 {
			b.Detail = because("They wait, and all else is done.", f.Problem)
		}
	case feedRejected:
		b.Kind, b.Bad, b.Text = view.KindRejected, false, fmt.Sprintf("Feed %s is not followed: what it says was rejected.", f.Name)
	case feedFailing:
		b.Kind, b.Text = view.KindFeed, fmt.Sprintf("Feed %s was last read %s.", f.Name, ago(f.Good, now).Text)
		if f.Good.IsZero() {
			b.Text = fmt.Sprintf("Feed %s has never been read.", f.Name)
		}
	default:
		return banner{}, false
	}
	return b, true
}

// heldText says what a held change would do.
func heldText(s reservations.FeedState) string {
	drop, add := "drop "+count(s.HeldLoss, "booking", "bookings"), "add "+count(s.HeldGain, "booking", "bookings")
	switch {
	case s.HeldGain == 0:
		return drop
	case s.HeldLoss == 0:
		return add
	}
	return drop + " and " + add
}
