// Package vitals looks at a PostgreSQL server as its administrator would, and says what will
// go wrong there: with the power, with time, with the next migration.
//
//	vitals.go      [Look], and what a [Sign] is
//	durability.go  whether a commit is on disk, here and on replicas
//	room.go        time-outs, transactions that stay open, numbers and connections that run out
//	rights.go      who may do what, extensions
//	life.go        the version's end of life, the clock
//
// It asks by a connection of its own that has the settings of the server and the role, not
// those that deskd asks for. It changes nothing, and what its role may not see it leaves out.
package vitals
