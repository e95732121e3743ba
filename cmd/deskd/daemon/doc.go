// Package daemon is deskd at work: what a configuration and its database are made
// into, and what lives by it until the process ends.
//
//	[Parts]     what a configuration is made into; a verb needs some of it, too
//	[Instance]  everything that runs by one configuration
//	[Server]    what outlives a reload: one Instance after the other, never two at once
//
//	configuration ─> Parts ─> Instance ─┐   SIGHUP: the next one is made beside it,
//	                     │              │   and begins when this one has ended
//	                     └── Server ────┴─> pages, service manager, log
//
// By file:
//
//	parts.go, feeds.go, credentials.go  the configuration, translated
//	preview.go, refused.go, ask.go      what verbs ask of the parts, or of a daemon that runs
//	instance.go, snapshot.go            wiring, life, what pages are made of
//	examination.go                      the check of the whole database, at the door and beside the daemon
//	guard.go, notices.go, strays.go, anchors.go  what is looked after every minute, and said
//	inventory.go                        the services that say where phones are
//	requests.go, retention.go           what others ask for; what is removed at night
//	server.go                           reload; whom the pages are served to
//	manager.go                          the service manager (sd_notify) and its watchdog
//	logpipe.go, librarylog.go           the log, also where nobody reads it
//	lock.go, memory.go, version.go      the process
//
// It imports what it wires. It prints nothing and knows no flags: verbs hand it a
// configuration.
package daemon
