package view

import (
	"slices"

	"deskd/scheduler/plan"
)

// Kind names, in a word that stays, what is degraded. Each has a banner on the
// page, a reason in the readiness probe and a value of the metric
// deskd_degraded, all three from one list; docs/operations.md has them with the
// lines that the log gets. Those of a cluster are the scheduler's: see [plan.ClusterKinds].
type Kind = plan.Kind

// The other kinds. Those of a feed name it, the others are of the whole.
const (
	KindStarting Kind = "starting" // a cluster has not been swept since the start
	KindStuck    Kind = "stuck"    // the rounds of a cluster stand still
	KindUndriven Kind = "undriven" // no node drives a cluster
	KindSettings Kind = "settings" // another node is configured otherwise
	KindFeed     Kind = "feed"     // a feed cannot be read
	KindHeld     Kind = "held"     // a feed's change waits for a person
	KindRejected Kind = "rejected" // a feed is not followed
	KindUnread   Kind = "unread"   // events of a feed that are not understood
	// What desks and bookings name, and the configuration does not have.
	KindNoFeed    Kind = "feed_unconfigured"    // bookings of a feed that nobody reads
	KindNoCluster Kind = "cluster_unconfigured" // desks of a cluster that is not driven
	KindNoSite    Kind = "site_unconfigured"    // desks whose wall clock is not known
	KindEmpty     Kind = "cluster_empty"        // a cluster without desks
	KindInventory Kind = "inventory"            // nobody says where a cluster's phones are
	KindIgnored   Kind = "ignored"              // reservations that are not acted on
	KindConfig    Kind = "config"               // a new configuration was refused
	KindCheck     Kind = "database_check"       // the database is still being read from end to end
	KindReplaced  Kind = "database_replaced"    // a file of the database is not the one that is open
	KindAudit     Kind = "audit"                // the audit is not as it was written
	KindSchema    Kind = "schema"               // its tables or triggers are not as deskd made them
	KindLog       Kind = "log"                  // nobody reads the log, and its lines are dropped
	KindAdopted   Kind = "database_adopted"     // the database was taken over or restored
	KindDatabase  Kind = "database"             // it does not answer, so that no other kind is known

	KindOwnCertificate      Kind = "own_certificate"       // those who come by TLS refuse what they are shown, or soon will
	KindOwnCertificateFiles Kind = "own_certificate_files" // its files hold none that can be used any more
)

// Kinds are all of them.
var Kinds = slices.Concat([]Kind{KindStarting}, plan.ClusterKinds, []Kind{
	KindStuck, KindUndriven, KindSettings, KindFeed, KindHeld, KindRejected, KindUnread, KindNoFeed, KindNoCluster, KindNoSite, KindEmpty, KindInventory, KindIgnored, KindConfig, KindOwnCertificate, KindOwnCertificateFiles, KindCheck, KindReplaced, KindAudit, KindSchema, KindLog, KindAdopted, KindDatabase,
})
