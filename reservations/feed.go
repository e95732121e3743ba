package reservations

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Feed says where a calendar comes from and how its events name desk and
// person. It is configuration; what happened to it is a [FeedState].
type Feed struct {
	Name  string
	URL   string // http, https, file:PATH, caldav+http or caldav+https
	Every time.Duration
	Site  string
	// Kind says whose calendar it is; the zero Kind is KindSite.
	Kind         Kind
	Desk, Person Rule
	// Tentative says whether a desk that was invited and has not accepted yet
	// (PARTSTAT TENTATIVE or NEEDS-ACTION) is reserved.
	Tentative bool
	// FreeCounts says that all-day events marked as free time book their desk
	// all the same: calendars mark them so unasked.
	FreeCounts bool
	// Back and Ahead bound the window of occurrences that are kept, from the
	// site's midnight of today.
	Back, Ahead time.Duration
	// AllowDesks and AllowPeople are shell patterns of the desk ids the feed may
	// book and the user ids it may book for; empty allows all. Those of people do
	// not mind case.
	// One of AllowPeople that begins with "@" is a group.
	AllowDesks, AllowPeople []string
	// Trust says what the server of a KindSite feed itself stands for.
	Trust Trust
	// EventDesks is the most desks an event may book, PersonDesks the most that one
	// person may have at the same time; 0 is [UsualDesks].
	EventDesks, PersonDesks int
}

// AllowsPerson reports whether f may book for p, as far as AllowPeople say.
func (f Feed) AllowsPerson(p Person) bool {
	if len(f.AllowPeople) == 0 {
		return true
	}
	return slices.ContainsFunc(f.AllowPeople, func(pattern string) bool {
		if group, is := strings.CutPrefix(pattern, "@"); is {
			return slices.ContainsFunc(p.Groups, func(g string) bool { return NameKey(g) == NameKey(group) })
		}
		ok, err := path.Match(PersonKey(pattern), PersonKey(p.ID))
		return ok && err == nil
	})
}

// Trust says what of an event is to be believed about its person, because the
// calendar's server does not let its users write it: most servers take ORGANIZER as
// they get it.
type Trust string

// The kinds of trust. TrustNone is the zero Trust.
const (
	TrustNone      Trust = "none"
	TrustOrganizer Trust = "organizer" // the server sets ORGANIZER itself, as Exchange and Google do
	TrustInvited   Trust = "invited"   // the server delivers invitations, and sets the desk's answer
)

// Attests reports whether a booking of f that v stands for is known to be its
// person's. The calendar of one person or desk is taken at its word: its owner, or
// the mailbox that accepts for it, is known.
func (f Feed) Attests(v Voucher) bool {
	switch {
	case f.Kind == KindPerson || f.Kind == KindDesk:
		return true
	case f.Trust == TrustOrganizer:
		return v == ByOrganizer || v == ByInvitation
	case f.Trust == TrustInvited:
		return v == ByInvitation
	}
	return false
}

// UsualDesks is how many desks an event may book, and a person have at once, where a
// feed does not say otherwise.
const UsualDesks = 20

// Kind says whose calendar a feed is.
type Kind string

// The kinds of feed.
const (
	KindDesk   Kind = "desk"   // of one desk, such as a resource mailbox: Desk is fixed
	KindPerson Kind = "person" // of one person: Person is fixed
	KindSite   Kind = "site"   // of a building: each event names both
	// KindHolidays is a calendar of days on which a site is closed. It books nothing.
	KindHolidays Kind = "holidays"
)

// Rule says which part of an event names a desk or person. Fixed holds the
// value of the source "fixed". The zero Rule is FromEvent.
type Rule struct {
	From  string
	Fixed string
	// Match is MatchName where FromSummary may name a person by a display name
	// or alias that nobody else has.
	Match string
}

// MatchName is a [Rule.Match].
const MatchName = "name"

