package guard

import (
	"time"

	"deskd/scheduler/plan"
)

// Database is the guard of the database: a round that cannot read or write it does
// nothing.
type Database struct {
	err      error
	failures int // in a row
}

// Note takes in how a round has ended.
func (d *Database) Note(err error) {
	if d.err = err; err == nil {
		d.failures = 0
	} else {
		d.failures++
	}
}

// Failed reports whether the last round could not read or write it.
func (d *Database) Failed() bool { return d.err != nil }

// soonest is how soon a database that has failed once is tried again: it may have lost no
// more than a connection.
const soonest = 250 * time.Millisecond

// Again is in how long the database is tried again, twice as long after each failure, up to
// [AskAgainIn].
func (d *Database) Again() time.Duration {
	return min(soonest<<min(max(d.failures, 1)-1, 8), AskAgainIn)
}

// Blocks says so.
func (d *Database) Blocks() []plan.Block {
	if d.err == nil {
		return nil
	}
	return []plan.Block{{Kind: plan.KindDatabaseWrite, Text: d.err.Error()}}
}
