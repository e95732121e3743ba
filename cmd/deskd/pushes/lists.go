package pushes

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"deskd/phone"
	"deskd/phone/push"
	"deskd/scheduler"
	"deskd/scheduler/callhistory"
	"deskd/scheduler/clock"
	"deskd/scheduler/plan"
)

// Lists clears the lists of calls of one cluster's phones. Its fields are not changed once it
// is used.
type Lists struct {
	Cluster string
	// Here is the reconciler that drives the cluster, nil while another node does.
	Here func() *scheduler.Reconciler
	// Attempts hands over those of all clusters that began at or after an instant, in order.
	Attempts func(ctx context.Context, since time.Time, take func(plan.Attempt)) error
	// Logins asks the phone system who is on phones.
	Logins func(ctx context.Context, devices []string) ([]plan.Observation, error)
	Booked Booked
	Ready  time.Duration // before the start of a booking its login is due
	// Where is the address of a phone, not valid while none is known.
	Where func(ctx context.Context, device string) (netip.Addr, error)
	Push  func(ctx context.Context, to push.Phone, e phone.Execute) error
	// Record keeps the outcome of an attempt's list.
	Record func(ctx context.Context, attempt int64, outcome string) error
	Told   func(device string, attempt int64, outcome string) // of what is recorded
	Count  func(o callhistory.Outcome)
	Clock  clock.Clock
	Log    *slog.Logger

	driven *scheduler.Reconciler // for whom the book was read; of Run's goroutine

	air     *air
	mu      sync.Mutex
	book    callhistory.Book
	reading bool                         // the journal is being read for another book, …
	heard   []plan.Attempt               // … and this was heard meanwhile
	over    map[int64]callhistory.Result // by attempt: what could not be written down yet
	kicked  chan struct{}
}

// NewLists returns l, ready for use.
func NewLists(l *Lists) *Lists {
	l.over = make(map[int64]callhistory.Result)
	l.air, l.kicked = newAir(), make(chan struct{}, 1)
	return l
}

// How long nobody looks at most; how far apart the questions are about who is on phones, each about
// as many phones as are due by then; and how many phones are pushed to at once.
const (
	longestWait = time.Second
	apart       = time.Second
	together    = 32
)

// Run clears lists until ctx ends. A nil l has none.
func (l *Lists) Run(ctx context.Context) {
	if l == nil {
		return
	}
	for ctx.Err() == nil {
		wait, asked := l.round(ctx)
		kicked := l.kicked
		if asked {
			kicked = nil // what is heard meanwhile is told together
		}
		timer := time.NewTimer(l.Clock.Real(wait))
		select {
		case <-ctx.Done():
		case <-kicked:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// round writes down what is over, tries what is due, and returns how long there is nothing else
// to do, and whether anything was tried.
func (l *Lists) round(ctx context.Context) (wait time.Duration, asked bool) {
	here := l.Here()
	if !drives(here) {
		l.driven = nil
		return longestWait, false
	}
	if here != l.driven {
		if err := l.read(ctx); err != nil {
			return longestWait, false // the rounds meet the same error, and say it
		}
		l.driven = here
	}
	now, wait := l.Clock.Now(), longestWait
	var due []callhistory.Session
	for _, s := range l.sessions() {
		at, over := l.next(s, now)
		switch {
		case over.Outcome != "":
			l.end(ctx, s, over)
		case at.After(now):
			wait = min(wait, at.Sub(now))
		default:
			due = append(due, s)
		}
	}
	for first := 0; first < len(due) && ctx.Err() == nil; first += together {
		l.try(ctx, here, due[first:min(first+together, len(due))])
	}
	if len(due) > 0 {
		return apart, true
	}
	return wait, false
}

func (l *Lists) sessions() []callhistory.Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.book.Sessions()
}

// next is [callhistory.Session.Next], unless s is over already.
func (l *Lists) next(s callhistory.Session, now time.Time) (time.Time, callhistory.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r, over := l.over[s.Attempt]; over {
		return now, r
	}
	return s.Next(now)
}

// read reads the book from the journal. What is written meanwhile is in it as well.
func (l *Lists) read(ctx context.Context) error {
	l.mu.Lock()
	l.reading, l.heard = true, nil
	l.mu.Unlock()
	var book callhistory.Book
	err := l.Attempts(ctx, l.Clock.Now().Add(-callhistory.Reach), func(a plan.Attempt) {
		if a.Cluster == l.Cluster {
			book.Note(a)
		}
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.heard {
		book.Note(a)
	}
	l.reading, l.heard = false, nil
	if err == nil {
		l.book = book
	}
	return err
}

// end writes down what has become of a session's list.
func (l *Lists) end(ctx context.Context, s callhistory.Session, r callhistory.Result) {
	if err := l.Record(context.WithoutCancel(ctx), s.Attempt, r.String()); err != nil {
		l.Log.Debug("what became of a call list is not written down", "cluster", l.Cluster, "desk", s.Desk, "phone", s.Device, "err", err)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.over[s.Attempt] = r
		return
	}
	l.mu.Lock()
	delete(l.over, s.Attempt)
	l.book.Forget(s.Attempt, l.Clock.Now())
	l.mu.Unlock()
	l.Told(s.Device, s.Attempt, r.String())
	l.Count(r.Outcome)
	if r.Outcome == callhistory.Cleared {
		l.Log.Info("call list is cleared", "cluster", l.Cluster, "desk", s.Desk, "phone", s.Device, "attempt", s.Attempt)
		return
	}
	l.Log.Info("call list is not cleared", "cluster", l.Cluster, "desk", s.Desk, "phone", s.Device, "attempt", s.Attempt, "err", r.String())
}

// tried notes that a try has come to nothing.
func (l *Lists) tried(s callhistory.Session, problem string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.book.Tried(s.Attempt, problem, l.Clock.Now())
}
