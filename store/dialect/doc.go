// Package dialect is the seam between the store and a database: what a kind of
// database has to do for it, and what both sides speak of: errors, instants, and how a
// long deed gives others their turn. Package sqlite is the one kind there is; a second
// implements [Database] and [Dialector], and nothing above store changes.
//
// What differs within a transaction hangs on gorm's own dialector ([Dialector]), so
// that a row's code needs no more than its transaction. What differs outside of one is
// in the small interfaces that make up [Database].
//
// It imports gorm, and nothing of ours.
package dialect
