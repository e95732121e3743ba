package scheduler

import (
	"slices"
	"sync"
	"time"

	"deskd/scheduler/guard"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/forecast"
)

// ClusterStatus is how a cluster stands, for pages and health checks.
type ClusterStatus struct {
	Cluster string
	// Blocks are what is degraded and what is not done because of it, in the order of
	// importance; see [plan.Kind].
	Blocks []plan.Block
	Round  time.Time // the last round, or look at the clock between two
	Swept  time.Time // the last sweep that the phone system answered
	Silent int       // queries without answer, in a row

	Desks         int
	WithoutPerson int // booked desks whose phone has shown nobody, or another person, for a minute
	Unknown       int // desks whose phone's state is not known
	Waiting       int // steps due and not sent
	Doubted       int // phones whose last answer contradicts a success of the last minute
	Differ        int // phones that are not as the bookings say, whatever is done about it
	Open          int // attempts whose outcome is not known

	// Node drives the cluster since Since and has told this, where several may; Takeovers is how
	// often the cluster has changed hands. Empty where one daemon has the database, or while
	// nobody drives it.
	Node      string
	Since     time.Time
	Takeovers int
	Here      bool // its rounds run in this process
	// Undriven is since when no node drives the cluster, zero while one does; Untaken is why
	// this one cannot.
	Undriven time.Time
	Untaken  string
	// Blind is until when it could not be seen who comes to a booking, where several nodes may
	// drive: who takes over goes on from there. The zero time says nothing.
	Blind time.Time

	Concurrent    int // requests at once, as was learned that the cluster takes
	MaxConcurrent int // those that are configured, 0 for no limit

	// Ahead is what is known beforehand of the bookings of the coming hour, and of those that have
	// begun and are not served, with those
	// phones alone that will be late; nil while there are none. It is not changed.
	Ahead *forecast.Wave
}

// Of returns the blocks of some kinds.
func (s ClusterStatus) Of(kinds ...plan.Kind) []plan.Block {
	var all []plan.Block
	for _, b := range s.Blocks {
		if slices.Contains(kinds, b.Kind) {
			all = append(all, b)
		}
	}
	return all
}

// Count is how many blocks there are of some kinds.
func (s ClusterStatus) Count(kinds ...plan.Kind) int {
	n := 0
	for i := range s.Blocks { // of which there may be one for each phone
		if slices.Contains(kinds, s.Blocks[i].Kind) {
			n++
		}
	}
	return n
}

// First is the first block of some kinds, the zero Block when there is none.
func (s ClusterStatus) First(kinds ...plan.Kind) plan.Block {
	for _, b := range s.Blocks {
		if slices.Contains(kinds, b.Kind) {
			return b
		}
	}
	return plan.Block{}
}

// shown is the status that others see.
type shown struct {
	mu          sync.Mutex
	status      ClusterStatus
	transitions guard.TransitionLog // of the rounds' goroutine
}

// beat shows that the rounds are alive, also while there is nothing to do or they
// come to nothing because the database fails.
func (s *shown) beat(now time.Time) { s.change(func(c *ClusterStatus) { c.Round = now }) }

// sweptAt shows that every phone was asked.
func (s *shown) sweptAt(now time.Time) { s.change(func(c *ClusterStatus) { c.Swept = now }) }

func (s *shown) change(how func(*ClusterStatus)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(&s.status)
}

// Status is how the cluster stood after the last round. It may be called from
// any goroutine.
func (r *Reconciler) Status() ClusterStatus {
	r.shown.mu.Lock()
	defer r.shown.mu.Unlock()
	s := r.shown.status
	s.Cluster, s.Here = r.Cluster, true
	s.Concurrent, s.MaxConcurrent = r.planner.permits.Pace(r.Policy.Pace).Concurrent, r.Policy.Pace.Concurrent
	return s
}

// publish shows and logs at once what the guards say.
func (r *Reconciler) publish() {
	now := r.now()
	blocks := r.shown.transitions.Update(r.degraded(now), now)
	silent := r.circuit.Failures
	r.shown.change(func(c *ClusterStatus) { c.Blocks, c.Silent = blocks, silent })
}

// show shows how the cluster stands after a round.
func (r *Reconciler) show(planned []plan.Step) {
	now, differ := r.now(), make(map[string]bool)
	for _, s := range planned {
		if !s.Due.After(now) {
			differ[s.Device] = true
		}
	}
	waiting := len(sendable(planned, r.senders.busy, now, 0))
	r.publish()
	r.shown.change(func(c *ClusterStatus) {
		c.Round, c.Waiting, c.Differ = now, waiting, len(differ)
		c.Desks, c.WithoutPerson = len(r.books.world.Desks), r.standing.WithoutPerson(now)
		c.Unknown, c.Doubted, c.Open = r.phones.Unknown(), len(r.phones.Doubted), r.phones.Unresolved()
	})
}
