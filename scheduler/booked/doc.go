// Package booked keeps in memory what is booked around now, and brings it up to date by what
// was changed:
//
//	written by               and heard of by
//	any program              the audit: which reservations, and that desks or people were
//	another, past the audit  its commit, of which the audit tells nothing; see [House.News]
//	no one                   the passing of time, by which other bookings come into sight
//
// The last three have everything read again, as is done once an hour in any case: what is
// read whole is the truth, and to go on from it has to come to the same. A change of one
// booking costs what it touches, however many there are.
//
// It decides nothing and writes nothing. What it hands out does not change any more.
package booked
