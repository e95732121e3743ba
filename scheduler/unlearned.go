package scheduler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"deskd/reservations"
)

// Nobody whom deskd has not logged in loses a phone while a calendar may still
// name them: walk-ups, takeovers and moves wait until every feed was read. One that
// cannot be read now and was read before is as good as its last state; one that was
// never read, or not since the database was restored, keeps them waiting for as long
// as it lasts, and shows.

// learned is what is known of the feeds' first polls. The zero learned is that of
// a process which polls none.
type learned struct {
	mu      sync.Mutex
	pending map[string]bool // not yet polled since the start
}

// begin expects a first poll of each feed.
func (l *learned) begin(feeds []reservations.Feed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = make(map[string]bool, len(feeds))
	for _, fd := range feeds {
		l.pending[fd.Name] = true
	}
}

// polled notes the end of a poll, and reports whether it was the first.
func (l *learned) polled(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.pending[name]
	delete(l.pending, name)
	return first
}

func (l *learned) waits(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pending[name]
}

// Unlearned lists the configured feeds, by name, whose first poll since the start
// is not through, and those that were never read, or not since the database was
// restored or taken over.
func (f *Feeds) Unlearned(ctx context.Context) (pending, unread []string, err error) {
	states, err := f.Store.FeedStates(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read states of feeds: %w", err)
	}
	for _, fd := range f.Feeds {
		i := slices.IndexFunc(states, func(s reservations.FeedState) bool { return s.Name == fd.Name })
		switch {
		case f.first.waits(fd.Name):
			pending = append(pending, fd.Name)
		case i < 0 || states[i].Good.IsZero():
			unread = append(unread, fd.Name)
		}
	}
	return pending, unread, nil
}

// learnFeeds asks which feeds were not read yet.
func (r *Reconciler) learnFeeds(ctx context.Context) (err error) {
	if r.Unlearned == nil {
		return nil
	}
	before := len(r.unread)
	r.pending, r.unread, err = r.Unlearned(ctx)
	switch {
	case err != nil:
	case len(r.unread) > 0 && before == 0:
		r.Log.Error("feeds have never been read: walk-ups, strangers and moves wait for them", "cluster", r.Cluster, "feeds", r.unread)
	case len(r.unread) == 0 && before > 0:
		r.Log.Info("every feed has been read", "cluster", r.Cluster)
	}
	return err
}

// await lets the logouts of people whom deskd has not logged in wait for the feeds,
// and the logins behind them.
func (r *Reconciler) await(steps []Step, now time.Time) []Step {
	if len(r.pending)+len(r.unread) == 0 {
		return steps
	}
	held, moved := make(map[string]bool), make(map[string]bool) // devices, people
	kept := make([]Step, 0, len(steps))
	for _, s := range steps {
		if s.Op == OpLogout && !r.seen[s.Device].Ours && r.seen[s.Device].Person != "" {
			held[s.Device] = true
			moved[s.personKey()] = moved[s.personKey()] || s.Cause == CauseElsewhere
			if len(r.unread) == 0 { // for some seconds after the start; it shows as starting
				continue
			}
			s.Op, s.Cause = OpHold, CauseFeeds
			s.Why += fmt.Sprintf("; waits for feeds that have never been read: %s", strings.Join(r.unread, ", "))
			s.NotBefore = now.Add(worldAge)
		} else if s.Op == OpLogin && (held[s.Device] || moved[s.personKey()]) {
			continue
		}
		kept = append(kept, s)
	}
	return kept
}

// spares reports whether whoever is on the phone may have had a booking at the time
// of l that a restored database lacks.
func (h Have) spares(l Login) bool { return h.Spared && !l.From.After(h.Since) }
