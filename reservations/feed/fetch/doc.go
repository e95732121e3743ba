// Package fetch brings the bytes of a calendar feed: a file, an address on the web, or a
// calendar of a CalDAV server, and learns whether they have changed.
//
// Make a [Fetcher] of a [Source]; [Fetcher.Fetch] returns a [Body], or an error that
// says what can be done about it ([Advice]) and shows no more of the URL than [Redact].
//
// All connections for feeds are made here, by one function that decides whom they may
// reach: the address is judged when a socket is about to connect, after every spelling,
// redirection and answer of a name server has become one. Credentials are shown to the
// URL's own origin alone. Every body, answer and header has a limit, in bytes and time.
//
// What is no calendar by its first bytes is refused; what the calendar says is the
// matter of other packages. A fetcher of a CalDAV server remembers what it has of it,
// which only saves requests. No clock is read.
//
// It imports ical, to see whether an object is a calendar, and caldav, which knows the
// protocol and nothing of connections.
//
//	source.go    where a feed comes from, and the credentials for it
//	fetch.go     Fetcher: which of the three it is; file.go, caldav.go
//	body.go      what comes of it; text.go: bytes in memory and on disk; kinds.go: what is no calendar
//	http.go      requests and redirections; login.go, challenge.go, digest.go: who asks
//	network.go   whom a feed may reach; embedded.go, firsthost.go
//	advice.go    what can be done about an error; wire.go, redact.go
package fetch
