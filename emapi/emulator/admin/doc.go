// Package admin is the admin port of the emulator: a JSON interface to the people at its
// phones, to its cluster, knobs and faults, for people with curl and for tests in other
// languages.
//
// It imports the emulator, and uses nothing of it that another program could not: every
// call is a method of [emulator.Emulator] with its arguments read from JSON. It keeps no
// state and decides nothing. Its invariant: no web page can use it.
//
//	admin.go  the calls, in the order in which GET / lists them
//	http.go   JSON in and out, status codes, whom it answers
package admin
