package release

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/scheduler/plan"
)

// Bookings are what is done to bookings: see [booking.Bookings].
type Bookings interface {
	Arrivals(ctx context.Context, place booking.Place, now time.Time) ([]booking.Arrival, error)
	CheckIn(ctx context.Context, actor booking.Actor, p booking.Presence, now time.Time) (booking.ArrivalAnswer, error)
	Release(ctx context.Context, actor booking.Actor, id string, now time.Time) (booking.ArrivalAnswer, error)
}

// Sights are what was seen at phones, and what was sent to them.
type Sights interface {
	Desks(ctx context.Context) ([]reservations.Desk, error)
	// Seen returns the last observation of every device.
	Seen(ctx context.Context) ([]plan.Observation, error)
	// Unresolved returns the attempts whose outcome is open or unknown.
	Unresolved(ctx context.Context) ([]plan.Attempt, error)
	// Adopted is when the database came into use that may lack what was written last; zero:
	// not lately.
	Adopted(ctx context.Context) (time.Time, error)
}

// Waiting is a booking that is waited for.
type Waiting struct {
	booking.Arrival
	// Until is when it is released, unless its person comes: the deadline, or later, if
	// deskd could not look. Held says why it is not released, whatever the time; empty: it is.
	Until time.Time
	Held  string
}

// Watch waits for people. Its methods may be called from several goroutines.
type Watch struct {
	Bookings Bookings
	Sights   Sights
	Log      *slog.Logger
	Every    time.Duration // how long the next look is away, at most; zero: [Longest]
	// Beginning is what eyes say of a cluster whose phones this process has not asked about yet.
	Beginning string

	mu      sync.Mutex
	handed  map[string]blindness // by cluster: of those that were handed to this process, and not looked at yet
	blind   map[string]blindness // by cluster
	waiting []Waiting            // of all clusters that were looked at last
	told    map[string]string    // by booking: why the log was told that it is held
	freed   int                  // releases so far
}

// blindness is until when deskd could not look at a cluster.
type blindness struct {
	until  time.Time
	why    string    // it cannot now; empty: it can
	handed time.Time // when the cluster was handed to this process by another that could look; zero: it was not
}

// handover is how long it may take until the phones of a cluster are looked at again that was
// handed from one process to another: as long as that, nobody has come unseen.
const handover = 30 * time.Second

// Handed says that a cluster was handed to this process, now, by another that could look at it
// a moment ago, and could not until an instant: who has booked has no more time for that.
func (w *Watch) Handed(cluster string, until, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.handed == nil {
		w.handed = make(map[string]blindness)
	}
	w.handed[cluster] = blindness{until: until, handed: now}
}

// Blind is until when a cluster could not be looked at: now, while it cannot. The zero time says
// that it was not looked at.
func (w *Watch) Blind(cluster string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.blind[cluster].until
}

// Longest is how long the next look is away, at most.
const Longest = 15 * time.Second

// Look writes down who has come, and releases what nobody has come to, on the clusters that
// are driven here: eyes says of each why it cannot be looked at, or nothing. It returns when
// the next look is due, the clusters whose phones are to be asked before that (a login
// may have come since they were), and whether a booking was released.
func (w *Watch) Look(ctx context.Context, eyes map[string]string, now time.Time) (next time.Time, ask []string, released bool) {
	next = now.Add(cmp.Or(w.Every, Longest))
	before := w.Counts().Released
	s, err := w.read(ctx, eyes, now)
	if err != nil {
		if ctx.Err() == nil {
			w.Log.Warn("bookings are not released", "err", err)
		}
		return next, nil, false
	}
	var waiting []Waiting
	for _, a := range s.arrivals {
		if a.Came() || s.notices(ctx, w, a) {
			continue
		}
		n := s.judge(a)
		switch {
		case n.Until.After(now):
			next = reservations.Earliest(next, n.Until)
		case n.Held == "" && s.askFirst(a, n.Until):
			ask = append(ask, s.desks[a.Desk].Cluster)
			n.Held = s.unseen(a, n.Until)
			next = reservations.Earliest(next, now.Add(time.Second))
		case n.Held == "" && w.release(ctx, a, now):
			continue
		}
		waiting = append(waiting, n)
	}
	w.keep(waiting, now)
	slices.Sort(ask)
	return next, slices.Compact(ask), w.Counts().Released > before
}

// Counts are how many bookings are waited for, how many of them are held though they are due,
// and how many were released so far.
type Counts struct{ Waiting, Held, Released int }

// Counts are as of the last look.
func (w *Watch) Counts() Counts {
	w.mu.Lock()
	defer w.mu.Unlock()
	return Counts{len(w.waiting), len(w.told), w.freed}
}

// Waiting are the bookings that are waited for, as of the last look.
func (w *Watch) Waiting() []Waiting {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.waiting)
}

// scene is what a look sees.
type scene struct {
	now      time.Time
	arrivals []booking.Arrival // at phones of clusters that are driven here
	desks    map[string]reservations.Desk
	seen     map[string]plan.Observation // by device
	open     map[string]bool             // devices at which the outcome of a login is not known
	blind    map[string]blindness
	adopted  time.Time
}

