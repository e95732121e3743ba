// Package store keeps sites, desks, people, reservations, feeds, the journal of
// attempts and the last observation of every phone in a database. It and the rooms
// below it are the only ones that know gorm and SQL; what goes in and comes out are the
// nouns of packages reservations and scheduler.
//
//	dialect   what a kind of database has to do: the seam
//	sqlite    a file
//	postgres  a server
//	files     links, owners and locks of that file and of those beside it
//	audit     who changed what: chain, signer, anchors
//	tables    the tables that several rooms write
//	imports   files into the database
//	erasure   names out of it
//	history   what was, and what has become of it
//
// [Store] is the face of all of them: callers above need no other room. A file here
// is named for what it reads and writes; those of long deeds are rooms.
//
// It decides nothing about phones and never looks at the clock. Its invariants
// are the database's own: confirmed reservations of one desk do not overlap
// (triggers, or an exclusion constraint), a change is on disk when its call returns (WAL,
// synchronous=FULL, or synchronous_commit), and there is one writer at a time (one
// connection, IMMEDIATE transactions, or a lock of the server's) beside any number of
// readers. Intents and outcomes that wait at the same time share a
// commit (group.go): each call returns when its own row is on disk, and an error is that of
// its row alone.
//
// Beside an SQLite file stands a marker: which database it was that was last used
// here, and how far it had come. One that is missing, empty, another or an older
// copy is refused ([dialect.ErrMarker]), for a daemon that believes it would log people
// out because rows are gone. Every change of reservations, desks and people is in
// the audit, no matter who made it ([Store.VerifyAudit]).
//
// The table reservations is a public contract: other programs may insert,
// change and cancel rows by SQL. Its columns, defaults and rules are described
// in migrations/sqlite/00001_tables.sql and migrations/postgres/00001_tables.sql. Rows that name an unknown desk or
// person are reported by [Store.InvalidRows] and never acted on.
package store
