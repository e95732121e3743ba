// Package usage removes reservations that were over long ago, and keeps what facilities
// teams ask for: how much was booked at which site on which day, and at which desk in which
// month. Counts name nobody, so that they stay.
//
// A reservation is removed only when its names are gone ([deskd/store/erasure]), and
// counted in the transaction that removes it: never twice, and never not at all. It imports
// audit and dialect.
package usage