func (w *Watch) read(ctx context.Context, eyes map[string]string, now time.Time) (s scene, err error) {
	s = scene{now: now, desks: make(map[string]reservations.Desk), seen: make(map[string]plan.Observation), open: make(map[string]bool), blind: w.look(eyes, now)}
	all, err := w.Bookings.Arrivals(ctx, booking.Place{}, now)
	if err != nil || len(all) == 0 {
		return s, err
	}
	desks, err := w.Sights.Desks(ctx)
	if err != nil {
		return s, err
	}
	for _, d := range desks {
		s.desks[d.ID] = d
	}
	for _, a := range all {
		if _, here := eyes[s.desks[a.Desk].Cluster]; here {
			s.arrivals = append(s.arrivals, a)
		}
	}
	seen, err := w.Sights.Seen(ctx)
	if err != nil {
		return s, err
	}
	for _, h := range seen {
		s.seen[h.Device] = h
	}
	open, err := w.Sights.Unresolved(ctx)
	if err != nil {
		return s, err
	}
	for _, a := range open {
		s.open[a.Device] = true
	}
	s.adopted, err = w.Sights.Adopted(ctx)
	return s, err
}

// look notes which clusters cannot be looked at, and until when others could not. One that
// was not driven here before could not, unless it was handed over.
func (w *Watch) look(eyes map[string]string, now time.Time) map[string]blindness {
	w.mu.Lock()
	defer w.mu.Unlock()
	next := make(map[string]blindness, len(eyes))
	for cluster, why := range eyes {
		b, known := w.blind[cluster]
		if !known {
			b, known = w.handed[cluster]
		}
		delete(w.handed, cluster)
		begins := why == w.Beginning && why != "" && now.Sub(b.handed).Abs() < handover
		if !known || why != "" && !begins || b.until.After(now) { // the clock has gone back
			b.until = now
		}
		b.why = why
		next[cluster] = b
	}
	w.blind = next
	return next
}

// notices writes down that the person of a has logged in at the desk's phone themselves, if
// that was seen: a session that deskd has not begun, and begun since it counts. What deskd
// has sent and has no answer to may be its own session, and so may one that was found when
// the database had been taken over.
func (s *scene) notices(ctx context.Context, w *Watch, a booking.Arrival) bool {
	device := s.desks[a.Desk].Device
	h := s.seen[device]
	theirs := h.Known && h.Exists && h.Doubt == "" && !h.Ours && !h.Visitor && !h.Spared && !a.From.Before(s.adopted) && !s.open[device] &&
		reservations.SamePerson(h.Person, a.Person) && !h.Since.Before(a.From) && !h.Since.After(s.now)
	if !theirs {
		return false
	}
	done, err := w.Bookings.CheckIn(ctx, booking.Actor{}, booking.Presence{ID: a.ID, Source: booking.ByLogin, At: h.Since}, s.now)
	if err != nil {
		w.Log.Warn("check-in by login", "reservation", a.ID, "desk", a.Desk, "err", err)
		return false
	}
	w.Log.Info("person has logged in at the desk they booked", "reservation", done.ID, "desk", a.Desk, "person", a.Person)
	return true
}

// judge says until when a booking is waited for, and why it may not be released.
func (s *scene) judge(a booking.Arrival) Waiting {
	d := s.desks[a.Desk]
	b, h := s.blind[d.Cluster], s.seen[d.Device]
	n := Waiting{Arrival: a, Until: a.Deadline}
	if b.until.After(a.Due) { // as much time as from then on
		n.Until = b.until.Add(a.Deadline.Sub(a.Due))
	}
	switch {
	case n.Until.After(s.now) && !a.Deadline.After(s.now):
		n.Held = fmt.Sprintf("deskd could not look until %s, and people have until %s to come", b.until.UTC().Format(time.RFC3339), n.Until.UTC().Format(time.RFC3339))
	case a.From.Before(s.adopted):
		n.Held = fmt.Sprintf("the database was restored or taken over at %s, and may not know who had come", s.adopted.UTC().Format(time.RFC3339))
	case b.why != "":
		n.Held = b.why
	case !h.Known || !h.Exists || h.Doubt != "":
		n.Held = "it is not known who is on its phone"
	case s.open[d.Device]:
		n.Held = "the outcome of a login or logout at its phone is not known"
	}
	return n
}

// askFirst reports whether a phone was not asked since a booking could be released.
func (s *scene) askFirst(a booking.Arrival, due time.Time) bool {
	return s.seen[s.desks[a.Desk].Device].At.Before(due)
}

// askedFor is how long the answer of a phone is waited for before that counts as not seen.
const askedFor = time.Minute

// unseen says that the phone of a booking that is due was not seen, once it was asked about
// for a while.
func (s *scene) unseen(a booking.Arrival, due time.Time) string {
	if s.now.Before(due.Add(askedFor)) {
		return ""
	}
	return "its phone was last seen at " + s.seen[s.desks[a.Desk].Device].At.UTC().Format(time.RFC3339)
}

// release releases a booking, and reports whether that is done with.
func (w *Watch) release(ctx context.Context, a booking.Arrival, now time.Time) bool {
	done, err := w.Bookings.Release(ctx, booking.Actor{}, a.ID, now)
	switch {
	case err != nil:
		if ctx.Err() == nil {
			w.Log.Warn("release", "reservation", a.ID, "desk", a.Desk, "err", err)
		}
		return false
	case !done.Already:
		w.Log.Info("booking is released: nobody has come", "reservation", a.ID, "desk", a.Desk, "person", a.Person, "deadline", a.Deadline)
		w.mu.Lock()
		w.freed++
		w.mu.Unlock()
	}
	return true
}

// keep keeps what is waited for, and tells the log which bookings are held that are due.
func (w *Watch) keep(waiting []Waiting, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	told := make(map[string]string)
	for _, n := range waiting {
		if n.Held == "" || n.Deadline.After(now) {
			continue
		}
		if told[n.ID] = n.Held; w.told[n.ID] == "" {
			w.Log.Warn("booking is not released", "reservation", n.ID, "desk", n.Desk, "err", n.Held)
		}
	}
	w.waiting, w.told = waiting, told
}
