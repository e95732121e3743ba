// Package callhistory decides when the list of calls of a phone is cleared after a session that
// deskd has ended, and what is to be said of it when it is not.
//
// It is pure: a fold over attempts ([Book]) that a restart reads again from the journal, and
// the next try of a session ([Session.Next]) with the instant as an argument.
//
//	logout done ──> pending ──tries at 0, 15, 30, 60, 120 s──> cleared | refused | not cleared
//	                   │
//	                   └ a login begins at the phone: never again, for the list is the next person's
//
// It imports the attempts of deskd/scheduler/plan alone, pushes nothing and asks nobody.
package callhistory
