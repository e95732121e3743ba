package drive

import (
	"context"
	"sync"
	"time"

	"deskd/scheduler"
	"deskd/scheduler/plan"
)

// Arrivals waits for those who have booked desks, and has bookings released to which nobody
// comes. Look looks at the clusters that this node drives, of each of which eyes says why it
// cannot be looked at, or nothing; it answers when it is to look again, which clusters
// are to be asked about their phones before, and whether it has released a booking.
type Arrivals interface {
	Look(ctx context.Context, eyes map[string]string, now time.Time) (next time.Time, ask []string, released bool)
}

// awaitArrivals looks after arrivals until ctx ends. Each cluster is driven by one node at a time, so
// that one looks after each booking; and a release is one transaction that reads again, so
// that nothing is lost should two believe to be that one.
func (s *Scheduler) awaitArrivals(ctx context.Context) {
	if s.Arrivals == nil {
		return
	}
	var asking sync.WaitGroup
	defer asking.Wait()
	asked := make(map[string]time.Time)
	for {
		now := s.Clock.Now()
		next, ask, released := s.Arrivals.Look(ctx, s.eyes(now), now)
		if released {
			s.stir(ctx, false)
		}
		for _, cluster := range ask {
			if at, lately := asked[cluster]; lately && now.Sub(at).Abs() < askAgain {
				continue
			}
			asked[cluster] = now
			asking.Go(func() { s.ask(ctx, cluster) })
		}
		if s.Clock.Sleep(ctx, min(max(next.Sub(now), 100*time.Millisecond), longestWait)) != nil {
			return
		}
	}
}

// askAgain is how long the answer of a cluster's phones is waited for before they are asked
// again; longestWait is how long nobody looks, at most.
const askAgain, longestWait = 30 * time.Second, 15 * time.Second

// ask asks about the phones of a cluster.
func (s *Scheduler) ask(ctx context.Context, cluster string) {
	for _, r := range s.here() {
		if r.Cluster == cluster {
			_ = r.Sweep(ctx) // silence shows in its status
		}
	}
}

// blinding are the kinds of what keeps deskd from seeing who comes.
var blinding = []plan.Kind{
	plan.KindPaused, plan.KindRefused, plan.KindUnanswered, plan.KindCertificate, plan.KindSilent, plan.KindDatabaseWrite, plan.KindClock, plan.KindSessionsLost,
}

// eyes says of each cluster that this node drives why it cannot be looked at, or nothing.
func (s *Scheduler) eyes(now time.Time) map[string]string {
	all := make(map[string]string)
	for _, r := range s.here() {
		all[r.Cluster] = s.blind(r, now)
	}
	return all
}

// Beginning is what eyes say of a cluster whose phones were not asked about yet.
const Beginning = "deskd has just begun to look at its phone system"

func (s *Scheduler) blind(r *scheduler.Reconciler, now time.Time) string {
	select {
	case <-r.Restored():
	default:
		return Beginning
	}
	status := r.Status()
	block := status.First(blinding...)
	switch {
	case status.Swept.IsZero():
		return Beginning
	case !s.Trusted(now).Equal(now):
		return "the clock is in doubt"
	case block.Kind != "":
		return "deskd cannot see who comes: " + string(block.Kind)
	}
	return ""
}
