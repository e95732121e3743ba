package scheduler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Nobody whom deskd has not logged in loses a phone while a calendar may still
// name them: walk-ups, takeovers and moves wait until every feed was read. One that
// cannot be read now and was read before is as good as its last state; one that was
// never read, or not since the database was restored, keeps them waiting for as long
// as it lasts, and shows.
//
// A restart takes seconds, and what was known before it counts at once. But what is
// known of a feed that was not polled for long is as old: it was not configured, or
// deskd was off. Until its first poll is through, well or not, nobody is logged in for
// its bookings, nor loses a session that may be one of them.

// learnFeeds asks which feeds were not read yet.
func (r *Reconciler) learnFeeds(ctx context.Context, now time.Time) (err error) {
	if r.Unlearned == nil {
		return nil
	}
	before := len(r.feeds.Unread)
	r.feeds, err = r.Unlearned(ctx, now)
	switch {
	case err != nil, !r.tellsFeeds:
	case len(r.feeds.Unread) > 0 && before == 0:
		r.Log.Error("feeds have never been read: walk-ups, strangers and moves wait for them", "cluster", r.Cluster, "feeds", r.feeds.Unread)
	case len(r.feeds.Unread) == 0 && before > 0:
		r.Log.Info("every feed has been read", "cluster", r.Cluster)
	}
	return err
}

// await lets the logouts of people whom deskd has not logged in wait for the feeds,
// and the logins behind them.
func (r *Reconciler) await(steps []plan.Step, now time.Time) []plan.Step {
	if len(r.feeds.Pending)+len(r.feeds.Unread) == 0 {
		return steps
	}
	steps = r.awaitAged(steps)
	keep := newStaying()
	kept := make([]plan.Step, 0, len(steps))
	for _, s := range steps {
		if s.Op == plan.OpLogout && !r.seen[s.Device].Ours && r.seen[s.Device].Person != "" {
			keep.there(s)
			if len(r.feeds.Unread) == 0 { // for some seconds after the start; it shows as starting
				continue
			}
			s.Op, s.Cause = plan.OpHold, plan.CauseFeeds
			s.Why += fmt.Sprintf("; waits for feeds that have never been read: %s", strings.Join(r.feeds.Unread, ", "))
			s.NotBefore = now.Add(worldAge)
		} else if keep.blocks(s) {
			continue
		}
		kept = append(kept, s)
	}
	return kept
}

// awaitAged lets the steps wait that follow from what a feed said long ago, and the
// logins behind its logouts, for some seconds after the start.
func (r *Reconciler) awaitAged(steps []plan.Step) []plan.Step {
	if len(r.feeds.Aged) == 0 {
		return steps
	}
	sources := make(map[string]string) // reservation → who has made it
	for _, b := range r.world.Calendar.All() {
		sources[b.ID] = b.Source
	}
	keep := newStaying()
	kept := make([]plan.Step, 0, len(steps))
	for _, s := range steps {
		source, known := sources[s.Reservation]
		name, of := strings.CutPrefix(source, reservations.FeedSource(""))
		aged := of && slices.Contains(r.feeds.Aged, name)
		switch {
		case s.Op == plan.OpLogin && (aged || keep.blocks(s)):
			continue
		case s.Op == plan.OpLogout && (aged || !known && r.seen[s.Device].Ours): // the booking it was begun for may be over, and not among those that were read
			keep.there(s)
			continue
		}
		kept = append(kept, s)
	}
	return kept
}

// staying are those whose logout waits: the login of whoever is to have their phone
// waits with it, and so does one that moves them to another.
type staying struct{ devices, people map[string]bool }

func newStaying() staying { return staying{make(map[string]bool), make(map[string]bool)} }

// there notes a logout that waits.
func (k staying) there(out plan.Step) {
	k.devices[out.Device] = true
	if out.Cause == plan.CauseElsewhere {
		k.people[out.PersonKey()] = true
	}
}

// blocks reports whether s is a login behind one of them.
func (k staying) blocks(s plan.Step) bool {
	return s.Op == plan.OpLogin && (k.devices[s.Device] || k.people[s.PersonKey()])
}
