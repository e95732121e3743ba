// Package feeds has the verbs about calendars: deskd check feed reads one, and deskd
// feed decides what becomes of held changes and of feeds that the configuration no
// longer has.
//
//	check.go    check feed: a calendar by name, file or URL
//	reading.go  what was understood of it and what was not, as a table or as lines
//	feeds.go    feed show, accept, reject
//	held.go     a held change as a table
//	drop.go     feed drop, rename
//
// A poll that a verb needs is asked of the daemon where one runs. The keys of check
// feed -o json are a contract; [deskd/web/view.FeedLine] has them.
//
// It imports cli, console, daemon and the read model, and reads calendars with
// reservations/feed.
package feeds
