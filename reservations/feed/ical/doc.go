// Package ical reads iCalendar (RFC 5545) as real servers write it: it is tolerant of
// what is wrong with a line or an event, and strict about sizes.
//
// [Decode] reads a calendar in one pass, with one buffer, and hands over each VEVENT as
// it ends; [Event.Properties] looks into one, and a [Property] reads its value as a
// time, a text, a list or a [Party]. Values are data: a [Time] is a reading of a clock
// and the name of a zone, a [TimeZone] the rules of a VTIMEZONE. Package recur makes
// instants and series of them.
//
// A calendar is untrusted input. Every size, depth and number has a limit. An event that
// cannot be read is handed over with its [Fault] and costs only itself; a calendar that
// is not complete (empty, cut off, a web page) is refused, because what it leaves out would
// look like cancellations. The package guesses nothing.
//
// It imports nothing of ours, reads no clock and keeps no state between calls.
//
//	lines.go      bytes → unfolded lines
//	opening.go    is it a calendar at all?
//	decode.go     lines → components; handler.go, errors.go: what comes of them; limits.go
//	event.go      an event's lines, packed; names.go: which are read; places.go
//	property.go   a line → name, parameters, value
//	party.go      value → party, list, word
//	times.go      value → times, with their zones
//	value.go      text → Wall, Time, Duration
//	timezone.go   VTIMEZONE → observances
//	object.go     a calendar object by itself, as servers store it
package ical
