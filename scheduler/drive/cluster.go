package drive

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"deskd/scheduler"
)

// TellEvery is how often a node tells the others how a cluster stands that it drives.
const TellEvery = 2 * time.Second

// Shared is a [Cluster] that one of several nodes drives at a time.
type Shared struct {
	Name   string
	Duties *Duties
	// Take takes the duty of driving the cluster, and makes a reconciler that writes its
	// journal by the session; see [Duties.Take].
	Take func(ctx context.Context) (Session, *scheduler.Reconciler, error)
	// Tell tells other nodes how the cluster stands, while this one drives it.
	Tell func(ctx context.Context, s scheduler.ClusterStatus)
	// Told is what the node that drives it has told last.
	Told func() scheduler.ClusterStatus
	// Vacant is since when nobody has the duty, zero while someone has it.
	Vacant func() time.Time

	here atomic.Pointer[scheduler.Reconciler]
}

// ErrElsewhere says that another node drives the cluster.
var ErrElsewhere = errors.New("another node drives it")

// Run implements [Cluster].
func (c *Shared) Run(ctx context.Context) {
	c.Duties.hold(ctx, DutyOf(c.Name), func(ctx context.Context) (Session, func(ctx context.Context), error) {
		s, r, err := c.Take(ctx)
		return s, func(ctx context.Context) { c.drive(ctx, r) }, err
	})
}

// drive lets a reconciler run.
func (c *Shared) drive(ctx context.Context, r *scheduler.Reconciler) {
	c.here.Store(r)
	defer c.here.Store(nil)
	telling, stop := context.WithCancel(ctx)
	told := make(chan struct{})
	go func() {
		defer close(told)
		for c.Duties.Clock.Sleep(telling, TellEvery) == nil {
			c.Tell(telling, r.Status())
		}
	}()
	r.Run(ctx)
	stop()
	<-told
}

// Here implements [Cluster].
func (c *Shared) Here() *scheduler.Reconciler { return c.here.Load() }

// Kick lets a round begin at once, if this node drives.
func (c *Shared) Kick() {
	if r := c.Here(); r != nil {
		r.Kick()
	}
}

// Sweep is [scheduler.Reconciler.Sweep]. The error is [ErrElsewhere] while another node
// drives.
func (c *Shared) Sweep(ctx context.Context) error {
	if r := c.Here(); r != nil {
		return r.Sweep(ctx)
	}
	return fmt.Errorf("cluster %q: %w", c.Name, ErrElsewhere)
}

// Status is how the cluster stands, by what is known here or was told by the node that
// drives it.
func (c *Shared) Status() scheduler.ClusterStatus {
	if r := c.Here(); r != nil {
		return r.Status()
	}
	s := c.Told()
	s.Cluster, s.Here = c.Name, false
	if s.Undriven = c.Vacant(); !s.Undriven.IsZero() {
		s.Untaken = c.Duties.Failed(DutyOf(c.Name))
	}
	return s
}
