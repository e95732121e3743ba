// Package events tells programs what changes, as server-sent events:
//
//	hub.go     looks each second, once for all who listen, and hands on what has changed
//	event.go   what is told of a change, and to whom
//	stream.go  one who listens
//
// Events are numbered as the rows of the audit are: who was away goes on where they were. A
// hub keeps no events: it reads them again for who comes back. Of what it holds for a listener
// there is a bound, and of listeners too.
package events
