// Package plan decides who is to be logged in and out, when, and why.
//
// It is pure: it reads no clock, asks nobody and keeps nothing. The same desks,
// bookings, observations and attempts give the same steps at the same instant:
//
//	bookings ──> Wanted ──┐
//	observations ─────────┼──> Plan ──> steps, each with its cause and reason
//	attempts ──> History ─┘              │
//	   ^                                 v
//	   └────── what was sent, answered and seen ([Attempt])
//
// [Wanted] says who should be on which phone around an instant (wanted.go). [Plan]
// compares that with what the phones show, device by device (plan.go, scene.go), lets people
// have one session where the phone system allows one (twodesks.go, elsewhere.go,
// unattested.go), spreads the logins of a wave over the time before it (wave.go), and
// delays what was refused (retry.go). [History] is a fold over attempts: a process that
// starts reads the same one from the journal (history.go). [Proofs] are the successes
// that an answer from the past may contradict (proofs.go). [EarlyLogouts] and [Withhold]
// are the two halves of the brake on logouts before the end of a booking (logouts.go,
// because.go). [Board] says how every desk stands (board.go).
//
// It imports the nouns of deskd/reservations alone. An attempt carries the [Class] of
// its answer, so that no code of a phone system is known here.
package plan
