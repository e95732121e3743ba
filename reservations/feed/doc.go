// Package feed turns the body of a calendar feed into reservations.
//
//	fetch.Fetcher ─ Body ─> Read ─> Result: reservations, problems, doubts
//	                         │ calendar.Read: its occurrences in the window
//	                         │ identifier: the desks and the person that each names
//	                         │ crowd: nobody has more desks at a time than the rules allow
//	                         └ settle: who was first has the desk
//
// [Read] does the whole way. It resolves what an event names by a [Directory] and by the
// rules of the feed, and by these alone.
//
// The invariant: what is returned is sorted, lies in the window, and is either a
// reservation of a known desk or a line in the list of problems. Nothing is guessed, and
// what is not known ends no booking: it is in the doubt of the result. Reading keeps no
// state between calls: what is booked, and what waits, comes in with the [Options] and
// goes out with the [Result]. No clock is read.
//
// The rooms below can be used by themselves: ical reads lines, recur makes instants,
// calendar expands events to occurrences, fetch brings bytes.
//
//	read.go       Options in, Result out; objects.go: bodies of several objects
//	mapping.go    occurrence → claims on desks, or a problem; miss.go: why it is none
//	identify.go   what an event names: desks; invited.go: the person, and what stands for them
//	directory.go  names of desks and people; suggest.go: what a text may have meant
//	crowd.go      who has too many; settle.go, standing.go: who was first
//	explain.go    why a booking goes
package feed
