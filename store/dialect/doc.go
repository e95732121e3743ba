// Package dialect is the seam between the store and a kind of database: what a kind has
// to do for it, and what both sides speak of. There are two, in packages sqlite
// and postgres, which pass the same tests; nothing above store knows which it is.
//
// What differs outside of a transaction is in the small interfaces that make up
// [Database], by what they are for: [Transactions], [Notices] of what others do,
// [Inspection], the [Marker] and [Upkeep] (database.go). What differs within one is in
// [Statements], which hangs on gorm's own dialector, so that a row's code needs no more
// than its transaction (statements.go). The rest is the same for all: errors
// (errors.go), instants (instant.go), statements that are made often (spelled.go),
// and how a long deed gives others their turn (turns.go).
//
// It imports gorm, and nothing of ours.
package dialect
