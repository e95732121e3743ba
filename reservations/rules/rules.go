package rules

import (
	"time"

	"deskd/reservations"
)

// Rules are those of one place: of a site, or of a zone, floor or desk of it. A zero field
// is a rule that is not set.
type Rules struct {
	Clock *time.Location // of the site's walls; nil is UTC
	// Week are the hours of each weekday, by [time.Weekday]; nil: always open.
	Week     *[7]Hours
	Holidays []Holiday
	Ahead    Ahead
	Shortest time.Duration
	Longest  time.Duration
	// Slots are the parts of a day that can be booked, half days say: in their order,
	// and none overlaps the next.
	Slots   []Hours
	OneDesk bool // a person has one desk at a time
	Quotas  []Quota
	Groups  []string // who may book: people of one of these
	// Buffer is how long a desk stays free between bookings of two people.
	Buffer  time.Duration
	CheckIn CheckIn
	// OutOfService are shell patterns (path.Match) of desks that cannot be booked.
	OutOfService []string
}

// Hours are a half-open part of a day, in minutes that a wall clock shows after
// midnight: [480, 1200) is from 08:00 to 20:00, and 1440 the midnight after it. The zero
// Hours hold nothing.
type Hours struct{ From, To int }

// Date is a day of the calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Holiday is one day or several, the last included, on which a site is closed.
type Holiday struct {
	From, To Date
	Name     string // '' for one without
}

// Ahead is how early a day can be booked: Days before it, from Opens on, which is in
// minutes after midnight. Zero Days: as early as one likes.
type Ahead struct{ Days, Opens int }

// Period is what a quota is counted in.
type Period string

// The periods. A week begins on Monday. PerAhead is all that is not over.
const (
	PerDay   Period = "day"
	PerWeek  Period = "week"
	PerMonth Period = "month"
	PerAhead Period = "ahead"
)

// Quota bounds what a person may have booked in each period: so many bookings that touch
// it, so many hours within it. Zero bounds nothing.
type Quota struct {
	Per      Period
	Bookings int
	Hours    int
}

// Closure is a time in which a desk, or the place that it is in, cannot be booked.
type Closure struct {
	reservations.Span
	Why string
}

// Request is a booking as it would be.
type Request struct {
	Of     string // id of the booking that is changed, '' for a new one
	Desk   reservations.Desk
	Person reservations.Person
	reservations.Span
}

// World is what is around a request.
type World struct {
	// Own are the person's confirmed bookings: those that overlap the request or a period
	// of it that has a quota, and all that are not over where a quota is on what is ahead.
	Own []reservations.Reservation
	// Near are the desk's confirmed bookings: at least the last that begins by the start of
	// the request, and the first that begins after it.
	Near     []reservations.Reservation
	Holidays []Holiday // of the site, beside those of its rules
	Closures []Closure // of this desk, and of the places it is in
	Owner    string    // whose desk it is, '' for a hot desk
	// Released are the times in which the owner does without it.
	Released []reservations.Span
}

// Refusal is why a request is not granted.
type Refusal struct {
	Code  Code   `json:"code"`
	Text  string `json:"detail"` // a sentence; its instants are RFC 3339 in UTC
	Rule  string `json:"rule"`   // the key of the configuration
	Value string `json:"value"`  // of the rule, as the configuration has it
	// Until is when the rule will not stand in the way any more; zero where waiting does
	// not help.
	Until time.Time `json:"until,omitzero"`
}

// Code tells refusals apart, for programs.
type Code string

// The codes of refusals.
const (
	ClosedDay    Code = "closed_day"
	OutsideHours Code = "outside_hours"
	OnHoliday    Code = "holiday"
	TooEarly     Code = "too_early" // the day cannot be booked yet
	TooShort     Code = "too_short"
	TooLong      Code = "too_long"
	NoSlot       Code = "not_a_slot"
	SecondDesk   Code = "second_desk"
	OverQuota    Code = "over_quota"
	NotForGroup  Code = "not_for_group"
	InBuffer     Code = "buffer"
	NotInService Code = "out_of_service"
	Closed       Code = "closed"
	Owned        Code = "owned"
)
