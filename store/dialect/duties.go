package dialect

import (
	"context"
	"errors"
	"time"
)

// Duties are what one process does at a time, of all that have the database open: driving a
// cluster, reading the feeds.
type Duties interface {
	// Take takes a duty by its name. It does not wait: the error is
	// [ErrTaken] when another process has it. One that this process may not have,
	// also while nobody has it, is [ErrUnfit].
	Take(ctx context.Context, duty string) (Session, error)
	// Taken tells which duties a process has now, of all there may be.
	Taken(ctx context.Context) (func(duty string) bool, error)
	// ClockOff is by how much this process's clock is ahead of the database's, as was last
	// seen; nil where that has none, or it is not known.
	ClockOff() *time.Duration
}

// Session is a duty that is held.
type Session interface {
	// Transactions whose changes are the session's: none is made by one who has lost the
	// duty, and none once another may have it. The error is [ErrLost].
	Transactions
	// Fence is an [ErrLost] unless it is certain for some time yet that nobody else has
	// the duty. What cannot be undone is done within FenceFor of a nil.
	Fence() error
	// Lost is closed when the duty is lost, however that came about.
	Lost() <-chan struct{}
	// Close gives the duty back.
	Close() error
}

// Of duties.
var (
	// ErrTaken: another process has the duty.
	ErrTaken = errors.New("another node has it")
	// ErrUnfit: this process may not have the duty as things are: its clock differs from
	// the database's, say.
	ErrUnfit = errors.New("this node must not")
	// ErrLost: the duty is not this process's any more. Nothing was written or sent.
	ErrLost = errors.New("this node does not drive any more")
)

// FenceFor is how old the proof of a duty may be for something to be done by it: a process
// that was paused for longer looks again first.
const FenceFor = 2 * time.Second

// Alone are the duties in a database that one process has open: all are its own.
type Alone struct{ Transactions }

// Take implements [Duties].
func (a Alone) Take(context.Context, string) (Session, error) { return alone(a), nil }

// Taken implements [Duties].
func (Alone) Taken(context.Context) (func(duty string) bool, error) {
	return func(string) bool { return true }, nil
}

// ClockOff implements [Duties].
func (Alone) ClockOff() *time.Duration { return nil }

type alone struct{ Transactions }

func (alone) Fence() error          { return nil }
func (alone) Lost() <-chan struct{} { return nil }
func (alone) Close() error          { return nil }
