// Package bookings is the rows behind package booking: what is read of a desk and a person,
// and written, in one transaction. [Keeper] is the [booking.Store] of a database.
//
// It holds a booking against no rule: that is booking's. What it keeps to is that no two
// bookings of a desk overlap, that what is freed goes to those who wait for it, and that an
// idempotency key books once. Its questions go by indexes and do not depend on how much was
// booked long ago.
package bookings
