// Package view is the read model: what deskd knows and decides, as answers that the
// command line prints, the pages show and an interface for programs hands on.
//
//	[Model]        one installation: its records and what the configuration says
//	[Records]      what is read, in interfaces that a store implements
//	explain*.go    why a desk's phone is as it is, now and in the past
//	list.go        reservations, desks, people, attempts, drift, the audit
//	filter.go      what narrows a list
//	board.go       how every desk stands; what nobody acts on; rounds that stand still
//	cluster.go     what is remembered of a cluster
//	feed.go        how the calendars stand, and the changes of them that are held
//	logouts.go     the logouts that are held
//	reading.go     what a calendar says, and what of it is not understood
//	stray.go       what configuration and database do not agree about
//	snapshot.go    what pages and probes show, read at one time; kind.go names its states
//	live.go        a snapshot kept in memory: what has changed, and who says so (heard.go)
//	house.go       the desks in memory; floorplan.go says where they are
//
// Data goes in and nouns come out, with the JSON names that programs rely on. It
// prints nothing, knows no flags and no HTML, changes nothing and asks no phone. Of the
// database it sees the [Records]; what a round would do comes in as [Model.Preview].
package view
