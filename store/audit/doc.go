// Package audit is the record of every change, which nobody rewrites unseen: rows that
// the database's triggers write, chained by hashes, signed with a key that stands
// outside of the database, and compared with heads that were kept elsewhere.
//
// [Log] is the audit of one database: it makes changes under an actor's name, chains
// what other programs have left, verifies, and prunes. [Signer] proves what deskd has
// written. An [Anchor] is a head in a file. What names a person is removed from a row
// with [Redact], and the chain stays whole.
//
// It knows no table but audit and self. It imports dialect, files and the nouns.
package audit
