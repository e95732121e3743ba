package reports

import (
	"time"

	"deskd/reservations"
)

// Line is how the desks of a place were used, on all days or on one weekday.
type Line struct {
	Place
	Weekday Weekday // '' is all of them
	Desks   int

	Bookings  int // those that are confirmed
	Minutes   int // how long these are
	Cancelled int // those that are cancelled, withdrawn or in conflict
	Used      int // those that are confirmed and whose person is known to have come
	// Asked are those that are over, were not released, and whose person was asked to check in, as
	// far as who has come is known.
	Asked    int
	Unseen   int // those of Asked of whose person nothing is known
	Released int // those that were released because nobody came
	Walkups  int // those that were made by who stood at the desk
	// Nameless are bookings whose names were removed: of them it is not known whether they were
	// used, released or walk-ups.
	Nameless int
	Open     int // the minutes in which the desks were open
	Taken    int // those of them that were booked

	Logins int // those that succeeded
	Busy   int // how often the phone system was busy
	Failed int // how often a login failed for another reason
	// Late are logins that succeeded more than [LateAfter] after their booking's start, or after the
	// booking was known. P50, P95 and Most are how late these were.
	Late           int
	P50, P95, Most time.Duration
}

// Share is how much of the opening time was booked, from 0 to 1; 0 where a place was never
// open.
func (l Line) Share() float64 {
	if l.Open == 0 {
		return 0
	}
	return float64(l.Taken) / float64(l.Open)
}

// LateAfter is how long after a booking's start a login is late. What a login takes when someone
// books a desk for now is less.
const LateAfter = 10 * time.Second

// Report is what was asked for.
type Report struct {
	Lines []Line // by site, floor, zone, desk and weekday
	Since Since
}

// Booking is one as it is counted.
type Booking struct {
	Place
	Day string // on which it begins, by the clock of its site
	reservations.Span
	Confirmed bool
	Came      bool
	Asked     bool // to check in
	Walkup    bool
	Released  bool
	Nameless  bool
}

// Kept are the counts of a site's day of which retention has removed bookings.
type Kept struct {
	Site, Day                    string
	Bookings, Minutes, Cancelled int
}

// Login is one as it is counted.
type Login struct {
	Place
	Day  string // on which it began, by the clock of its site
	Done bool
	Busy bool // it was not done, for the phone system was busy
	Late time.Duration
}
