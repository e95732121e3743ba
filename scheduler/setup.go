package scheduler

import (
	"context"
	"log/slog"
	"time"

	"deskd/reservations"
	"deskd/scheduler/booked"
	"deskd/scheduler/calls"
	"deskd/scheduler/clock"
	"deskd/scheduler/idle"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/scheduler/poll"
)

// Setup is what a [Reconciler] works with. All fields but House, Unsynced, Formerly, Fence, Calls and Idle
// are needed; the zero Clock is the machine's.
type Setup struct {
	Cluster string
	Book    Book
	// Changes tell what was changed in Book. Without, all of it is read whenever something
	// may have been.
	Changes booked.Changes
	// House is what is booked, which clusters may share. Nil stands for one of its own.
	House     *booked.House
	Journal   Journal
	Sightings Sightings
	States    States
	Access    *phones.Access
	// Duration is how the phones are asked for the length of sessions.
	Duration phones.Duration
	Limit    Limiter
	Policy   plan.Policy
	// Feeds are the names of the configured feeds: bookings of others are not
	// acted on. Nil stands for every name.
	Feeds map[string]reservations.Feed
	Clock clock.Clock
	Log   *slog.Logger
	Watch Watcher
	// Unsynced lists the feeds that are still to be read; see [poll.Poller.Unsynced]. Nil
	// means that there are none.
	Unsynced func(ctx context.Context, now time.Time) (poll.Unsynced, error)
	// Formerly returns the other names that the cluster has had: what was done by
	// them at its desks counts as its own. Nil means that there are none.
	Formerly func(context.Context) ([]string, error)
	// Fence is an error unless it is certain that no other node drives the cluster: a request
	// leaves only while it is nil. A nil Fence means that no other node may.
	Fence func() error
	// Calls lets logouts wait for the end of a call; nil lets none.
	Calls *calls.Guard
	// Idle is what was planned, with the logouts of sessions at phones that nobody has touched
	// for long. Nil: none ends by that.
	Idle func(s idle.Scene, now time.Time) []plan.Step
	// Beside says that another process drives the phones and this one only
	// previews: it believes the clock as far as the other does, by what that has
	// written down.
	Beside bool
}
