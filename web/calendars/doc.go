// Package calendars serves the calendars that people subscribe to: GET /cal/SECRET.ics.
//
// The address is the key: who has it reads the bookings of one person, desk, zone or site,
// until it is revoked or expires. It writes nothing. An address that is not known, one that
// was revoked and one that never was are told apart by nobody: each is the same 404.
package calendars
