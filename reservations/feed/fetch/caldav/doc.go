// Package caldav mirrors one calendar of a CalDAV server (RFC 4791): it asks what
// has changed since the last time (RFC 6578), or, of servers that cannot say, what
// there is in a stretch of time, and fetches the objects that are new. Since servers
// report changes wrongly, it asks for everything now and then. [Find]
// looks for calendars where only the server is known (RFC 6764).
//
// It only reads. It knows nothing of connections, credentials and limits of
// transfer, which are those of the [Send] it is given, and does not look into
// the calendar objects it brings.
//
// The invariant: [Collection.Sync] returns all the calendar holds, as far as the server
// says so, or an error, never a part. An object that is listed and cannot be fetched is
// in the answer all the same, with the reason. Every error leaves the mirror as it was,
// except for bodies that need not be fetched again.
//
// The mirror lives in memory. After a restart it is fetched whole: a token kept
// elsewhere could outlive its bodies.
package caldav
