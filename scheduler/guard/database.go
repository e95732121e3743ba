package guard

import "deskd/scheduler/plan"

// Database is the guard of the database: a round that cannot read or write it does
// nothing.
type Database struct{ err error }

// Note takes in how a round has ended.
func (d *Database) Note(err error) { d.err = err }

// Failed reports whether the last round could not read or write it.
func (d *Database) Failed() bool { return d.err != nil }

// Blocks says so.
func (d *Database) Blocks() []plan.Block {
	if d.err == nil {
		return nil
	}
	return []plan.Block{{Kind: plan.KindDatabaseWrite, Text: d.err.Error()}}
}
