package guard

import (
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/poll"
)

// Feeds is the guard of calendars that were not read. Nobody whom deskd has not logged
// in loses a phone while a calendar may still name them: walk-ups, takeovers and moves
// wait until every feed was read. One that cannot be read now and was read before is as
// good as its last state; one that was never read, or not since the database was
// restored, keeps them waiting for as long as it lasts, and shows.
//
// A restart takes seconds, and what was known before it counts at once. But what is
// known of a feed that was not polled for long is as old: it was not configured, or
// deskd was off. Until its first poll is through, well or not, nobody is logged in for
// its bookings, nor loses a session that may be one of them.
type Feeds struct{ poll.Unsynced }

// holdsFor is how long a hold for unread feeds is planned for: the bookings are read
// again by then.
const holdsFor = time.Minute

// Blocks says which feeds were never read.
func (f Feeds) Blocks() []plan.Block {
	var blocks []plan.Block
	for _, name := range f.Unread {
		blocks = append(blocks, plan.Block{Scope: plan.Scope{Feed: name}, Kind: plan.KindFeeds, Text: "the feed was never read"})
	}
	return blocks
}

// BlocksOf are the blocks of steps that wait for a feed: those that follow from what it
// said long ago, and the logouts of people whom deskd has not logged in. Bookings are
// those the steps were planned by.
func (f Feeds) BlocksOf(steps []plan.Step, seen map[string]plan.Observation, bookings reservations.Calendar, now time.Time) []plan.Block {
	if len(f.Pending)+len(f.Unread)+len(f.Aged) == 0 {
		return nil
	}
	aged := f.agedSources(bookings)
	var blocks []plan.Block
	for _, s := range steps {
		b := plan.Block{
			Scope: plan.Scope{Device: s.Device, Person: s.PersonKey(), Op: s.Op, Desk: s.Desk},
			Kind:  plan.KindFeeds, Effect: plan.Drops,
		}
		stranger := !seen[s.Device].Ours && seen[s.Device].Person != ""
		switch {
		case s.Op != plan.OpHold && aged(s, seen[s.Device].Ours):
		case s.Op != plan.OpLogout || !stranger || len(f.Pending)+len(f.Unread) == 0:
			continue
		case len(f.Unread) > 0: // else for some seconds after the start; it shows as starting
			b.Effect, b.Cause, b.Until = plan.Holds, plan.CauseFeeds, now.Add(holdsFor)
			b.Text = "waits for feeds that have never been read: " + strings.Join(f.Unread, ", ")
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// agedSources reports of a step whether it follows from what a feed said long ago. Of a
// logout of a session of deskd's (ours), the booking it was begun for may be over, and
// not among those that were read.
func (f Feeds) agedSources(bookings reservations.Calendar) func(s plan.Step, ours bool) bool {
	if len(f.Aged) == 0 {
		return func(plan.Step, bool) bool { return false }
	}
	sources := make(map[string]string) // reservation → who has made it
	for _, b := range bookings.All() {
		sources[b.ID] = b.Source
	}
	return func(s plan.Step, ours bool) bool {
		source, known := sources[s.Reservation]
		name, of := strings.CutPrefix(source, reservations.FeedSource(""))
		aged := of && slices.Contains(f.Aged, name)
		return aged || s.Op == plan.OpLogout && !known && ours
	}
}
