package dialect

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// Transactions are how rows are read and changed.
type Transactions interface {
	// Read is for one question. It sees what is committed, and keeps nobody from
	// writing.
	Read(ctx context.Context) *gorm.DB
	// Snapshot asks several questions of one state of the database.
	Snapshot(ctx context.Context, do func(tx *gorm.DB) error) error
	// Change runs do in one transaction, which holds the write lock from its
	// beginning: what do reads stays as it is until it is written. The change is on
	// disk when Change returns nil, and leaves no trace when do fails. The errors
	// are [ErrReadOnly], [ErrStopped], [ErrReplaced] and [ErrCommit] beside those of do.
	Change(ctx context.Context, do func(tx *gorm.DB) error) error
}

// Notices are what happens to an open database.
type Notices interface {
	// Changed reports whether another program or connection has committed a change
	// since the last call, or since it was opened.
	Changed(ctx context.Context) (bool, error)
	// Listen tells, until ctx ends, that something was committed, by whichever process: a
	// hint to ask Changed at once. Some are lost. Nil where a database tells nobody.
	Listen(ctx context.Context) <-chan struct{}
	// Version tells what has been committed by two numbers: the first differs after any
	// commit, the second after one of this process alone. It waits for no writer.
	Version(ctx context.Context) (all, own int64, err error)
	// SchemaWritten reports whether the schema was written since the last call, or
	// since the database was opened. If so, it has every connection read it again.
	SchemaWritten(ctx context.Context) (bool, error)
	// Replaced is an [ErrReplaced] when what is open is not what others would
	// open by now. Nothing is written then.
	Replaced() error
	// Failed is closed once a commit has ended with [ErrCommit]. Nothing is written
	// from then on: what the disk holds shows when the database is opened again, and
	// the process should end for that.
	Failed() <-chan struct{}
}

// Inspection is what can be found wrong with an open database.
type Inspection interface {
	// Check reads all of the database. The error is [ErrDamaged] when it is damaged.
	Check(ctx context.Context) error
	// Glance reads what takes no time, however large the database is: all but the tables
	// that grow with every booking. The error is [ErrDamaged] when that is damaged.
	Glance(ctx context.Context) error
	// Orphans counts the rows that refer to a site, cluster, person or feed that is
	// not there: another program wrote them without foreign keys switched on.
	Orphans(ctx context.Context) (int, error)
	// SchemaFaults compares the schema with the one that the migrations make. A
	// database without faults returns none.
	SchemaFaults(ctx context.Context) ([]SchemaFault, error)
	// Doubt is the [ErrMarker] for which a program that may write would not get this
	// database, with the ways out; nil when there is none. It was looked for when the
	// database was opened.
	Doubt() error
}

// Marker is what stands outside the rows and vouches for them: the file beside an SQLite
// database.
type Marker interface {
	// Key is the secret with which deskd proves what it has written.
	Key() string
	// Mark writes down how far the database has come, so that an older copy in its
	// place is recognised.
	Mark(ctx context.Context) error
	// Marked is how far the audit had come when it was last marked, by any process;
	// nil where nothing is known.
	Marked() (*Head, error)
	// Head is how far the audit has come.
	Head(ctx context.Context) (Head, error)
}

// Upkeep is what is done to an open database as a whole.
type Upkeep interface {
	// Aside is the same database with one more connection for readers who may be many,
	// so that they wait for each other and nobody waits for them. It is the same one at
	// every call, refuses every change, and ends with this one.
	Aside() (Database, error)
	// Scrub removes what was deleted from where it may still be read. The error is
	// [ErrLingers] when others did not let it.
	Scrub(ctx context.Context) error
	// Shrink gives space that is not used any more back to the file system, in steps
	// between which others write, and returns how many bytes. Some stays for the rows of
	// the next days.
	Shrink(ctx context.Context) (int64, error)
	// Close ends all connections.
	Close() error
}

// Database is an open database of one dialect: the parts of it, by what they are for.
// All of them are one thing, and none may be missing.
type Database struct {
	Transactions
	Notices
	Inspection
	Marker
	Upkeep
	Duties
}

// Head is how far the chain of the audit has come.
type Head struct {
	Database string // id of the table self
	Row      int64  // newest row in the chain
	Hash     string // of that row
}

// SchemaFault is where a database's schema is not the one that deskd gave it.
type SchemaFault struct {
	What string `json:"what"`          // "trigger x on reservations is not deskd's"
	Fix  string `json:"fix,omitempty"` // the statements that undo it, empty when none do
}

// Contents is what a database holds.
type Contents struct {
	Schema       int64 `json:"schema"` // version of the schema
	Desks        int64 `json:"desks"`
	People       int64 `json:"people"`
	Reservations int64 `json:"reservations"` // of any status
	Attempts     int64 `json:"attempts"`
	Audit        int64 `json:"audit"` // rows
	Bytes        int64 `json:"bytes"`
	// Newest is the last change of a booking, attempt, or sight of a phone; zero
	// when there was none.
	Newest time.Time `json:"newest,omitzero"`
}
