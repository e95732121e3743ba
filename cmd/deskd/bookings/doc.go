// Package bookings has the verbs that book: flags in, print out. What they do is in
// package booking, for every door.
//
//	reserve.go  reserve
//	change.go   extend, end
//	cancel.go   cancel, and which reservation a command line means
//	series.go   bookings that repeat
//	away.go     away, back: absences
//	refusal.go  what is refused, and what else is free, in words
//	check.go    check rules
//
// Who runs a verb is an operator: with --even-so the rules do not stop them.
package bookings
