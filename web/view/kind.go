package view

// Kind names, in a word that stays, what is degraded. Each has a banner on the
// page, a reason in the readiness probe and a value of the metric
// deskd_degraded, all three from one list; docs/operations.md has them with the
// lines that the log gets.
type Kind string

// The kinds. Those of a cluster or a feed name it, the others are of the whole.
const (
	KindStarting      Kind = "starting"       // a cluster has not been swept since the start
	KindPaused        Kind = "paused"         // a person has paused a cluster
	KindRefused       Kind = "refused"        // the phone system refuses deskd
	KindUnanswered    Kind = "unanswered"     // first questions were lost: it is not asked yet
	KindCertificate   Kind = "certificate"    // what answers does not prove to be the phone system
	KindSilent        Kind = "silent"         // the phone system does not answer
	KindNode          Kind = "node"           // one of its nodes does not, others stand in
	KindDatabaseWrite Kind = "database_write" // the database cannot be read or written
	KindStuck         Kind = "stuck"          // the rounds of a cluster stand still
	KindLate          Kind = "late"           // more is due than the rate lets through
	KindUnknownDevice Kind = "unknown_device" // phones that the phone system does not know
	KindNoAnswer      Kind = "no_answer"      // phones it says nothing about
	KindFutile        Kind = "tries_failed"   // logins or logouts come to nothing again and again
	KindClock         Kind = "clock"          // the clock has jumped
	KindFeeds         Kind = "feeds"          // feeds that were never read, and people who wait for them
	KindUnit          Kind = "unit"           // the unit of the sessions looks wrong
	KindSessionsLost  Kind = "sessions_lost"  // many sessions have vanished together
	KindHeldLogouts   Kind = "held_logouts"   // logouts wait for a person, since many bookings were cut short at once
	KindFeed          Kind = "feed"           // a feed cannot be read
	KindHeld          Kind = "held"           // a feed's change waits for a person
	KindRejected      Kind = "rejected"       // a feed is not followed
	KindUnread        Kind = "unread"         // events of a feed that are not understood
	// What desks and bookings name, and the configuration does not have.
	KindNoFeed    Kind = "feed_unconfigured"    // bookings of a feed that nobody reads
	KindNoCluster Kind = "cluster_unconfigured" // desks of a cluster that is not driven
	KindNoSite    Kind = "site_unconfigured"    // desks whose wall clock is not known
	KindEmpty     Kind = "cluster_empty"        // a cluster without desks
	KindIgnored   Kind = "ignored"              // reservations nobody acts on
	KindConfig    Kind = "config"               // a new configuration was refused
	KindReplaced  Kind = "database_replaced"    // a file of the database is not the one that is open
	KindAudit     Kind = "audit"                // the audit is not as it was written
	KindSchema    Kind = "schema"               // its tables or triggers are not as deskd made them
	KindLog       Kind = "log"                  // nobody reads the log, and its lines are dropped
	KindAdopted   Kind = "adopted"              // the database was taken over or restored
	KindDatabase  Kind = "database"             // it does not answer, so that no other kind is known
)

// Kinds are all of them.
var Kinds = []Kind{
	KindStarting, KindPaused, KindRefused, KindUnanswered, KindCertificate, KindSilent, KindNode, KindDatabaseWrite, KindStuck, KindLate,
	KindUnknownDevice, KindNoAnswer, KindFutile, KindClock, KindFeeds, KindUnit, KindSessionsLost, KindHeldLogouts, KindFeed, KindHeld, KindRejected, KindUnread, KindNoFeed, KindNoCluster, KindNoSite, KindEmpty, KindIgnored, KindConfig, KindReplaced, KindAudit, KindSchema, KindLog,
	KindAdopted, KindDatabase,
}
