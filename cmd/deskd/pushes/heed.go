package pushes

import (
	"context"
	"sync"
	"time"

	"deskd/scheduler"
	"deskd/scheduler/calls"
	"deskd/scheduler/plan"
)

// Cluster is what is pushed to the phones of one.
type Cluster struct {
	lists   *Lists   // nil where none are cleared
	notices *Notices // nil where nothing is told
	looks   *Looks   // nil where no end waits for a call
}

// Calls lets logouts wait for the end of a call, for so long at most; it is nil where none does. That
// of a nil c asks no phone: what waits by the journal, waits.
func (c *Cluster) Calls(wait time.Duration) *calls.Guard {
	switch {
	case wait <= 0:
		return nil
	case c == nil || c.looks == nil:
		return &calls.Guard{Wait: wait}
	}
	return &calls.Guard{Wait: wait, Look: c.looks.Look}
}

// Run pushes until ctx ends. A nil c pushes nothing.
func (c *Cluster) Run(ctx context.Context) {
	if c == nil {
		return
	}
	var all sync.WaitGroup
	all.Go(func() { c.notices.Run(ctx) })
	all.Go(func() { c.looks.Run(ctx) })
	c.lists.Run(ctx)
	all.Wait()
}

// Heed is to, which is heard by c from now on: those who drive the cluster write their attempts
// through it. The intent of a login ends a push to its phone, before it is written, and waits
// for nothing. Of a nil c it is to itself.
func (c *Cluster) Heed(to scheduler.Journal) scheduler.Journal {
	switch {
	case c == nil, c.lists == nil && c.notices == nil:
		return to
	case c.lists != nil:
		return c.lists.Heed(to)
	}
	return journal{to, c.notices.air, func(plan.Attempt) {}}
}

// Heed is that of [Cluster], for lists alone.
func (l *Lists) Heed(to scheduler.Journal) scheduler.Journal {
	if l == nil {
		return to
	}
	return journal{to, l.air, l.hear}
}

// hear takes in an attempt that was written.
func (l *Lists) hear(a plan.Attempt) {
	l.mu.Lock()
	l.book.Note(a)
	if l.reading {
		l.heard = append(l.heard, a)
	}
	l.mu.Unlock()
	select {
	case l.kicked <- struct{}{}:
	default: // it is awake already
	}
}
