package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"deskd/configs"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/drive"
	"deskd/scheduler/phones"
	"deskd/store"
	"deskd/store/nodes"
)

// shared is what a daemon shares with the other nodes of its database: the duties, and what
// each tells of its own.
type shared struct {
	*Instance
	name string
	own  *drive.Duties

	feeds atomic.Pointer[store.Seat] // of the duty of reading them, or the last one

	vacant drive.Vacancies
	unlike map[string]string // what is configured otherwise, by node, as it was told

	running atomic.Int64 // nodes, with this one

	mu     sync.Mutex
	duties map[string]nodes.Duty // as they were last read
	told   map[string]told       // what was told of the clusters, by duty
}

// told is how a cluster stands by the text that tells it.
type told struct {
	text   string
	status scheduler.ClusterStatus
}

func newShared(d *Instance) *shared {
	s := &shared{Instance: d, name: d.Config.Database.NodeName(), told: make(map[string]told), vacant: drive.Vacancies{Log: d.Log}}
	s.own = &drive.Duties{Log: d.Log, Clock: d.Clock, Take: func(ctx context.Context, duty string) (drive.Session, error) {
		seat, err := s.take(ctx, duty)
		if err != nil {
			return nil, err
		}
		if duty == drive.DutyFeeds {
			s.feeds.Store(seat)
		}
		return seat.Session, nil
	}}
	return s
}

// take takes a duty, and has the others know.
func (s *shared) take(ctx context.Context, duty string) (*store.Seat, error) {
	seat, err := s.Store.Take(ctx, duty)
	if errors.Is(err, store.ErrTaken) {
		return nil, drive.ErrTaken
	}
	if err != nil {
		return nil, err
	}
	lacks, err := seat.Recognise(ctx, s.Clock.Now())
	if err != nil {
		return nil, errors.Join(err, seat.Session.Close())
	}
	if lacks != "" { // nor must this node go on from what it remembers
		s.Log.Error("database lacks what was last written, as a promoted replica may: it is treated as a restored backup", "lacks", lacks)
		s.begunAgain()
		return nil, errors.Join(errWentBack, seat.Session.Close())
	}
	if err := seat.Nodes().Took(ctx, duty, s.name, s.Clock.Now()); err != nil {
		return nil, errors.Join(err, seat.Session.Close())
	}
	return seat, nil
}

// cluster is one that this node may drive.
func (s *shared) cluster(c configs.Cluster, access *phones.Access, to outlets) drive.Cluster {
	duty := drive.DutyOf(c.Name)
	return &drive.Shared{
		Name: c.Name, Duties: s.own,
		Take: func(ctx context.Context) (drive.Session, *scheduler.Reconciler, error) {
			seat, err := s.take(ctx, duty)
			if err != nil {
				return nil, nil, err
			}
			s.continues(c.Name)
			to.ledger = seat
			r := s.reconciler(c, access, to)
			r.Fence = seat.Session.Fence
			r.ReadFeeds(s.scheduler.Feeds)
			return seat.Session, r, nil
		},
		Tell: func(ctx context.Context, status scheduler.ClusterStatus) {
			if s.arrivals != nil {
				status.Blind = s.arrivals.Blind(c.Name)
			}
			text, err := json.Marshal(status)
			if err == nil {
				err = s.Store.Nodes().Tell(ctx, duty, string(text), s.Clock.Now())
			}
			if err != nil && ctx.Err() == nil {
				s.Log.Debug("how a cluster stands is not told", "cluster", c.Name, "err", err) // its rounds meet the same error, and say it
			}
		},
		Told:   func() scheduler.ClusterStatus { return s.standing(duty) },
		Vacant: func() time.Time { return s.vacant.Since(duty) },
	}
}

// standing is how a cluster stands that another node drives, as that has told.
func (s *shared) standing(duty string) scheduler.ClusterStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.duties[duty]
	known := s.told[duty]
	if known.text != d.Told {
		known = told{text: d.Told}
		if json.Unmarshal([]byte(d.Told), &known.status) != nil {
			known.status = scheduler.ClusterStatus{} // another version tells it otherwise
		}
		s.told[duty] = known
	}
	return known.status
}

// drivers adds to the state of each cluster who drives it.
func (s *shared) drivers(all []scheduler.ClusterStatus) []scheduler.ClusterStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range all {
		d := s.duties[drive.DutyOf(c.Cluster)]
		all[i].Node, all[i].Since, all[i].Takeovers = d.Node, d.Since, d.Takeovers
		if !c.Undriven.IsZero() {
			all[i].Node, all[i].Since = "", c.Undriven
		}
	}
	return all
}

