// Package api is the interface for programs: /api/v1, described by the OpenAPI document that
// it serves itself.
//
//	api.go           what it is made of
//	desks.go         desks, live, and why their phones are as they are
//	reservations.go  bookings that are read
//	book.go          bookings that are made and changed
//	series.go        bookings that repeat
//	presence.go      who has come, and who stands at a desk
//	closures.go      desks that are closed for a time
//	absences.go      people who are away
//
// Who may ask, how requests fail, and what a list is, is in package rest; what is about no
// booking in records.
//
// It decides nothing: what can be done with a booking is in package booking, what is shown in
// view, who may do what in access. A route without an action of access is refused. Names of
// others are left out for those who may not see them, also where a refusal would tell them.
package api
