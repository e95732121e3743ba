package scheduler

import (
	"context"
	"time"

	"deskd/reservations"
	"deskd/scheduler/clock"
	"deskd/scheduler/guard"
	"deskd/scheduler/plan"
)

// Book is where rounds read desks, people and reservations.
type Book interface {
	// Desks returns all desks by id.
	Desks(ctx context.Context) ([]reservations.Desk, error)
	// People returns all people by id.
	People(ctx context.Context) ([]reservations.Person, error)
	// Reservations returns the confirmed reservations of known desks that
	// overlap s, in calendar order. They may name unknown people.
	Reservations(ctx context.Context, s reservations.Span) ([]reservations.Reservation, error)
	// Fates says what has become of the bookings that the sessions of ends were
	// begun for, in their order.
	Fates(ctx context.Context, ends []plan.EarlyLogout, now time.Time) ([]plan.Fate, error)
	// NextStart and NextEnd return the first start and end of a confirmed
	// reservation after t, the zero time when there is none.
	NextStart(ctx context.Context, t time.Time) (time.Time, error)
	NextEnd(ctx context.Context, t time.Time) (time.Time, error)
}

// Journal is where attempts are kept. Each call is one
// transaction that is on disk when it returns.
type Journal interface {
	// Begin records the intent of a step and returns it with its ID. The error
	// is [guard.ErrPaused] when a.Cluster is paused and a is open, that is, about to be
	// sent.
	Begin(ctx context.Context, a plan.Attempt) (plan.Attempt, error)
	// Finish records outcome, code, error, end and verification of a.ID, and
	// what is now known of the device, together.
	Finish(ctx context.Context, a plan.Attempt, seen ...plan.Observation) error
	// Attempts returns the attempts begun at or after since, oldest first.
	Attempts(ctx context.Context, since time.Time) ([]plan.Attempt, error)
	// EachAttempt hands take the attempts begun at or after since one by one, in the
	// order they were begun in, whatever the clock showed; take asks the journal for
	// nothing.
	EachAttempt(ctx context.Context, since time.Time, take func(plan.Attempt)) error
	// Begun returns what has begun and lasts, however old: the logins that began those of
	// deskd's sessions which were last seen on phones, and the holds that are not over.
	Begun(ctx context.Context) ([]plan.Attempt, error)
	// Unresolved returns the attempts whose outcome is open or unknown, however
	// old, oldest first.
	Unresolved(ctx context.Context) ([]plan.Attempt, error)
}

// Sightings are what phones were last seen to show. Each call is one transaction that is
// on disk when it returns.
type Sightings interface {
	// See records observations, one per device; a later one replaces it.
	See(ctx context.Context, seen []plan.Observation) error
	// Seen returns the last observation of every device, by device.
	Seen(ctx context.Context) ([]plan.Observation, error)
	// Newest says how far deskd had come when it last wrote.
	Newest(ctx context.Context) (clock.Newest, error)
	// Answered returns at most so many of a cluster's newest logins, or logouts, that had
	// success, newest first: how long they took tells how early a wave has to begin.
	Answered(ctx context.Context, cluster string, op plan.Op, most int) ([]plan.Attempt, error)
	// Sent returns at most so many of a cluster's newest logins and logouts, whatever became
	// of them, newest first: how many at once went well tells how many may again.
	Sent(ctx context.Context, cluster string, most int) ([]plan.Attempt, error)
}

// States is where it is kept how the clusters stand.
type States interface {
	// ClusterState returns what is remembered of a cluster, with its name alone when
	// that is nothing.
	ClusterState(ctx context.Context, cluster string) (guard.ClusterState, error)
	// SaveClusterState replaces what is remembered of s.Cluster.
	SaveClusterState(ctx context.Context, s guard.ClusterState) error
	// Pause returns who has paused a cluster, the zero Pause when it is not paused.
	Pause(ctx context.Context, cluster string) (guard.Pause, error)
	// HeldLogouts returns the early logouts of a cluster that are held, and those that
	// a person has released and that are still to be told from others.
	HeldLogouts(ctx context.Context, cluster string) (plan.HeldLogouts, error)
	// KeepLogouts holds further ones and forgets those of the sessions over. One that
	// is held already stays as it is, with its answer.
	KeepLogouts(ctx context.Context, cluster string, held plan.HeldLogouts, over []int64) error
}

// Limiter holds the requests to one cluster to what was configured, for all
// who send there.
type Limiter interface {
	// Do waits for a permit, then calls send, and holds the permit's place among
	// the concurrent ones until send returns. It returns send's error, or ctx's
	// when no permit came.
	Do(ctx context.Context, send func(context.Context) error) error
	// Resume counts what earlier processes have sent, before the first Do: began
	// are the instants of their requests, ends those until which the ones
	// without an answer may be under way. Both are in any order.
	Resume(began, ends []time.Time, now time.Time)
}

// Watcher is told what happened, for metrics. Its methods must not block.
type Watcher interface {
	Attempted(a plan.Attempt)
	Swept(cluster string, devices int, took time.Duration, err error)
	Polled(s reservations.FeedState)
}

// Unwatched is the [Watcher] of runs whose metrics nobody reads.
type Unwatched struct{}

// Attempted does nothing.
func (Unwatched) Attempted(plan.Attempt) {}

// Swept does nothing.
func (Unwatched) Swept(string, int, time.Duration, error) {}

// Polled does nothing.
func (Unwatched) Polled(reservations.FeedState) {}
