// Package sqlite keeps a database in an SQLite file: [DB] implements
// [dialect.Database].
//
// Opening looks before it writes: at who owns the file, at the marker beside it (which
// database was last used here, and how far it had come), at the schema's version. Then
// it migrates, compares the schema with the one that the migrations make, and opens one
// connection that writes and some that read (options.go, file.go, db.go, open.go,
// pragma.go, marker.go, schema.go). Damage is looked for by its caller (check.go). A transaction holds the write lock from its
// beginning (begin.go). [Backup], [Restore] and [Examine] work on files beside a running
// daemon.
//
// What rows mean is not known here, but for what a restore must carry over. It imports
// dialect, files, audit and migrations.
package sqlite
