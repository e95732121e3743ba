package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"gorm.io/gorm"

	"deskd/store/dialect"
)

// mostGrouped is how many writes share a commit at most: the lock is held for some
// milliseconds.
const mostGrouped = 64

// group makes one transaction of the small writes that wait for the database at the same
// time: the disk is waited for once for all of them. Each returns when its own rows are on
// disk, or are not.
//
//	sender 1  ── has the turn, writes its own ──┐ commit
//	sender 2  ── waits ─────────────────────────┤ has the turn, writes 2 and 3 ──┐ commit
//	sender 3  ── waits ─────────────────────────┴────────────────────────────────┘
//
// A write that comes while others are written waits for the next transaction, so that
// nothing shares one with what was begun after its answer.
type group struct {
	db   dialect.Transactions
	turn chan struct{} // full while somebody writes

	mu      sync.Mutex
	waiting []*entry // in the order they came
}

// entry is one write of a group.
type entry struct {
	ctx  context.Context
	do   func(tx *gorm.DB) error
	done chan struct{} // closed when err is what became of it
	err  error
}

// errUnwritten is what became of a write that shared the turn with one that panicked.
var errUnwritten = errors.New("it was not written: another write panicked")

func newGroup(db dialect.Transactions) *group {
	return &group{db: db, turn: make(chan struct{}, 1)}
}

// refusal is the error of a write that has written nothing: those it shares a
// transaction with go on.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// change is [dialect.Transactions.Change] of a write that may share a transaction with
// others. What do gives besides rows has to be of its last call: it may be called again.
// An error of it is its own, and others do not see it.
func (g *group) change(ctx context.Context, do func(tx *gorm.DB) error) error {
	e := &entry{ctx: ctx, do: do, done: make(chan struct{}), err: errUnwritten}
	g.mu.Lock()
	g.waiting = append(g.waiting, e)
	g.mu.Unlock()
	select {
	case g.turn <- struct{}{}:
		g.lead(e)
	case <-e.done:
	case <-ctx.Done():
		if g.leave(e) {
			return ctx.Err()
		}
		<-e.done // it is being written
	}
	return e.err
}

// lead writes what waits until e is written, and passes the turn on.
func (g *group) lead(e *entry) {
	defer func() { <-g.turn }()
	for {
		select {
		case <-e.done:
			return
		default:
			g.write(g.take())
		}
	}
}

// take takes the first of those that wait.
func (g *group) take() []*entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), mostGrouped)
	first := g.waiting[:n:n]
	g.waiting = append([]*entry(nil), g.waiting[n:]...)
	return first
}

// leave takes back a write that nobody has begun with.
func (g *group) leave(e *entry) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, other := range g.waiting {
		if other == e {
			g.waiting = append(g.waiting[:i:i], g.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// write makes the writes of all, in one transaction if each of them can be made.
func (g *group) write(all []*entry) {
	defer func() { // also when one panics: the others must not wait for ever
		for _, e := range all {
			close(e.done)
		}
	}()
	if len(all) > 1 && g.together(all) {
		return
	}
	for _, e := range all {
		e.err = g.db.Change(e.ctx, e.do)
	}
}

// together makes one transaction of them. It reports false when one of them has failed:
// nothing of any has been written then, and each may be made by itself.
func (g *group) together(all []*entry) bool {
	ctx, stop := whileWanted(all)
	defer stop()
	own := make([]error, len(all))
	failed := false
	err := g.db.Change(ctx, func(tx *gorm.DB) error {
		for i, e := range all {
			if own[i] = e.do(tx); own[i] != nil && !isRefusal(own[i]) {
				failed = true
				return own[i]
			}
		}
		return nil
	})
	if failed {
		return false
	}
	for i, e := range all {
		if e.err = own[i]; err != nil { // of the commit, or no transaction was begun
			e.err = err
		}
	}
	return true
}

func isRefusal(err error) bool {
	_, is := err.(refusal) //nolint:errorlint // one that is wrapped is another error
	return is
}

// whileWanted is a context that ends when those of all have ended. Its values are those of
// the first.
func whileWanted(all []*entry) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(all[0].ctx))
	left := atomic.Int64{}
	left.Store(int64(len(all)))
	var stops []func() bool
	for _, e := range all {
		stops = append(stops, context.AfterFunc(e.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		}))
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}
