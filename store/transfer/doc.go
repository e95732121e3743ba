// Package transfer moves a whole database from one kind to the other, and proves that
// nothing was left behind or changed.
//
//	ToServer   a file into an empty database of a server
//	ToFile     such a database into a new file
//
// What has to be moved is read from the schemas, never listed here, so that a table which
// a later migration adds moves as well (table.go). Rows travel in one canonical form, that of
// the SQLite file: see [column] (value.go). Triggers are off while the target is filled, for
// the audit and the counters come from the source (server.go, file.go).
//
// The target is filled in one transaction. Before its commit all rows of both databases are
// compared one by one, the numbers given, and what a verification of the audit says
// (proof.go). So it is whole or not there, however the process ends.
//
// The source is never written: a file is copied first, and an older schema migrated in the
// copy. The caller holds the locks of both databases.
package transfer
