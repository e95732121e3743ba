package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"deskd/scheduler/guard"
	"deskd/scheduler/plan"
	"deskd/store/dialect"
)

// counted counts transactions, and can have them fail in the end.
type counted struct {
	dialect.Transactions
	changes int
	err     error // of all that come
}

func (c *counted) Change(ctx context.Context, do func(tx *gorm.DB) error) error {
	c.changes++
	return c.Transactions.Change(ctx, func(tx *gorm.DB) error { return errors.Join(do(tx), c.err) })
}

// crowd are writes that wait for a store at the same time.
type crowd struct {
	t     *testing.T
	s     *Store
	count *counted
	all   sync.WaitGroup
	n     int
}

// newCrowd has the writes of s wait until [crowd.write].
func newCrowd(t *testing.T, s *Store) *crowd {
	t.Helper()
	c := &crowd{t: t, s: s, count: &counted{Transactions: s.small.db}}
	s.small.db = c.count
	s.small.turn <- struct{}{}
	return c
}

// comes has one more of them wait.
func (c *crowd) comes(do func()) {
	c.t.Helper()
	c.n++
	c.all.Go(do)
	c.waits(c.n)
}

// waits waits until so many wait.
func (c *crowd) waits(n int) {
	c.t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for waiting := -1; waiting != n; <-again.C {
		c.s.small.mu.Lock()
		waiting = len(c.s.small.waiting)
		c.s.small.mu.Unlock()
	}
}

// write lets them write, and returns in how many transactions they did.
func (c *crowd) write() int {
	<-c.s.small.turn
	c.all.Wait()
	return c.count.changes
}

func intent(cluster string, n int) plan.Attempt {
	a := attempt(fmt.Sprint("desk", n), at(0, 0))
	a.Cluster, a.Outcome = cluster, plan.Open
	return a
}

// Intents that wait together share a commit. Each has its own number when its Begin
// returns, and is on disk for others to see.
func testGroup(t *testing.T, w world) {
	s, raw := w.open(t), w.raw(t)
	c := newCrowd(t, s)
	const many = 10
	for n := range many {
		c.comes(func() {
			again := intent("main", n)
			again.ID = 1 // is no number for another attempt
			a, err := s.Begin(ctx, again)
			var desk string
			if err == nil {
				err = raw.QueryRowContext(ctx, "SELECT desk FROM attempts WHERE outcome = 'open' AND id = ?", a.ID).Scan(&desk)
			}
			if want := fmt.Sprint("desk", n); err != nil || desk != want {
				t.Errorf("attempt %d is of %q, want %q: %v", a.ID, desk, want, err)
			}
		})
	}
	same(t, "transactions", 1, c.write())
	same(t, "attempts", many, len(must(s.Unresolved(ctx))(t)))
}

// An intent in a paused cluster, and an outcome of what is not there, are refused alone.
func testGroupRefusesAlone(t *testing.T, w world) {
	s := w.open(t)
	must(s.PauseClusters(ctx, []string{"annex"}, "wiring", at(0, 0)))(t)
	c := newCrowd(t, s)
	for n, cluster := range []string{"main", "annex", "main"} {
		c.comes(func() {
			if _, err := s.Begin(ctx, intent(cluster, n)); errors.Is(err, guard.ErrPaused) != (cluster == "annex") {
				t.Errorf("%s: %v", cluster, err)
			}
		})
	}
	c.comes(func() {
		if err := s.Finish(ctx, plan.Attempt{ID: 99, Outcome: plan.Done}); !errors.Is(err, ErrNoAttempt) {
			t.Error(err)
		}
	})
	same(t, "transactions", 1, c.write())
	same(t, "attempts", 2, len(must(s.Unresolved(ctx))(t)))
}

// What fails after it has written leaves no trace, and its error is no other's.
func testGroupFailsAlone(t *testing.T, w world) {
	s := w.open(t)
	c := newCrowd(t, s)
	var calls int
	var first, last plan.Attempt
	c.comes(func() { first = must(s.Begin(ctx, intent("main", 1)))(t) })
	c.comes(func() {
		err := s.small.change(ctx, func(tx *gorm.DB) error {
			calls++
			return errors.Join(tx.Exec("UPDATE desks SET name = 'lost' WHERE id = '4.11'").Error,
				tx.Exec("INSERT INTO people (id) VALUES ('')").Error)
		})
		if !errors.Is(err, dialect.ErrConstraint) {
			t.Error(err)
		}
	})
	c.comes(func() { last = must(s.Begin(ctx, intent("main", 2)))(t) })
	same(t, "transactions", 4, c.write())
	same(t, "calls", 2, calls)
	open := must(s.Unresolved(ctx))(t)
	same(t, "attempts", 2, len(open))
	same(t, "numbers", []int64{first.ID, last.ID}, []int64{open[0].ID, open[1].ID}) // some may have gone with what was undone
	same(t, "name", "", must(s.Desk(ctx, "4.11"))(t).Name)
}

// When the commit fails, it fails for all.
func testGroupFailsWhole(t *testing.T, w world) {
	s := w.open(t)
	c := newCrowd(t, s)
	c.count.err = dialect.ErrCommit
	for n := range 3 {
		c.comes(func() {
			if _, err := s.Begin(ctx, intent("main", n)); !errors.Is(err, dialect.ErrCommit) {
				t.Errorf("intent %d: %v", n, err)
			}
		})
	}
	same(t, "transactions", 1, c.write())
	same(t, "attempts", 0, len(must(s.Unresolved(ctx))(t)))
}

// Who does not wait any longer has written nothing; the others have.
func testGroupLeft(t *testing.T, w world) {
	s := w.open(t)
	c := newCrowd(t, s)
	gone, leave := context.WithCancel(ctx)
	c.comes(func() { must(s.Begin(ctx, intent("main", 1)))(t) })
	left := make(chan error)
	c.comes(func() {
		_, err := s.Begin(gone, intent("main", 2))
		left <- err
	})
	c.comes(func() { must(s.Begin(ctx, intent("main", 3)))(t) })
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c.waits(2)
	same(t, "transactions", 1, c.write())
	var desks []string
	for _, a := range must(s.Unresolved(ctx))(t) {
		desks = append(desks, a.Desk)
	}
	same(t, "attempts", []string{"desk1", "desk3"}, desks)
}

// Who has waited for a commit that another one made is written, though it leaves then;
// when all leave, nobody holds the lock.
func TestGroupIsWantedUntilAllLeave(t *testing.T) {
	one, leave := context.WithCancel(ctx)
	two, leaveToo := context.WithCancel(ctx)
	wanted, stop := whileWanted([]*entry{{ctx: one}, {ctx: two}})
	defer stop()
	leave()
	select {
	case <-wanted.Done():
		t.Error("it has ended with the first")
	case <-time.After(10 * time.Millisecond):
	}
	leaveToo()
	<-wanted.Done()
}

// A write that panics is no success of the others, and keeps nobody from writing.
func testGroupPanics(t *testing.T, w world) {
	s := w.open(t)
	c := newCrowd(t, s)
	var failed sync.Map
	for n := range 3 {
		c.comes(func() {
			defer func() {
				if recover() != nil {
					failed.Store(n, true)
				}
			}()
			if err := s.small.change(ctx, func(*gorm.DB) error { panic("out of range") }); err != nil {
				failed.Store(n, true)
			}
		})
	}
	c.write()
	for n := range 3 {
		if _, is := failed.Load(n); !is {
			t.Errorf("write %d has succeeded", n)
		}
	}
	must(s.Begin(ctx, intent("main", 1)))(t)
}
