// Package phones drives the phones of a cluster through Cisco's Extension Mobility
// service. It is the only room that knows the wire: everything above it speaks of
// sessions, refusals and unknown outcomes.
//
//	scheduler ──> Access ──> hanging ──> System (EM) ──> emapi.Client ──> EMService
//
// [Access] is the way to the phones with credentials that may be read again while it
// is in use (access.go). It keeps phones whose requests hang out of the questions about
// others (hanging.go). [EM] translates requests, answers and codes; a clear no is a
// [Refusal] with its [plan.Class] (em.go, refusal.go). [Duration] is how long a session
// is asked for (duration.go). [Directory] says who is meant by a user id as a reply
// spells it (directory.go).
package phones
