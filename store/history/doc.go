// Package history answers what was: a desk as it was at an instant ([Reader.DeskAsOf]),
// by undoing what the audit has recorded since, and what has become of the bookings
// whose sessions would end early, and by whom ([Reader.Fates]).
//
// It writes nothing. What the audit's signer does not prove is taken for another
// program's. It imports tables, audit and dialect.
package history
