package view

import (
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan/board"
)

// Snapshot is what the page and the probes show, read at one time. The zero
// Snapshot is that of a daemon without sites, desks, clusters or feeds. It is
// not changed after it was handed over.
type Snapshot struct {
	// AsOf is when all of it was true; zero for now.
	AsOf time.Time
	// Change is another number for each state that is to be seen: what two snapshots of one
	// number show differs by their age alone. Zero says nothing.
	Change uint64
	// Sites in the order they are to be shown, with their wall clocks.
	Sites    []reservations.Site
	People   []reservations.Person
	Desks    []*board.Desk // of all clusters, in any order, unless Plan says which
	Clusters []scheduler.ClusterStatus
	Feeds    []Feed
	// Ignored are the reservations nobody acts on.
	Ignored []Ignored
	// Remarks are what else there is to say of desks, in any order.
	Remarks []Remark
	// Broken are the bookings to come that break rules, by site.
	Broken []Broken
	// Notices are about anything else that is degraded.
	Notices []Notice
	// Plan is where Desks and People are; nil before [Snapshot.Arranged].
	Plan *FloorPlan
}

// Notice is about something degraded that the rest of a snapshot does not show,
// such as a new configuration that was refused.
type Notice struct {
	Kind   Kind
	Of     string // the cluster, feed or site, empty for the whole
	Bad    bool   // a person has to act
	Text   string // a sentence
	Detail string // what follows from it, and what to do
}

// Remark is something to know of a desk: words, an instant, and words that follow, as in
// "closed until", the instant, "painters".
type Remark struct {
	Desk   string    `json:"desk"`
	Before string    `json:"before"`
	At     time.Time `json:"at"`
	After  string    `json:"after,omitempty"`
}

// Broken is how many bookings of a site break rules, and which: calendars' and other programs',
// those that were made even so, and those of before the rules. They count all the same.
type Broken struct {
	Site     string
	Bookings int
	Rules    []BrokenRule // by their keys in the configuration
}

// BrokenRule is by how many bookings a rule is broken.
type BrokenRule struct {
	Rule     string
	Bookings int
}

// Feed is how a feed stands, with what a page needs of its configuration.
type Feed struct {
	reservations.FeedState
	// Every is the time between two polls; zero when it is not known, and then
	// the feed is never overdue.
	Every time.Duration `json:"-"`
	// Site names the site whose wall clock the feed's events are shown in.
	Site string `json:"-"`
	// Problems is what was not understood in the feed's last good state.
	Problems []reservations.Problem `json:"problems"`
}

// Ignored is a reservation that is not acted on, and why: it names an unknown
// desk or person, or its desk was taken.
type Ignored struct {
	reservations.Reservation
	Why string
}
