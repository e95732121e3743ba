package reservations

import (
	"encoding/json"
	"time"
)

// AuditEntry is a row of the audit: one change of a reservation, a desk or a
// person, or an action of deskd that concerns the whole database.
type AuditEntry struct {
	ID    int64     `json:"id"`    // from 1, without gaps
	At    time.Time `json:"at"`    // by the clock of the machine that made the change
	Actor string    `json:"actor"` // daemon, cli:NAME, feed:NAME; sql for other programs
	// Claims is the actor that the row names, where another program wrote the row.
	Claims string `json:"claims,omitempty"`
	Verb   string `json:"verb"` // reserve, cancel, pause, import, apply …; insert, update, delete of other programs
	Kind   string `json:"kind"` // reservation, desk, person, cluster, feed or database
	Item   string `json:"item"` // its id, empty when Redacted
	// What holds the columns as they were ("was") and are ("is"), null when
	// Redacted.
	What json.RawMessage `json:"what"`
	// Hash is the SHA-256, in hexadecimal, over the row before and this one;
	// empty while the row waits for deskd to see it.
	Hash string `json:"hash"`
	// Redacted says that item and what were removed, because they named a person.
	Redacted bool `json:"redacted,omitempty"`
	// Problem says what of the row cannot be read.
	Problem string `json:"problem,omitempty"`
}

// AuditFilter narrows a list of the audit. A zero field does not.
type AuditFilter struct {
	Since, Until time.Time // made at or after, and before
	Kind         string
	Item         string
	Limit        int // at most so many, the newest ones
}
