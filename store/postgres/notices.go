package postgres

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"

	"gorm.io/gorm"

	"deskd/store/dialect"
)

// newest is the number of the newest row of the audit, 0 for none.
const newest = "SELECT coalesce(max(id), 0) FROM audit"

// numbers are those of the audit's rows, by who has given them. They have no gaps and are
// committed in their order, so that those which this process has not given are the others':
//
//	seen ──────────┐
//	... 40 41 42 43│44 45 46 47 48 49
//	                [own ]    [own ]     46 is another's: changed
type numbers struct {
	mu   sync.Mutex
	seen int64    // up to which others' changes were told
	own  []*given // behind seen, in their order, also such as are being committed
}

// given are the numbers from, exclusive, to upTo that a transaction has given.
type given struct {
	of          *numbers // nil where the audit records nothing
	from, upTo  int64
	transaction string // its number, "" as long as it has written nothing
}

// follow begins to follow a transaction.
func (n *numbers) follow(tx *gorm.DB, audited bool) (*given, error) {
	if !audited {
		return &given{}, nil
	}
	g := given{of: n}
	return &g, tx.Raw(newest).Row().Scan(&g.from)
}

// reach asks how far the transaction has come, at its end.
func (g *given) reach(tx *gorm.DB) error {
	return tx.Raw("SELECT coalesce(pg_current_xact_id_if_assigned()::text, ''), ("+newest+")").Row().Scan(&g.transaction, &g.upTo)
}

// await takes the numbers for this process's, before they are committed: whoever sees them
// must not take them for another's.
func (g *given) await() {
	if g.of == nil || g.upTo == g.from {
		return
	}
	g.of.mu.Lock()
	defer g.of.mu.Unlock()
	g.of.own = append(g.of.own, g)
}

// undo gives the numbers back: nothing was committed.
func (g *given) undo() {
	if g.of == nil {
		return
	}
	g.of.mu.Lock()
	defer g.of.mu.Unlock()
	g.of.own = slices.DeleteFunc(g.of.own, func(o *given) bool { return o == g })
}

// heed takes in how far the audit has come, and reports whether others have written of it.
func (n *numbers) heed(upTo int64) (others bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if upTo < n.seen { // the database has gone back: a replica was promoted without its last commits
		n.seen, n.own = upTo, nil
		return true
	}
	at := n.seen
	for _, g := range n.own {
		if g.from <= at && g.upTo > at && g.upTo <= upTo {
			at = g.upTo
		}
	}
	n.own = slices.DeleteFunc(n.own, func(g *given) bool { return g.upTo <= upTo })
	n.seen = max(n.seen, upTo)
	return at < upTo
}

// Changed reports whether anybody but this DB has changed what the audit records since the
// last call, or since it was opened: bookings, desks, people, pauses, answers, requests.
func (s *DB) Changed(ctx context.Context) (bool, error) {
	if s.numbers == nil {
		return false, dialect.ErrReadOnly
	}
	var upTo int64
	if err := s.Read(ctx).Raw(newest).Row().Scan(&upTo); err != nil {
		return false, fmt.Errorf("watch for changes: %w", explain(err))
	}
	return s.numbers.heed(upTo), nil
}

// Version tells apart the states of the server: a commit of any program takes its number
// from those that are under way, or moves the highest. Once the schema is a newer deskd's it is
// a [dialect.ErrNewerSchema]: what is read may lack what matters by now.
func (s *DB) Version(ctx context.Context) (all, own int64, err error) {
	var state string
	var at int64
	if err := s.Read(ctx).Raw("SELECT pg_current_snapshot()::text, ("+schemaVersion+")").Row().Scan(&state, &at); err != nil {
		return 0, 0, fmt.Errorf("look for changes: %w", explain(err))
	}
	if err := s.outgrown(at); err != nil {
		return 0, 0, err
	}
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(state))
	return int64(sum.Sum64()), s.commits.Load(), nil //nolint:gosec // any number does
}

// SchemaWritten is never so: a server has its connections read the schema again by itself.
func (s *DB) SchemaWritten(context.Context) (bool, error) { return false, nil }

// Replaced is never so: no file is open.
func (s *DB) Replaced() error { return nil }
