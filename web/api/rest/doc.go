// Package rest is the frame of the interface for programs, without its operations:
//
//	frame.go    operations, and the document that describes them
//	guard.go    who asks: token, scope, role; limits
//	problem.go  what went wrong, as problem+json: one table of errors and statuses
//	list.go     pages of lists, and lists as CSV
//	answer.go   one thing that is asked for, made, or tried
//
// An operation without an action of access is refused. Names of others are left out of
// refusals for those who may not see them.
package rest
