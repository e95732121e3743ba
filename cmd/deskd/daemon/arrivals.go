package daemon

import (
	"context"
	"errors"
	"time"

	"deskd/scheduler/drive"
	"deskd/scheduler/release"
	"deskd/store"
)

// sights are what bookings are released by.
type sights struct {
	*store.Store
	d *Instance
}

// errNotLookedBack says that it is not known yet what happened to the database before.
var errNotLookedBack = errors.New("it is not known yet whether the database was restored")

// Adopted implements [release.Sights].
func (s sights) Adopted(ctx context.Context) (time.Time, error) {
	if s.d.adopted.Load() == nil {
		s.d.recallAdoption(ctx)
	}
	if at := s.d.adopted.Load(); at != nil {
		return *at, nil
	}
	return time.Time{}, errNotLookedBack
}

// handedOver is how long ago a node may have told how a cluster stands of which it is known to
// have looked at it until another took over.
const handedOver = 10 * time.Second

// continues has the watch go on where that of the node ended which has driven a cluster until now.
func (s *shared) continues(cluster string) {
	s.mu.Lock()
	before := s.duties[drive.DutyOf(cluster)]
	s.mu.Unlock()
	now := s.Clock.Now()
	if until := s.standing(drive.DutyOf(cluster)).Blind; s.arrivals != nil && !until.IsZero() && now.Sub(before.ToldAt).Abs() < handedOver {
		s.arrivals.Handed(cluster, until, now)
	}
}

// awaitArrivals has the scheduler wait for those who have to check in, if anyone has to.
func (d *Instance) awaitArrivals() {
	if !d.Config.ChecksIn() {
		d.metrics.Arrivals(func() (waiting, held, released int) { return 0, 0, 0 })
		return
	}
	d.arrivals = &release.Watch{Bookings: d.Bookings(), Sights: sights{d.Store, d}, Log: d.Log, Beginning: drive.Beginning}
	d.scheduler.Arrivals = d.arrivals
	d.metrics.Arrivals(func() (waiting, held, released int) {
		n := d.arrivals.Counts()
		return n.Waiting, n.Held, n.Released
	})
}