// calendars is where the feeds are written to: by the session of who reads them.
func (s *shared) calendars() feedStore { return feedWriter{s.Store, &s.feeds} }

// readsFeeds reports whether this node reads them.
func (s *shared) readsFeeds() bool {
	seat := s.feeds.Load()
	return seat != nil && seat.Session.Fence() == nil
}

// feedWriter is a store in which the readings of feeds are written by the seat of who reads
// them: a node that was paused meanwhile does not undo what another has read since.
type feedWriter struct {
	*store.Store
	seat *atomic.Pointer[store.Seat]
}

func (w feedWriter) to() *store.Store {
	if seat := w.seat.Load(); seat != nil {
		return seat.Store
	}
	return w.Store
}

func (w feedWriter) SaveFeedState(ctx context.Context, f reservations.FeedState) error {
	return w.to().SaveFeedState(ctx, f)
}

func (w feedWriter) KeepHolidays(ctx context.Context, h reservations.Holidays, now time.Time) (bool, error) {
	return w.to().KeepHolidays(ctx, h, now)
}

func (w feedWriter) ApplyFeed(ctx context.Context, f reservations.FeedState, c reservations.Change, unread []reservations.Problem) ([]reservations.Reservation, error) {
	return w.to().ApplyFeed(ctx, f, c, unread)
}

func (w feedWriter) HoldChange(ctx context.Context, feed string, h reservations.Held) error {
	return w.to().HoldChange(ctx, feed, h)
}

// self is this node as it says that it is.
func (d *Instance) self() nodes.Node {
	return nodes.Node{Name: d.Config.Database.NodeName(), Version: Version(), Page: d.Config.Listen, Started: d.began, Settings: d.settings}
}

// sayNode has others know that this node is there until ctx ends, and hears of them.
func (d *Instance) sayNode(ctx context.Context) {
	self := d.self()
	failed := false
	say := func(ctx context.Context) {
		self.Seen, self.Ahead = d.Clock.Now(), d.Store.ClockOff()
		err := d.Store.Nodes().Say(ctx, self)
		if err != nil && !failed && ctx.Err() == nil {
			d.Log.Warn("this node is not listed", "err", err)
		}
		failed = err != nil
	}
	say(ctx)
	if d.shared == nil { // nobody else needs to know, and the rest is told by the lock
		<-ctx.Done()
	} else {
		d.shared.keep(ctx, say)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), sayWithin)
	defer cancel()
	self.Ended = d.Clock.Now()
	say(last)
}

// sayWithin is how long an ending node tries to say so.
const sayWithin = 2 * time.Second

// keep says that the node is there, reads what the others say, and looks for requests
// that have become its own with a duty.
func (s *shared) keep(ctx context.Context, say func(ctx context.Context)) {
	for turn := 1; ; turn++ {
		back, err := s.Store.Advance(ctx, s.Clock.Now())
		if back {
			s.Log.Error("database lacked what was last written, and another node has taken it over")
			s.begunAgain()
		}
		if err = errors.Join(err, s.hear(ctx)); err == nil {
			s.answer(ctx)
		}
		if s.Clock.Sleep(ctx, time.Second) != nil {
			return
		}
		if turn == 1 || turn%int(nodes.SayEvery/time.Second) == 0 { // the clocks have been compared by then
			say(ctx)
			if err := s.compare(ctx); err != nil && ctx.Err() == nil {
				s.Log.Debug("nodes are not compared", "err", err) // as what is heard of them
			}
		}
	}
}

// errWentBack says that a duty is not taken by what is remembered of another database.
var errWentBack = errors.New("the database has gone back: what is remembered of it is read again first")

// begunAgain has an instance that remembers nothing take the place of this one.
func (s *shared) begunAgain() {
	select {
	case s.renew <- struct{}{}:
	default: // it is to come already
	}
}

// hear reads who has which duty, and what is told of it.
func (s *shared) hear(ctx context.Context) error {
	all, err := s.aside.Nodes().Duties(ctx)
	if err != nil {
		return fmt.Errorf("hear of other nodes: %w", err)
	}
	duties := make(map[string]nodes.Duty, len(all))
	for _, d := range all {
		duties[d.Name] = d
	}
	marks := make(map[string]time.Time, len(s.Config.Clusters))
	for _, c := range s.Config.Clusters { // of one that was never driven as well
		d := duties[drive.DutyOf(c.Name)]
		marks[drive.DutyOf(c.Name)] = reservations.Latest(d.Since, d.ToldAt)
	}
	s.vacant.Heard(marks, s.Clock.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.duties = duties
	return nil
}
