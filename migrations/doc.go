// Package migrations holds the schema of deskd's database as numbered SQL
// files, one folder per SQL dialect, and applies them.
//
// A file is never edited once released: a change is a new number in every
// folder. Each file is applied in one transaction together with the record that
// it was, so that an interrupted upgrade leaves the old schema or the new one.
// The package creates and alters tables; it never reads or interprets rows.
package migrations
