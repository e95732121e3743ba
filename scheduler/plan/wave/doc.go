// Package wave says when the logins of many bookings that begin together go out. It
// is pure: it knows phones and slots, and neither people nor bookings.
//
// A cluster is a server that takes one request after another, a gap apart: see [Pace].
// A phone needs one slot for its login, or two where a session there is ended before. A
// slot is not taken before the phone's release, and the phone is in time if its login
// goes out no later than it is due:
//
//	release                          due
//	   |----- logout ----- login -----|
//
// If all can be in time, each goes out as late as that allows: bookings still change.
// Otherwise the phones that are in time are as many as possible, and go out as late as
// they can; the others go out as early as the slots between those allow, the one that was
// due first first.
package wave
