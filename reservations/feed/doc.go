// Package feed turns the bytes of a calendar server into reservations.
//
// The way is one line: [fetch.Fetcher.Fetch] brings the body, the reader cuts it into
// components, each event is expanded to its occurrences inside a window
// ([Occurrences]), and every occurrence is resolved to a desk and a person of
// the [Directory] ([Read]).
//
// A calendar is foreign input. Every size, depth and amount of work has a
// limit; an event that is not understood costs that event, named by line, and
// never the rest. A feed that is not whole (empty, truncated, a login page) is
// refused as a whole, because what it leaves out would look like cancellations.
//
// The invariant: what is returned is sorted, lies in the window, and is either
// a reservation of a known desk or a line in the list of problems. Nothing is
// guessed. Reading keeps no state between calls; a fetcher of a calendar server
// remembers what it has of it, which only saves requests. No clock is read.
//
// All connections for feeds are made here, by one function that decides whom
// they may reach.
package feed
