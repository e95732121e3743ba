// Package recur turns what a calendar says of times into instants: recurrence rules and
// sets (RFC 5545 3.3.10, 3.8.5), zones by all the names that servers give them, and the
// clocks of both.
//
// Recurrence is counted on readings of a wall clock ([ical.Wall]), in days of the
// calendar and without any zone: "every Monday at nine" is nine by the clock, whatever
// the offset. Only [Clock.Resolve] makes a reading an instant, and has one answer for
// readings that do not exist or exist twice.
//
//	Parse ─> Rule ─ From(start) ─> Series ─ Between(from, to) ─> readings
//	                                 └─ of several, with dates: Set ┘      └─ Clock.Resolve ─> instants
//
// A series is entered near the window that is asked for, however long ago it began, and
// everything is paid for with [Work]: rules can be written that run for ever, or never
// select a day. What libical, ical.net and rrule-go answer to the same rules is in
// testdata/feeds.
//
// It imports the values of package ical, in whose form rules and zones are written, and
// nothing else of ours; it reads no clock of the machine.
//
//	rule.go       text → Rule
//	series.go     Rule + start → Series: its instances in a window; count.go: COUNT
//	period.go     one year, month, week, day … of a series; civil.go: days of the calendar
//	set.go        rules, exceptions and dates together
//	work.go       what it may cost
//	clock.go      reading ↔ instant in a zone
//	zones.go      TZID → zone; display.go, stated.go: by what people and servers write
//	vtimezone.go  the calendar's own rules → zone
package recur
