// Package operate are the operations of the interface for programs with which people run deskd:
//
//	clusters.go  phone systems are paused and resumed, one or all
//	feeds.go     held changes of calendars are looked at and answered
//	tokens.go    tokens are made and revoked
//
// What they do is what the verbs of the command line do, and stands in the audit alike.
package operate
