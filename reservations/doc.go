// Package reservations holds the nouns of deskd and the rules between them:
// sites, desks, people, reservations, spans, calendars and feeds.
//
// It is pure: no clock, no file, no network, no database. Instants come in as
// arguments and are kept in UTC; a time zone is only ever met at a site.
//
// Its invariant is the half-open [Span]: a reservation owns its first instant
// and not its last, so that two bookings back to back neither overlap nor leave
// a gap. A [Calendar] answers for each desk with at most one reservation.
package reservations
