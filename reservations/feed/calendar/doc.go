// Package calendar reads a calendar and expands its events to the occurrences of a
// window: what takes place when, and which event says so.
//
//	ical.Decode ─ each event ─> skim ─ what may matter ─> shelf
//	                                                        │ when all is read, by UID
//	             occurrences <─ expand <─ versions <─ owners ┘
//
// Events of one UID may change each other wherever they stand, so what may matter is kept
// until the last is read, in some 40 bytes and its text. Of the events of one UID that
// are versions of each other the newest counts; those of two organizers are never versions
// of each other. Each series is expanded within its share of what a calendar may cost.
//
// An event that is not understood costs that event, named by line, and never the rest; a
// calendar that is not whole is refused. What was lost leaves a doubt: which bookings it
// may have been, as far as its UID, time, desks and person can be seen. Desks and people
// are names here; who knows them is asked through [Names].
//
// It imports ical and recur, and reservations for the form of what it reports. No clock
// is read, and nothing is kept between calls.
//
//	read.go       Options in (options.go), Reading out
//	skim.go       an event as it comes: is it of interest? lost.go: it cannot be read
//	event.go      its times and version; describe.go, places.go: what else it says
//	shelf.go      what is kept
//	expander.go   the series, one after the other; series.go: the events of one UID
//	versions.go   which of them count; organizer.go
//	share.go      turns, and what each series may cost; limits.go
//	expand.go     overrides and exceptions; starts.go: rules and dates; span.go: ends; clocks.go: zones
//	found.go      the occurrences, in order
//	report.go     problems and notes; doubt.go: what is left open
package calendar
