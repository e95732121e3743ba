// Package demo runs deskd for a whole working day in about a minute, against emulated
// phones and calendar servers, and judges it by what the phones really showed.
//
//	demo.go    the day's length and size: [Options], [Run]
//	world.go   phones, calendars, configuration, desks and people, on a fast clock
//	phones.go  the phones on desks, and their way to the daemon
//	hands.go   what people do at phones, and what those show
//	story.go   what happens to the world in the course of the day
//	teller.go  the timeline and the tally, as they are printed
//	audit.go   sessions that the phones had, held against the bookings: the verdict
//
// The daemon is the real one, wired as for serve. Besides tests and the emulator's own
// command, no other package imports the emulator.
package demo
