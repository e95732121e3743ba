// Package access says who may do what over HTTP: one table, and one function that reads it.
//
// What is not in the table is not allowed, and so is what no scope of the token covers, or no
// role. A role reaches everything, or what is of its own person: their bookings. The package
// is pure: it knows no request and no database, and every door asks it, those that come later
// too.
package access
