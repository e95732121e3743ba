// Package forecast says when the phones of bookings that are still to begin will be
// ready, which of them will be late and why, and what the cluster would have to take for
// none to be.
//
// It is pure, and has two halves:
//
//	bookings ──> demand ──> requests: which, from when on, due when ──> cluster ──> times
//	             (demand.go)                                            (cluster.go)
//
// The first plays the coming edges of bookings with [plan.Plan], as rounds will, on what
// the phones show now, each step done at once: so whoever is held, refused or not wanted
// is that here too, with the reason. The second lets the requests out as rounds and
// senders do, at the cluster's pace, in slots of [wave.Starts]. What would suffice is
// found by asking the second half again ([Enough]).
//
// Two seconds count for nothing here, as in the wave: see [wave.Slack].
package forecast
