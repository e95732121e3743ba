// Package drive runs everything that one daemon does: the rounds of each cluster, the feeds at
// their times, the nightly jobs, and the watch for what other programs write ([Scheduler]).
//
// Several nodes may share the work on one database. Each duty (driving a cluster, reading the
// calendars, removing what is old) is then one node's at a time ([Duties]), and another takes it
// within a moment when that one is gone:
//
//	stand by ──take──> drive ──lost, or told to end──> stand by
//	  │                  │
//	  │ another has it   └ a reconciler of its own, made for this time alone ([Shared])
//	  └ tries again every [Again]
//
// Taking over is a restart: what the reconciler before knew is read from the journal. Who has
// a duty is the database's to say (a [Session]); nodes agree upon nothing among themselves.
package drive
