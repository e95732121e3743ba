package drive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"deskd/scheduler/clock"
)

// Again is how long a node waits to try for a duty that another has.
const Again = 250 * time.Millisecond

// later is how long it waits when it must not have it, or cannot ask.
const later = time.Second

// Session is a duty that is held.
type Session interface {
	// Lost is closed when the duty is lost.
	Lost() <-chan struct{}
	// Fence is an error unless it is certain that the duty is held.
	Fence() error
	// Close gives the duty back.
	Close() error
}

// ErrTaken is the error of a duty that another node has.
var ErrTaken = errors.New("another node has it")

// errEnded is why a duty that was lost ended.
var errEnded = errors.New("this node does not have the duty any more")

// Duties are those of one node. Take takes one by its name: its error is [ErrTaken] when
// another node has it.
type Duties struct {
	Take  func(ctx context.Context, duty string) (Session, error)
	Log   *slog.Logger
	Clock clock.Clock

	mu     sync.Mutex
	failed map[string]string // why a duty could not be taken, when that was last tried
}

// Failed is why this node could not take a duty the last time, "" when it could or another had
// it all along.
func (d *Duties) Failed(duty string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed[duty]
}

// fail notes why a duty cannot be taken, "" for that it was.
func (d *Duties) fail(duty, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed == nil {
		d.failed = make(map[string]string)
	}
	d.failed[duty] = why
}

// Hold has do run while this node has the duty of a name, again and again until ctx ends: the
// context of do ends when the duty is lost.
func (d *Duties) Hold(ctx context.Context, duty string, do func(ctx context.Context)) {
	d.hold(ctx, duty, func(ctx context.Context) (Session, func(ctx context.Context), error) {
		s, err := d.Take(ctx, duty)
		return s, do, err
	})
}

// Try has do run if no other node has the duty of a name now, and reports whether it has.
func (d *Duties) Try(ctx context.Context, duty string, do func(ctx context.Context)) bool {
	s, err := d.Take(ctx, duty)
	if err != nil {
		if !errors.Is(err, ErrTaken) {
			d.Log.Warn("duty cannot be taken", "duty", duty, "err", err)
		}
		return false
	}
	d.during(ctx, s, duty, do)
	return true
}

// hold takes a duty whenever nobody has it, and does what take returns with it.
func (d *Duties) hold(ctx context.Context, duty string, take func(ctx context.Context) (Session, func(ctx context.Context), error)) {
	said := ""
	for ctx.Err() == nil {
		s, do, err := take(ctx)
		wait := Again
		switch {
		case err == nil:
			said = ""
			d.fail(duty, "")
			d.Log.Info("this node has a duty", "duty", duty)
			d.during(ctx, s, duty, do)
		case errors.Is(err, ErrTaken):
			said = ""
		case ctx.Err() != nil:
			return
		default:
			wait = later
			d.fail(duty, err.Error())
			if text := err.Error(); text != said { // each reason once
				d.Log.Error("this node cannot have a duty", "duty", duty, "err", err)
				said = text
			}
		}
		if d.Clock.Sleep(ctx, wait) != nil {
			return
		}
	}
}

// during does something while a duty is held, and gives it back.
func (d *Duties) during(ctx context.Context, s Session, duty string, do func(ctx context.Context)) {
	life, end := context.WithCancelCause(ctx)
	defer end(nil)
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-s.Lost():
			end(errEnded)
		case <-stop:
		}
	}()
	do(life)
	close(stop)
	<-ended
	if cause := s.Fence(); errors.Is(context.Cause(life), errEnded) && ctx.Err() == nil {
		d.Log.Warn("this node has lost a duty", "duty", duty, "err", cause)
	}
	if err := s.Close(); err != nil && ctx.Err() == nil {
		d.Log.Debug("a duty is given back", "duty", duty, "err", err) // its connection has ended
	}
}

// DutyOf is the duty of driving a cluster.
func DutyOf(cluster string) string { return fmt.Sprintf("cluster %s", cluster) }

// Wanted are the duties of some clusters, and of reading feeds where there are any.
func Wanted(clusters []string, feeds bool) (all []string) {
	for _, c := range clusters {
		all = append(all, DutyOf(c))
	}
	if feeds {
		all = append(all, DutyFeeds)
	}
	return all
}
