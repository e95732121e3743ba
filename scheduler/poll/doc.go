// Package poll reads calendar feeds at their times and brings their reservations into
// the store. It knows nothing of phones.
//
//	Times ──> Poller.Poll ──> fetch ──> feed.ReadBody ──> reservations.Diff ──> brake ──> Store
//
// A poll asks the server first whether the calendar has changed. If it has not, and
// nothing else has that its reading depends on (rules, window, desks, people), none of its
// bookings is looked at: it costs the request and a row. Desks and people are kept as one
// directory for all feeds, until the audit says that they were changed (names.go). The
// window moves at midnight, and so each feed is read in full at its first poll of a day:
// the occurrences that come into view are found then, though the calendar is the same.
//
// A feed that cannot be read keeps its last good state, and its server may ask to be
// left alone ([Times], times.go). A change that takes or brings too much at once is held
// until it has lasted, or a person decides (brake.go). What becomes of a feed is told
// once, when it changes (tell.go). [Poller.Unsynced] lists the feeds that are still to
// be read since the start: rounds leave alone until then who may be in one of them
// (unread.go).
package poll
