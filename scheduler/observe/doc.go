// Package observe keeps what the phones of a cluster were seen to show, and what looks
// at them are still to tell. What a phone shows is never guessed: one whose state is
// unknown is held, an outcome that is unknown is resolved by a look and not repeated,
// and an answer that contradicts a success of seconds ago may be older than that.
//
//	phones.go       [Phones]: the devices, what was seen, when to look again
//	deeds.go        [Deeds]: what deskd has done, as far as a look has to resolve or prove it
//	take.go         an attempt has ended
//	conclude.go     an answer has come: what it shows, and which attempts it resolves
//	stale.go        an answer may be from the past
//	edges.go        bookings that begin, go on, or outlast their session
//	whereabouts.go  [Whereabouts]: people who are logged in elsewhere
//	unattested.go   logins that take no session, for nobody stands for them
//
// It imports deskd/reservations and deskd/scheduler/plan, /phones, /clock and /guard.
package observe
