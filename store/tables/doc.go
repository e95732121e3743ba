// Package tables is each table that more than one room writes, as a row and the noun it
// stands for, with what every writer of it has to keep to: how a booking is put
// down so that none overlaps another ([Put]), who gets a desk that becomes free
// ([Fill], [Settle]), and what a name that is not known may have meant ([Directory]).
//
// All of it works within its caller's transaction. It imports audit and
// dialect, and of the nouns reservations and scheduler's.
package tables
