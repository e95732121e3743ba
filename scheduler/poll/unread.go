package poll

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"deskd/reservations"
)

// firstPolls is what is known of the feeds' first polls. The zero firstPolls is that of
// a process which polls none.
type firstPolls struct {
	mu      sync.Mutex
	pending map[string]bool // not yet polled since the start
	others  bool            // another process polls them
}

// begin expects a first poll of each feed.
func (l *firstPolls) begin(feeds []reservations.Feed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending, l.others = make(map[string]bool, len(feeds)), false
	for _, fd := range feeds {
		l.pending[fd.Name] = true
	}
}

// polled notes the end of a poll, and reports whether it was the first.
func (l *firstPolls) polled(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.pending[name]
	delete(l.pending, name)
	return first
}

// leave expects none: another process polls the feeds.
func (l *firstPolls) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending, l.others = nil, true
}

// waits reports whether a poll of a feed, which was polled or not for long, is to be waited
// for. That of another process, which may have begun long ago, is by its age alone.
func (l *firstPolls) waits(name string, aged bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pending[name] || l.others && aged
}

// Unsynced are the configured feeds, by name, that are still to be read.
type Unsynced struct {
	Pending []string // the first poll since the start is not through
	Aged    []string // those of them that were not polled for long before
	Unread  []string // never read, or not since the database was restored or taken over
}

// agedAfter is how old the last poll of a feed may be for its state to count before
// the next: an hour, or three of its intervals, whichever is longer.
func agedAfter(fd reservations.Feed) time.Duration { return max(time.Hour, 3*fd.Every) }

// Unsynced lists the configured feeds that are still to be read.
func (f *Poller) Unsynced(ctx context.Context, now time.Time) (u Unsynced, err error) {
	states, err := f.States.FeedStates(ctx)
	if err != nil {
		return Unsynced{}, fmt.Errorf("read states of feeds: %w", err)
	}
	for _, fd := range f.Feeds {
		i := slices.IndexFunc(states, func(s reservations.FeedState) bool { return s.Name == fd.Name })
		aged := i < 0 || now.Sub(states[i].Checked).Abs() > agedAfter(fd)
		switch {
		case f.first.waits(fd.Name, aged):
			u.Pending = append(u.Pending, fd.Name)
			if aged {
				u.Aged = append(u.Aged, fd.Name)
			}
		case i < 0 || states[i].Good.IsZero():
			u.Unread = append(u.Unread, fd.Name)
		}
	}
	return u, nil
}

// ExpectFirstPolls expects a first poll of each feed.
func (f *Poller) ExpectFirstPolls() { f.first.begin(f.Feeds) }

// LeaveToOthers expects no poll: another process polls the feeds, and what it has found is in
// the database.
func (f *Poller) LeaveToOthers() { f.first.leave() }

// NotePolled notes the end of a poll of a feed, and reports whether it was the first
// since [Poller.ExpectFirstPolls].
func (f *Poller) NotePolled(feed string) (first bool) { return f.first.polled(feed) }
