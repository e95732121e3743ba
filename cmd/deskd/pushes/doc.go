// Package pushes is what deskd has phones do by itself: it clears their lists of calls
// ([Lists]), and shows people what they have not asked for ([Notices]).
//
// It owns when a push goes out and what stands in its way, and records what came of it; what to
// try, and when, is decided in deskd/scheduler/callhistory and deskd/scheduler/notices. Its
// invariants: a push begins only seconds after the phone system has said who is on the phone; no
// login waits for one, for the intent of a login ends it ([Cluster.Heed]); and only the node that
// drives the cluster pushes.
//
//	journal ──Heed──> book of sessions ──due──> who is on the phone? ──nobody──> push
//	   ^                    ^ read again from the journal by the driving node      │
//	   └───────────────── cleared, refused, not cleared ──────────────────────────┘
//
// It drives nothing: a phone that takes no pushes is logged in and out like any other.
package pushes
