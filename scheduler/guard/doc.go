// Package guard holds the guards of a cluster's rounds: each watches one thing that may
// keep deskd from driving the phones as booked, and answers with blocks
// ([plan.Block]) that say what is not done now, and why.
//
//	guard        what it watches
//	-----------  ----------------------------------------------------------------
//	[Pause]      a person has stopped the cluster
//	[Circuit]    the phone system refuses deskd, or does not answer
//	[Nodes]      one of its nodes does not
//	[Database]   the database cannot be read or written
//	[Feeds]      a calendar was never read
//	[Unit]       sessions end after as many seconds as minutes were asked for
//	[Outage]     many sessions have vanished together
//	[Logouts]    many bookings were cut short at once
//	[Desks]      phones that are unknown, say nothing, or fail again and again
//	[Pace]       more is due than the rate lets through
//
// The guard of the clock is deskd/scheduler/clock. A guard changes no step itself: the
// round subtracts the blocks of all of them ([plan.Subtract]; the brake on early logouts
// has [plan.Withhold]), and page, readiness probe, metric and log are made of the list:
// [TransitionLog] compares it with the one before.
//
// To add a kind of "not now": its word and its lines of the log in
// deskd/scheduler/plan/kind.go, the guard here, and its call in the planner
// (deskd/scheduler/planner.go: degraded, and noteRound where it looks at the end of a
// round). Page, probe, metric and log follow by themselves, and
// TestDegraded (cmd/deskd) asks for a way to bring it about.
//
// What has to outlive a restart is in [ClusterState]; the requests that count against the
// rate come back from the journal (deskd/scheduler/resume.go). The package imports
// deskd/reservations, deskd/scheduler/plan, /phones, /poll and /clock.
package guard
