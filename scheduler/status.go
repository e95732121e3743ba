package scheduler

import (
	"time"

	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// ClusterStatus is how a cluster stands, for pages and health checks.
type ClusterStatus struct {
	Cluster string
	Round   time.Time // the last round, or look at the clock between two
	Swept   time.Time // the last sweep that the phone system answered
	Silent  int       // queries without answer, in a row
	Halted  time.Time // nothing is sent before; zero when not halted
	Refused time.Time // deskd is refused since then; zero when it is not
	Pause   Pause     // by hand; zero when nobody has paused it
	Units   string    // why the unit of its sessions looks wrong; empty when it does not
	Clock   string    // why phones or steps wait for the clock; empty when none does
	Feeds   []string  // never read: who is on a phone without deskd waits for them
	Broken  bool      // the database cannot be read or written
	// Distrusted: what answers does not prove to be the phone system.
	Distrusted bool
	Down       []phones.NodeDown // nodes that others stand in for
	Missing    []string          // desks whose phone the phone system did not know at the last sweep
	Mute       []string          // desks about whose phone it said nothing
	Futile     []string          // desks at whose phone tries have come to nothing three times in a row
	Late       bool              // more is due than may be sent within a minute

	Lost      int       // sessions that vanished together and are still to be begun again
	Held      int       // sessions whose early logout waits for a person …
	HeldSince time.Time // … the first of them since
	Problem   string    // in words, empty when all is well
	Desks     int
	Without   int // booked desks whose phone has shown nobody, or somebody else, for a minute
	Unknown   int // desks whose phone's state is not known
	Waiting   int // steps due and not sent
	Doubted   int // phones whose last answer contradicts a success of the last minute
	Differ    int // phones that are not as the bookings say, whatever is done about it
	Open      int // attempts whose outcome is not known
}

// Status is how the cluster stood after the last round. It may be called from
// any goroutine.
func (r *Reconciler) Status() ClusterStatus {
	r.status.Lock()
	defer r.status.Unlock()
	s := r.shown
	s.Cluster = r.Cluster
	return s
}

func (r *Reconciler) show(want []plan.Login, planned []plan.Step, waiting int) {
	now, differ := r.now(), make(map[string]bool)
	for _, s := range planned {
		if !s.Due.After(now) {
			differ[s.Device] = true
		}
	}
	open := 0
	for _, a := range r.open {
		open += len(a)
	}
	waits := r.logouts.kept.Waiting(r.earlier(now)) // which takes the lock itself
	r.status.Lock()
	defer r.status.Unlock()
	r.shown.Silent, r.shown.Halted, r.shown.Waiting, r.shown.Open = r.failures, r.halted, waiting, open
	r.shown.Refused, r.shown.Units, r.shown.Pause = r.standing.Opened, r.standing.Units, r.pause
	r.shown.Clock, r.shown.Lost = r.jump.waits, r.outage.lost
	r.shown.Feeds = r.feeds.Unread
	r.shown.Held, r.shown.HeldSince = len(waits), waits.Since()
	r.shown.Round, r.shown.Differ, r.shown.Doubted = now, len(differ), len(r.doubted)
	r.shown.Distrusted, r.shown.Down, r.shown.Late = r.lacks.trust, r.lacks.nodes, r.lacks.pace
	r.shown.Futile, r.shown.Without = r.lacks.tries, r.without(want, now)
	r.shown.Desks, r.shown.Unknown = len(r.world.Desks), r.unknown()
	if r.failures == 0 && r.halted.IsZero() {
		r.shown.Problem = ""
	}
}

// complain shows a problem at once, with what it does to the cluster.
func (r *Reconciler) complain(problem string) {
	r.status.Lock()
	defer r.status.Unlock()
	r.shown.Problem, r.shown.Silent, r.shown.Halted, r.shown.Refused = problem, r.failures, r.halted, r.standing.Opened
	r.shown.Distrusted, r.shown.Broken = r.lacks.trust, r.broken
}

// beat shows that the rounds are alive, also while there is nothing to do or they
// come to nothing because the database fails.
func (r *Reconciler) beat() {
	r.status.Lock()
	defer r.status.Unlock()
	r.shown.Round = r.now()
}
