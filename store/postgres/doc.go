// Package postgres keeps a database in a PostgreSQL server: [DB] implements
// [dialect.Database].
//
// Opening looks before it writes: at the server (version, encoding, whether it may be
// written), at the schema's version; then it migrates, and makes one pool that writes
// what the audit records, one for the rest, and one that reads (open.go, server.go,
// pools.go). A transaction holds its locks from its beginning, so that one writes at a time
// over all nodes, and nobody's journal waits for another program's transaction (change.go).
// What others have committed shows in the audit's numbers (notices.go). Instants are
// timestamptz, which is this package's own affair (instants.go).
//
// What rows mean is not known here. It imports dialect, audit and migrations.
package postgres
