package poll

import (
	"context"
	"time"

	"deskd/reservations"
)

// Book is where the desks and people are that calendars speak of.
type Book interface {
	// Desks returns all desks by id.
	Desks(ctx context.Context) ([]reservations.Desk, error)
	// People returns everybody by id.
	People(ctx context.Context) ([]reservations.Person, error)
	// NamesChanged reports whether desks or people may have been changed, by any program,
	// since it answered upto, and how far it has looked now. From a negative number on they
	// always may. It takes about as long as there were changes of anything.
	NamesChanged(ctx context.Context, from int64) (upto int64, changed bool, err error)
	// Self is the database's id, by which calendars that it publishes are known.
	Self(ctx context.Context) (string, error)
}

// States is where it is kept how the feeds stand.
type States interface {
	// FeedStates returns what is remembered of every feed, by name.
	FeedStates(ctx context.Context) ([]reservations.FeedState, error)
	// FeedState returns what is remembered of one, with its name alone when that is
	// nothing.
	FeedState(ctx context.Context, name string) (reservations.FeedState, error)
	// SaveFeedState records a poll that changed no reservation.
	SaveFeedState(ctx context.Context, s reservations.FeedState) error
}

// Store is where the poller keeps the reservations of feeds.
type Store interface {
	Days
	// FeedReservations returns the reservations of a source that overlap s and
	// were not withdrawn, with their IDs, in calendar order.
	FeedReservations(ctx context.Context, source string, s reservations.Span) ([]reservations.Reservation, error)
	// FeedBooked reports whether the source has ever booked anything, withdrawn or not.
	FeedBooked(ctx context.Context, source string) (bool, error)
	// FeedWaiting returns what of the feed waited for a desk when it was last read.
	FeedWaiting(ctx context.Context, feed string) ([]reservations.Waiting, error)
	// ApplyFeed makes the change, in parts when it is large, and keeps the state and the
	// list of what was not understood or resolved with the last. It returns the added or updated
	// reservations that became conflicts because their desk was taken.
	ApplyFeed(ctx context.Context, s reservations.FeedState, c reservations.Change, unread []reservations.Problem) ([]reservations.Reservation, error)
}

// Days is where the holidays of sites are kept.
type Days interface {
	// KeepHolidays makes what is kept of a calendar of holidays what it lists, and reports
	// whether that has changed anything.
	KeepHolidays(ctx context.Context, h reservations.Holidays, now time.Time) (changed bool, err error)
}

// Holds is where changes wait that the brake holds.
type Holds interface {
	// HeldChange returns the change of a feed that is held, the zero Held when none is.
	HeldChange(ctx context.Context, feed string) (reservations.Held, error)
	// HoldChange holds another one. Of the same one it writes down what was seen; its
	// answer stays.
	HoldChange(ctx context.Context, feed string, h reservations.Held) error
}

// Watcher is told of polls, for metrics. It must not block.
type Watcher interface {
	Polled(s reservations.FeedState)
}
