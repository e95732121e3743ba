package plan

import "time"

// Kind names, in a word that stays, what is degraded: a state in which deskd does less
// than the bookings say. Page, readiness probe and the metric deskd_degraded show it by
// this name.
type Kind string

// The kinds of a cluster. Each is what a guard of deskd/scheduler answers with.
const (
	KindPaused        Kind = "paused"         // a person has stopped the cluster
	KindRefused       Kind = "refused"        // the phone system refuses deskd
	KindUnanswered    Kind = "unanswered"     // first questions were lost: it is not asked yet
	KindCertificate   Kind = "certificate"    // what answers does not prove to be the phone system
	KindSilent        Kind = "silent"         // the phone system does not answer
	KindNode          Kind = "node"           // one of its nodes does not, others stand in
	KindDatabaseWrite Kind = "database_write" // the database cannot be read or written
	KindLate          Kind = "late"           // more is due than the rate lets through
	KindUnknownDevice Kind = "unknown_device" // phones that the phone system does not know
	KindNoAnswer      Kind = "no_answer"      // phones it says nothing about
	KindTriesFailed   Kind = "tries_failed"   // logins or logouts come to nothing again and again
	KindClock         Kind = "clock"          // the clock has jumped
	KindFeeds         Kind = "feeds"          // feeds that were never read, and people who wait for them
	KindUnit          Kind = "unit"           // the unit of the sessions looks wrong
	KindSessionsLost  Kind = "sessions_lost"  // many sessions have vanished together
	KindHeldLogouts   Kind = "held_logouts"   // logouts wait for a person: many bookings were cut short at once
)

// KindStale is that of steps that wait because an answer about their phone may be from
// the past. It passes within a minute, shows in previews alone, and is not logged.
const KindStale Kind = "stale"

// Level is how a line of the log is meant.
type Level int

// The levels. An error needs a look now; a warning may wait, or heal by itself.
const (
	Info Level = iota
	Warn
	Error
)

// LogRule is how the blocks of one kind are logged.
type LogRule struct {
	Kind   Kind
	Level  Level
	Begins string        // where the list before had none of the kind
	Ends   string        // and where none is left; info. Empty where what ended it is said instead
	Each   string        // a line for each scope, which it names by this key
	Again  bool          // it begins again when other scopes are in the list
	Every  time.Duration // a reminder as long as it lasts
	Names  string        // the key under which the scopes are listed; empty: how many they are
}

// hourly is how often the log is reminded of what a person has to repair.
const hourly = time.Hour

// LogRules are those of all kinds that page, probe and metric show, in the order of
// docs/operations.md, whose table is written by the test that brings each about.
var LogRules = []LogRule{
	{Kind: KindPaused, Level: Info, Begins: "cluster is paused: nothing is sent to its phones", Ends: "cluster is resumed"},
	{Kind: KindRefused, Level: Error, Every: hourly,
		Begins: "phone system refuses deskd: nothing but a question every 15 minutes is sent to it"},
	{Kind: KindUnanswered, Level: Error,
		Begins: "phone system is not asked yet: the answer to deskd's first question was lost again and again"},
	{Kind: KindCertificate, Level: Error,
		Begins: "phone system is not trusted: its phones are held until its certificate, or what deskd knows of it, is corrected"},
	{Kind: KindSilent, Level: Warn, Begins: "phone system does not answer: its phones are held"},
	{Kind: KindNode, Level: Warn, Each: "node", Begins: "node does not answer: others stand in for it", Ends: "node is back in use"},
	{Kind: KindDatabaseWrite, Level: Error,
		Begins: "database cannot be read or written: its phones are held", Ends: "database can be read and written again"},
	{Kind: KindLate, Level: Warn,
		Begins: "more logins and logouts are due than may be sent within a minute: they are late", Ends: "logins and logouts are on time again"},
	{Kind: KindUnknownDevice, Level: Error, Names: "desks", Again: true,
		Begins: "phone system does not know the phones of these desks: correct their device names, or add the phones to it",
		Ends:   "phone system knows every desk's phone"},
	{Kind: KindNoAnswer, Level: Warn, Names: "desks",
		Begins: "phone system says nothing about the phones of these desks", Ends: "phone system says something about every desk's phone"},
	{Kind: KindTriesFailed, Level: Error, Names: "desks",
		Begins: "logins or logouts come to nothing again and again at the phones of these desks: deskd explain says why",
		Ends:   "no phone of a desk fails again and again any more"},
	{Kind: KindClock, Level: Error, Names: "desks",
		Begins: "phones wait for the clock: set it right, or let it stay", Ends: "no phone waits for the clock"},
	{Kind: KindFeeds, Level: Error, Names: "feeds",
		Begins: "feeds have never been read: walk-ups, strangers and moves wait for them", Ends: "every feed has been read"},
	{Kind: KindUnit, Level: Error, Begins: "the unit of the sessions looks wrong"},
	{Kind: KindSessionsLost, Level: Error,
		Begins: "sessions have vanished together: the people are logged in again at the cluster's rate",
		Ends:   "sessions that vanished together are back"},
	{Kind: KindHeldLogouts, Level: Error, Every: hourly,
		Begins: "many bookings were cut short at once: their people stay logged in until a person has looked (deskd logouts show), or to the end they had",
		Ends:   "no logouts are held any more"},
}

// ClusterKinds are their kinds.
var ClusterKinds = func() (kinds []Kind) {
	for _, t := range LogRules {
		kinds = append(kinds, t.Kind)
	}
	return kinds
}()
