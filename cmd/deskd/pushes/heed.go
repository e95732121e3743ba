package pushes

import (
	"context"

	"deskd/scheduler"
	"deskd/scheduler/plan"
)

// Heed is to, which is heard by l from now on: those who drive the cluster write their attempts
// through it. The intent of a login ends a push to its phone, before it is written, and waits
// for nothing. Of a nil l it is to itself.
func (l *Lists) Heed(to scheduler.Journal) scheduler.Journal {
	if l == nil {
		return to
	}
	return journal{to, l}
}

type journal struct {
	scheduler.Journal
	lists *Lists
}

func (j journal) Begin(ctx context.Context, a plan.Attempt) (plan.Attempt, error) {
	if a.Op == plan.OpLogin && a.Outcome == plan.Open {
		defer j.lists.claim(a.Device)()
	}
	a, err := j.Journal.Begin(ctx, a)
	if err == nil {
		j.lists.hear(a)
	}
	return a, err
}

func (j journal) Finish(ctx context.Context, a plan.Attempt, seen ...plan.Observation) error {
	err := j.Journal.Finish(ctx, a, seen...)
	if err == nil {
		j.lists.hear(a)
	}
	return err
}

// claim ends a push to a phone, and lets none begin until it is given back.
func (l *Lists) claim(device string) (back func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.claimed[device] = true
	if end := l.flights[device]; end != nil {
		end()
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.claimed, device)
	}
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