// The places a [Rule] can read.
const (
	// FromEvent is all of the event, in a fixed order: for a desk its attendees,
	// resources and LOCATION, for a person its ORGANIZER, and without one its
	// only attendee who is a person and has not declined.
	FromEvent         = "event"
	FromLocation      = "location"
	FromResource      = "resource"
	FromSummaryPrefix = "summary-prefix"
	FromSummary       = "summary"
	FromAttendee      = "attendee"
	FromOrganizer     = "organizer"
	FromFixed         = "fixed"
)

// FeedState is what is remembered of a feed between polls. The zero state is
// that of a feed never fetched.
type FeedState struct {
	Name         string    `json:"name"`
	URL          string    `json:"url"` // without user info, query and path secrets
	ETag         string    `json:"-"`
	LastModified string    `json:"-"`
	BodyHash     string    `json:"-"` // hex SHA-256 of the last body understood
	Inputs       string    `json:"-"` // hex SHA-256 of what else it was read with: window, rules, desks, people
	Checked      time.Time `json:"checked,omitzero"`
	Changed      time.Time `json:"changed,omitzero"`
	// Good is the last time the server said, in any way, what the feed holds.
	Good     time.Time `json:"good,omitzero"`
	Failures int       `json:"failures"` // in a row
	Problem  string    `json:"problem,omitempty"`
	Events   int       `json:"events"` // reservations understood in the last good state
	Unread   int       `json:"unread"` // events of the last good state not understood or not resolved
	// Kept counts the bookings that stay as they were in the last good state,
	// because their events are not understood any more.
	Kept int `json:"kept,omitempty"`
	// Noted counts what was understood, in a way the feed's owner should know of.
	Noted int `json:"noted,omitempty"`
	// Tentative counts the bookings of the last good state whose desk has not
	// accepted them yet; whether they count is the feed's rule.
	Tentative int `json:"tentative,omitempty"`
	// What would take away or add too many bookings at once is held: HeldSince is
	// when the first of it was seen, HeldSeen in how many fetches.
	HeldSince time.Time `json:"held_since,omitzero"`
	HeldSeen  int       `json:"held_seen,omitempty"`
	HeldLoss  int       `json:"held_loss,omitempty"`
	HeldGain  int       `json:"held_gain,omitempty"`
	// HeldRejected says that a person has rejected the held change: nobody is
	// asked again until the feed says something else.
	HeldRejected bool `json:"held_rejected,omitempty"`
	// Touched counts the changes to the feed's bookings, by any program; Stirred
	// says that some were made since the feed was last read, and not by it.
	Touched int  `json:"-"`
	Stirred bool `json:"-"`
	// Shortened says that some bookings have a part of their time alone, because
	// others have the rest of it.
	Shortened bool `json:"-"`
}

// Event names the event of p for people: its UID, title and organizer.
func (p Problem) Event() string {
	text := p.UID
	if p.Title != "" {
		text = strings.TrimSpace(fmt.Sprintf("%s %q", text, p.Title))
	}
	if p.Organizer != "" {
		text = strings.TrimSpace(text + " by " + p.Organizer)
	}
	return text
}

// Problem is something in a feed that was not understood or not resolved. It
// costs the event it names and nothing else.
type Problem struct {
	Line  int       `json:"line"`          // 1-based line of the feed, 0 when the feed as a whole is meant
	UID   string    `json:"uid,omitempty"` // of the event
	Start time.Time `json:"start,omitzero"`
	What  string    `json:"what"`           // what is wrong, with the raw value quoted
	Hint  string    `json:"hint,omitempty"` // what to do
	// Title and Organizer tell people which event it is; both are empty of a
	// private event, and of one of which it is not known whether it is private.
	Title     string `json:"title,omitempty"`
	Organizer string `json:"organizer,omitempty"`
	// Note says that the event was understood all the same, in a way its owner
	// should know of.
	Note bool `json:"note,omitempty"`
	// Excess says that the event wants more than one may have: occurrences, work,
	// desks.
	Excess bool `json:"excess,omitempty"`
}

// Text is the problem on one line: where it is, what is wrong, and what to do.
func (p Problem) Text() string {
	text := p.What
	if p.Line > 0 {
		text = fmt.Sprintf("line %d: %s", p.Line, text)
	}
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return text
}
