// Package provisioning judges whether the phone system is set up for what deskd does: whether a
// login at each desk, and of each person, will work, and what does not work beside it.
//
//	facts.go   what was told of a desk, a person, a cluster
//	desk.go    the eight checks of a desk's phone
//	person.go  the checks of a person
//	report.go  rows, counts, what is ready
//
// It is pure: package asking asks, and nothing here has a clock, a network or a database. Its
// invariant: nothing is ok that was not told. What nobody has told is unknown, with the reason.
package provisioning
