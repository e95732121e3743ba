// Package publish writes the calendars that people and programs subscribe to: the
// bookings of a person, a desk or a place as iCalendar (RFC 5545), published in the sense
// of RFC 5546 3.2.1. The lines are those of go-ical's encoder, folded.
//
// Each booking is an event of its own, also one of a series: what is written needs no
// recurrence rule, and no zone, for a clock time is written in UTC. A booking of whole
// days is written as days. A client shows both by its own clock, and deskd reads them back
// to the same bookings (see docs/calendars.md).
//
// It is pure: what it writes depends on what it is given alone. The invariant: the same
// bookings are the same bytes, and no text of a desk or a person begins a line.
package publish
