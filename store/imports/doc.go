// Package imports writes files of desks, people and reservations into a database: each
// row is decided about on one state of it, and what passes is written in batches, between
// which others write (importing.go says what holds meanwhile). Phones, addresses and
// aliases may change hands in any order.
//
// It knows columns, and no file format. It imports tables, audit and dialect.
package imports
