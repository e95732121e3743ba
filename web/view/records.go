package view

import (
	"context"
	"deskd/scheduler/guard"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Records are what an installation has written down, by what it is about. One database
// implements all of them. Any may be nil as long as nothing that needs it is asked for.
type Records struct {
	Directory
	Bookings
	Sessions
	Clusters
	Calendars
	History
	Changes
}

// Directory is who and what is known by name.
type Directory interface {
	// Desks and People are all of them, by id.
	Desks(ctx context.Context) ([]reservations.Desk, error)
	People(ctx context.Context) ([]reservations.Person, error)
	// Desk and Person are the ones called so: by id, a person by a mail address, too.
	// The error is reservations.ErrUnknownDesk or ErrUnknownPerson where there is none.
	Desk(ctx context.Context, id string) (reservations.Desk, error)
	Person(ctx context.Context, idOrMail string) (reservations.Person, error)
}

// Bookings is who has which desk, and when.
type Bookings interface {
	// Reservations are those that a round acts on and that share an instant with span.
	Reservations(ctx context.Context, span reservations.Span) ([]reservations.Reservation, error)
	// ListReservations are those that f keeps, as they are stored, in calendar order.
	ListReservations(ctx context.Context, f reservations.Filter) ([]reservations.Reservation, error)
	// InvalidRows are those that share an instant with span and name an unknown desk or
	// person, in calendar order.
	InvalidRows(ctx context.Context, span reservations.Span) ([]reservations.Invalid, error)
	// Conflicts are those that share an instant with span and wait for a desk that another
	// one has, in calendar order.
	Conflicts(ctx context.Context, span reservations.Span) ([]reservations.Reservation, error)
	// BookedByFeeds counts what each feed has booked that is not over at now, by name, but
	// for some.
	BookedByFeeds(ctx context.Context, now time.Time, but ...string) ([]reservations.FeedBookings, error)
}

// Changes is what was committed, by any program, and what follows from it for those who
// keep in memory what they have read.
type Changes interface {
	// Version tells by two numbers what was committed: the first differs after any commit,
	// the second after one of this process alone.
	Version(ctx context.Context) (all, own int64, err error)
	// Touched is what was changed behind a row of the audit; behind a negative one it says
	// only how far the audit goes.
	Touched(ctx context.Context, from int64) (reservations.Touched, error)
	// ReservationsByID are those with these ids, in any order and of any status.
	ReservationsByID(ctx context.Context, ids []string) ([]reservations.Reservation, error)
	// Unknown are the desks and people that there are not, of reservations that are not
	// over; ExplainUnknown says of such ones which may have been meant.
	Unknown(ctx context.Context, now time.Time) (reservations.Unknown, error)
	ExplainUnknown(ctx context.Context, desks, people []string) (reservations.Unknown, error)
	// InvalidRowsOf is InvalidRows where it is known which names are unknown.
	InvalidRowsOf(ctx context.Context, u reservations.Unknown, span reservations.Span) ([]reservations.Invalid, error)
}

// Sessions is who was seen on which phone, and what was done there.
type Sessions interface {
	// Seen is what the last observation of each phone saw.
	Seen(ctx context.Context) ([]plan.Observation, error)
	// LastAttempts is the newest attempt at each desk's phone, by device.
	LastAttempts(ctx context.Context) (map[string]plan.Attempt, error)
	// SeenAndDone is both, of what is dated from then on; a zero from keeps all.
	SeenAndDone(ctx context.Context, from time.Time) ([]plan.Observation, map[string]plan.Attempt, error)
	// ListAttempts are those that f keeps, the newest first unless f says otherwise.
	ListAttempts(ctx context.Context, f plan.AttemptFilter) ([]plan.Attempt, error)
	// WalkAttempts hands them to take one by one, for as long as that answers true.
	WalkAttempts(ctx context.Context, f plan.AttemptFilter, take func(plan.Attempt) bool) error
}

// Clusters is what is remembered of each phone system, by its name.
type Clusters interface {
	ClusterState(ctx context.Context, cluster string) (guard.ClusterState, error)
	Pause(ctx context.Context, cluster string) (guard.Pause, error)
	HeldLogouts(ctx context.Context, cluster string) (plan.HeldLogouts, error)
	// Fates is what has become of the booking of each early logout by now, in their order.
	Fates(ctx context.Context, early []plan.EarlyLogout, now time.Time) ([]plan.Fate, error)
}

// Calendars is how each feed stands, and what of it was not understood.
type Calendars interface {
	FeedStates(ctx context.Context) ([]reservations.FeedState, error)
	FeedProblems(ctx context.Context, feed string) ([]reservations.Problem, error)
}

// History is what was changed, and how things were before.
type History interface {
	// Audit is the rows of the audit that f keeps, the newest first.
	Audit(ctx context.Context, f reservations.AuditFilter) ([]reservations.AuditEntry, error)
	// DeskAsOf is the desk d as it was at an instant of the past, with the reservations
	// that shared an instant with around.
	DeskAsOf(ctx context.Context, d reservations.Desk, at time.Time, around reservations.Span) (reservations.DeskThen, error)
}
